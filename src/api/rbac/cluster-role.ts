import { defineKind } from '../kind-definition.ts';
import { fieldRequired, root, validateLabelSelector, isPathSegmentName, type FieldError } from '#apimachinery';
import { rbacV1beta1 } from './versions.ts';
import { validatePolicyRule } from './policy-rule.ts';
import type { ClusterRole } from '../generated/rbac-v1.ts';

function validate({ rules, aggregationRule }: ClusterRole): FieldError[] {
  const errors = (rules ?? []).flatMap((rule, i) => validatePolicyRule(rule, false, root.child('rules').index(i)));
  if (aggregationRule === undefined) return errors;
  const path = root.child('aggregationRule', 'clusterRoleSelectors');
  const selectors = aggregationRule.clusterRoleSelectors ?? [];
  if (selectors.length === 0) {
    errors.push(fieldRequired(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil'));
  }
  for (const [i, selector] of selectors.entries()) errors.push(...validateLabelSelector(selector, path.index(i)));
  return errors;
}

export const clusterRoleKind = defineKind<ClusterRole>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  resource: 'clusterroles',
  singular: 'clusterrole',
  namespaced: false,
  alsoServed: [rbacV1beta1('ClusterRole')],
  hasStatus: false,
  createOnUpdate: true,
  nameRule: isPathSegmentName,
  defaults(object) {
    object.rules ??= [];
  },
  validate,
});
