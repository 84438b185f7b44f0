import { fieldInvalid, fieldRequired, type FieldError, type FieldPath } from '#apimachinery';
import type { PolicyRule } from '../generated/rbac-v1.ts';

const isEmpty = (list: readonly string[] | undefined): boolean => list === undefined || list.length === 0;

/** What is wrong with one rule of a role. Rules of a Role (`namespaced`) cannot name paths such as `/healthz`. */
export function validatePolicyRule(rule: PolicyRule, namespaced: boolean, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  if (isEmpty(rule.verbs)) errors.push(fieldRequired(path.child('verbs'), 'verbs must contain at least one value'));
  if (!isEmpty(rule.nonResourceURLs)) {
    errors.push(...nonResourceErrors(rule, namespaced, path.child('nonResourceURLs')));
    return errors;
  }
  if (isEmpty(rule.apiGroups)) errors.push(fieldRequired(path.child('apiGroups'), 'resource rules must supply at least one api group'));
  if (isEmpty(rule.resources)) errors.push(fieldRequired(path.child('resources'), 'resource rules must supply at least one resource'));
  return errors;
}

function nonResourceErrors(rule: PolicyRule, namespaced: boolean, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  if (namespaced) errors.push(fieldInvalid(path, rule.nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'));
  if (!isEmpty(rule.apiGroups) || !isEmpty(rule.resources) || !isEmpty(rule.resourceNames)) {
    errors.push(fieldInvalid(path, rule.nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'));
  }
  return errors;
}
