import { clone, objectEqual, type KubeObject } from '#apimachinery';
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding, Subject } from '#api/generated/rbac-v1.ts';
import { missingRules } from '../rules.ts';
import { CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES } from './cluster-roles.ts';
import { CONTROLLER_ROLE_BINDINGS, CONTROLLER_ROLES } from './controller-roles.ts';
import { ROLE_BINDINGS, ROLES } from './namespace-roles.ts';
import { clusterBinding, group } from './rule.ts';

const AUTOUPDATE = 'rbac.authorization.kubernetes.io/autoupdate';

export type PolicyObject = ClusterRole | ClusterRoleBinding | Role | RoleBinding;

/** The roles and bindings that every cluster starts with; roles come before the bindings that name them. */
export function bootstrapPolicy(): readonly PolicyObject[] {
  return [...CLUSTER_ROLES, ...CONTROLLER_ROLES, ...ROLES, ...CLUSTER_ROLE_BINDINGS, ...CONTROLLER_ROLE_BINDINGS, ...ROLE_BINDINGS];
}

/** The binding that makes the administrators of kubeadm's kubeconfigs (group `kubeadm:cluster-admins`) cluster-admin. */
export function kubeadmAdminBinding(): ClusterRoleBinding {
  return {
    ...clusterBinding('cluster-admin', [group('kubeadm:cluster-admins')], 'kubeadm:cluster-admins'),
    metadata: { name: 'kubeadm:cluster-admins' },
  };
}

export type PolicyChange =
  | { action: 'create' | 'update'; object: PolicyObject }
  /** A binding's role cannot be changed: delete it, then create it as given. */
  | { action: 'recreate'; object: PolicyObject };

/**
 * What to do so that `wanted` grants at least what it should; undefined when it does already. What an administrator has
 * added stays, and an object with the annotation `rbac.authorization.kubernetes.io/autoupdate: "false"` is left alone.
 */
export function reconcilePolicyObject(wanted: PolicyObject, existing: KubeObject | undefined): PolicyChange | undefined {
  if (existing === undefined) return { action: 'create', object: clone(wanted) };
  if (existing.metadata.annotations?.[AUTOUPDATE] === 'false') return undefined;
  const present = existing as PolicyObject;
  if ('roleRef' in wanted) {
    if (!('roleRef' in present) || !objectEqual(wanted.roleRef, present.roleRef)) return { action: 'recreate', object: clone(wanted) };
    return updated(present, { ...withMetadata(present, wanted), subjects: union(present.subjects, wanted.subjects) });
  }
  if ('roleRef' in present) return undefined;
  return updated(present, mergeRole(present, wanted));
}

function mergeRole(present: ClusterRole | Role, wanted: ClusterRole | Role): PolicyObject {
  const merged = withMetadata(present, wanted);
  if ('aggregationRule' in wanted && wanted.aggregationRule !== undefined) {
    const selectors = 'aggregationRule' in merged ? (merged.aggregationRule?.clusterRoleSelectors ?? []) : [];
    const added = (wanted.aggregationRule.clusterRoleSelectors ?? []).filter(
      (selector) => !selectors.some((known) => objectEqual(known, selector)),
    );
    return { ...merged, aggregationRule: { clusterRoleSelectors: [...selectors, ...added] } };
  }
  const rules = merged.rules ?? [];
  return { ...merged, rules: [...rules, ...wanted.rules.filter((rule) => missingRules(rules, [rule]).length > 0)] };
}

function withMetadata<T extends PolicyObject>(present: T, wanted: PolicyObject): T {
  const copy = clone(present);
  const { labels, annotations } = wanted.metadata;
  if (labels !== undefined) copy.metadata.labels = { ...labels, ...copy.metadata.labels };
  if (annotations !== undefined) copy.metadata.annotations = { ...annotations, ...copy.metadata.annotations };
  return copy;
}

function union(present: readonly Subject[] | undefined, wanted: readonly Subject[] | undefined): Subject[] {
  const known = present ?? [];
  const same = (a: Subject, b: Subject): boolean => a.kind === b.kind && a.name === b.name && (a.namespace ?? '') === (b.namespace ?? '');
  return [...known, ...(wanted ?? []).filter((subject) => !known.some((other) => same(other, subject)))];
}

function updated(present: PolicyObject, merged: PolicyObject): PolicyChange | undefined {
  const normal =
    'subjects' in merged && merged.subjects?.length === 0 && !('subjects' in present) ? { ...merged, subjects: undefined } : merged;
  return objectEqual(present, normal) ? undefined : { action: 'update', object: merged };
}
