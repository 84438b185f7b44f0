import { fieldDuplicate, fieldInvalid, fieldNotSupported, fieldRequired, type FieldError, type FieldPath } from '#apimachinery';
import type { NamedRuleWithOperations, RuleWithOperations } from '../generated/admissionregistration-v1.ts';

const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const SCOPES = ['*', 'Cluster', 'Namespaced'];

/** Which operations on which resources a webhook or a policy is about. */
export function validateRuleWithOperations(rule: RuleWithOperations, path: FieldPath): FieldError[] {
  const { operations = [], apiGroups = [], apiVersions = [], resources = [], scope } = rule;
  const errors = validateStars(operations, 'operations', path.child('operations'));
  for (const [i, operation] of operations.entries()) {
    if (!OPERATIONS.includes(operation)) errors.push(fieldNotSupported(path.child('operations').index(i), operation, OPERATIONS));
  }
  errors.push(...validateStars(apiGroups, 'groups', path.child('apiGroups')));
  errors.push(...validateStars(apiVersions, 'versions', path.child('apiVersions')));
  for (const [i, version] of apiVersions.entries()) {
    if (version === '') errors.push(fieldRequired(path.child('apiVersions').index(i)));
  }
  errors.push(...validateResources(resources, path.child('resources')));
  if (scope !== undefined && !SCOPES.includes(scope)) errors.push(fieldNotSupported(path.child('scope'), scope, SCOPES));
  return errors;
}

/** The same with names of single objects. */
export function validateNamedRule(rule: NamedRuleWithOperations, path: FieldPath): FieldError[] {
  const errors = validateRuleWithOperations(rule, path);
  const names = rule.resourceNames ?? [];
  for (const [i, name] of names.entries()) {
    if (names.indexOf(name) < i) errors.push(fieldDuplicate(path.child('resourceNames').index(i), name));
  }
  return errors;
}

function validateStars(values: readonly string[], what: string, path: FieldPath): FieldError[] {
  if (values.length === 0) return [fieldRequired(path)];
  if (values.length > 1 && values.includes('*')) return [fieldInvalid(path, values, `if '*' is present, must not specify other ${what}`)];
  return [];
}

/** `pods`, `pods/log`, `pods/*`, `*` or a star on both sides; none of which may say again what another one says. */
function validateResources(resources: readonly string[], path: FieldPath): FieldError[] {
  if (resources.length === 0) return [fieldRequired(path)];
  const errors: FieldError[] = [];
  const everySubresource = new Set<string>();
  const everyResource = new Set<string>();
  for (const [i, text] of resources.entries()) {
    const [resource = '', subresource] = text.split('/');
    if (text === '') errors.push(fieldRequired(path.index(i)));
    if (text === '*/*') everyResource.add('*');
    if (subresource === '*' && everySubresource.has(resource))
      errors.push(fieldInvalid(path.index(i), text, `if '${resource}/*' is present, must not specify ${text}`));
    if (subresource === '*') everySubresource.add(resource);
  }
  if (resources.length > 1 && everyResource.has('*'))
    errors.push(fieldInvalid(path, resources, "if '*/*' is present, must not specify other resources"));
  for (const [i, text] of resources.entries()) {
    const [resource = '', subresource] = text.split('/');
    if (subresource !== undefined && subresource !== '*' && everySubresource.has(resource)) {
      errors.push(fieldInvalid(path.index(i), text, `if '${resource}/*' is present, must not specify ${text}`));
    }
  }
  if (resources.length > 1 && resources.includes('*') && resources.some((text) => text !== '*' && !text.includes('/'))) {
    errors.push(fieldInvalid(path, resources, "if '*' is present, must not specify other resources without subresources"));
  }
  return errors;
}
