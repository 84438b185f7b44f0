import { checkUnchanged } from '../checks.ts';
import {
  fieldInvalid,
  fieldForbidden,
  fieldNotSupported,
  fieldRequired,
  fieldTooLong,
  isDns1123Label,
  isDns1123Subdomain,
  isPathSegmentName,
  root,
  validateByRule,
  validateReferenceName,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import { isDomainPrefixedPath } from '../domain-prefixed-path.ts';
import type { IngressClass, IngressClassParametersReference } from '../generated/networking-v1.ts';

const specPath = root.child('spec');
const controllerPath = specPath.child('controller');
const MAX_CONTROLLER_LENGTH = 250;

/** What is wrong with an ingress class on its own. */
export function validateIngressClass({ spec }: IngressClass): FieldError[] {
  const { controller = '', parameters } = spec;
  const errors: FieldError[] = [];
  if (controller === '') errors.push(fieldRequired(controllerPath));
  else errors.push(...validateByRule(controller, isDomainPrefixedPath, controllerPath));
  if (controller.length > MAX_CONTROLLER_LENGTH) errors.push(fieldTooLong(controllerPath, MAX_CONTROLLER_LENGTH));
  if (parameters !== undefined) errors.push(...validateParameters(parameters, specPath.child('parameters')));
  return errors;
}

/** The controller stays as it is. */
export function validateIngressClassUpdate({ spec }: IngressClass, old: IngressClass): FieldError[] {
  return checkUnchanged(controllerPath, spec.controller, old.spec.controller, 'field is immutable');
}

function validateParameters(parameters: IngressClassParametersReference, path: FieldPath): FieldError[] {
  const { apiGroup, kind, name } = parameters;
  const errors: FieldError[] = [];
  if (apiGroup !== undefined) errors.push(...validateByRule(apiGroup, isDns1123Subdomain, path.child('apiGroup')));
  errors.push(...validateReferenceName(kind, isPathSegmentName, path.child('kind')));
  errors.push(...validateReferenceName(name, isPathSegmentName, path.child('name')));
  return [...errors, ...validateScope(parameters, path)];
}

function validateScope({ scope, namespace }: IngressClassParametersReference, path: FieldPath): FieldError[] {
  const namespacePath = path.child('namespace');
  if (!scope) return [fieldRequired(path.child('scope'))];
  if (scope === 'Cluster') {
    return namespace === undefined ? [] : [fieldForbidden(namespacePath, "`parameters.scope` is set to 'Cluster'")];
  }
  if (scope !== 'Namespace') return [fieldNotSupported(path.child('scope'), scope, ['Cluster', 'Namespace'])];
  if (namespace === undefined) return [fieldRequired(namespacePath, "`parameters.scope` is set to 'Namespace'")];
  return isDns1123Label(namespace).map((text) => fieldInvalid(namespacePath, namespace, text));
}
