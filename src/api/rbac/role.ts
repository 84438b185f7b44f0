import { defineKind } from '../kind-definition.ts';
import { rbacV1beta1 } from './versions.ts';
import { root, isPathSegmentName } from '#apimachinery';
import { validatePolicyRule } from './policy-rule.ts';
import type { Role } from '../generated/rbac-v1.ts';

export const roleKind = defineKind<Role>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'Role',
  resource: 'roles',
  singular: 'role',
  namespaced: true,
  alsoServed: [rbacV1beta1('Role')],
  hasStatus: false,
  createOnUpdate: true,
  nameRule: isPathSegmentName,
  defaults(object) {
    object.rules ??= [];
  },
  validate: ({ rules }) => rules.flatMap((rule, i) => validatePolicyRule(rule, true, root.child('rules').index(i))),
});
