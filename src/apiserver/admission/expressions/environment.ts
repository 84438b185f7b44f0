import type { Environment } from '@marcbachmann/cel-js';
import { kubernetesEnvironment } from '../../cel/index.ts';
import { registerAuthorizer } from './authorizer.ts';

/** What expressions about writes may name beside `object`, `oldObject`, `request` and `authorizer`. */
export interface Named {
  params?: boolean;
  /** Policies see it; match conditions of webhooks do not. */
  namespaceObject?: boolean;
  /** Values by name that other expressions have made. */
  variables?: boolean;
}

let base: Environment | undefined;

/** The environment of expressions about a write. */
export function admissionEnvironment({ params, namespaceObject, variables }: Named = {}): Environment {
  const environment = (base ??= makeBase()).clone();
  if (params === true) environment.registerVariable('params', 'dyn');
  if (namespaceObject === true) environment.registerVariable('namespaceObject', 'dyn');
  if (variables === true) environment.registerVariable('variables', 'dyn');
  return environment;
}

function makeBase(): Environment {
  const environment = kubernetesEnvironment();
  for (const name of ['object', 'oldObject', 'request']) environment.registerVariable(name, 'dyn');
  registerAuthorizer(environment);
  return environment;
}
