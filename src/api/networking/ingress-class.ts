import { ageCell, ageColumn, nameColumn, textColumn } from '../printing.ts';
import { defineKind } from '../kind-definition.ts';
import { structOf } from '../struct-of.ts';
import { validateIngressClass, validateIngressClassUpdate } from './ingress-class-validation.ts';
import type { IngressClass, IngressClassSpec } from '../generated/networking-v1.ts';

function parametersCell({ parameters }: IngressClassSpec): string {
  if (parameters === undefined) return '<none>';
  const kind = parameters.apiGroup === undefined ? parameters.kind : `${parameters.kind}.${parameters.apiGroup}`;
  return `${kind}/${parameters.name}`;
}

export const ingressClassKind = defineKind<IngressClass>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  resource: 'ingressclasses',
  singular: 'ingressclass',
  namespaced: false,
  alsoServed: [{ version: 'v1beta1', deprecated: { since: 'v1.19', removedIn: 'v1.22', use: 'networking.k8s.io/v1 IngressClass' } }],
  hasStatus: false,
  hasGeneration: true,
  defaults(object) {
    const { parameters } = structOf(object, 'spec');
    if (parameters) parameters.scope ??= 'Cluster';
  },
  validate: validateIngressClass,
  validateUpdate: validateIngressClassUpdate,
  columns: [
    nameColumn,
    textColumn('Controller', 'Controller that is responsible for handling this class'),
    textColumn('Parameters', 'A reference to a resource with additional parameters'),
    ageColumn,
  ],
  row: (object, now) => [object.metadata.name, object.spec.controller ?? '', parametersCell(object.spec), ageCell(object, now)],
});
