import { describe, expect, it } from 'vitest';
import { created, errorsOf, rowOf, servedKindOf, updateErrorsOf, type Manifest } from '../kinds.fixture.ts';
import type { RoleBinding } from '../generated/rbac-v1.ts';

const apiVersion = 'rbac.authorization.k8s.io/v1';
const roleRef = { kind: 'Role', name: 'reader' };
const binding = (fields: object = {}, kind = 'RoleBinding'): Manifest => ({ apiVersion, kind, roleRef, ...fields });

describe('a role', () => {
  it.each<[string, string, object, string]>([
    ['no verbs', 'Role', { apiGroups: [''], resources: ['pods'] }, 'rules[0].verbs: Required value: verbs must contain at least one value'],
    [
      'no groups',
      'Role',
      { verbs: ['get'], resources: ['pods'] },
      'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
    ],
    [
      'no resources',
      'ClusterRole',
      { verbs: ['get'], apiGroups: [''] },
      'rules[0].resources: Required value: resource rules must supply at least one resource',
    ],
    [
      'paths in a namespace',
      'Role',
      { verbs: ['get'], nonResourceURLs: ['/healthz'] },
      'rules[0].nonResourceURLs: Invalid value: ["/healthz"]: namespaced rules cannot apply to non-resource URLs',
    ],
    [
      'paths and resources',
      'ClusterRole',
      { verbs: ['get'], resources: ['pods'], nonResourceURLs: ['/healthz'] },
      'rules[0].nonResourceURLs: Invalid value: ["/healthz"]: rules cannot apply to both regular resources and non-resource URLs',
    ],
  ])('is refused with %s', (_, kind, rule, error) => {
    expect(errorsOf({ apiVersion, kind, rules: [rule] })).toEqual([error]);
  });

  it('that aggregates must say what', () => {
    expect(errorsOf({ apiVersion, kind: 'ClusterRole', aggregationRule: {} })).toEqual([
      'aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil',
    ]);
  });

  it('may have a colon in its name, but no slash', () => {
    const { definition } = servedKindOf({ apiVersion, kind: 'ClusterRole' });
    expect(definition.nameRule?.('system:node', false)).toEqual([]);
    expect(definition.nameRule?.('a/b', false)).not.toEqual([]);
  });
});

describe('a binding', () => {
  it('gets the groups that its kinds imply', () => {
    const subjects = [
      { kind: 'User', name: 'jane' },
      { kind: 'ServiceAccount', name: 'sa', namespace: 'x' },
    ];
    const object = created<RoleBinding>(binding({ subjects }));
    expect(object.roleRef.apiGroup).toBe('rbac.authorization.k8s.io');
    expect(object.subjects?.map(({ apiGroup }) => apiGroup)).toEqual(['rbac.authorization.k8s.io', undefined]);
  });

  it.each<[string, Manifest, string]>([
    [
      'another kind of role',
      binding({ roleRef: { kind: 'Group', name: 'a' } }),
      'roleRef.kind: Unsupported value: "Group": supported values: "Role", "ClusterRole"',
    ],
    ['no role', binding({ roleRef: { kind: 'Role' } }), 'roleRef.name: Required value'],
    [
      'a role for the cluster',
      binding({}, 'ClusterRoleBinding'),
      'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
    ],
    [
      'an unknown subject',
      binding({ subjects: [{ kind: 'Robot', name: 'r' }] }),
      'subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"',
    ],
    [
      'an account from nowhere',
      binding({ roleRef: { kind: 'ClusterRole', name: 'a' }, subjects: [{ kind: 'ServiceAccount', name: 'sa' }] }, 'ClusterRoleBinding'),
      'subjects[0].namespace: Required value',
    ],
  ])('is refused with %s', (_, manifest, error) => {
    expect(errorsOf(manifest)).toEqual([error]);
  });

  it('cannot change its role', () => {
    const [error] = updateErrorsOf<RoleBinding>(binding(), (object) => void (object.roleRef.name = 'writer'));
    expect(error).toMatch(/^roleRef: Invalid value: .*: cannot change roleRef$/);
  });

  it('prints as kubectl shows it', () => {
    const subjects = [
      { kind: 'User', name: 'jane' },
      { kind: 'User', name: 'joe' },
      { kind: 'Group', name: 'dev' },
      { kind: 'ServiceAccount', name: 'sa', namespace: 'x' },
    ];
    expect(rowOf(created(binding({ subjects })))).toEqual({
      Name: 'a',
      Role: 'Role/reader',
      Age: '4m5s',
      Users: 'jane, joe',
      Groups: 'dev',
      ServiceAccounts: 'x/sa',
    });
  });
});
