import type { PolicyRule, Role, RoleBinding, ClusterRole, ClusterRoleBinding, Subject } from '#api/generated/rbac-v1.ts';

const GROUP = 'rbac.authorization.k8s.io';
const VERSION = `${GROUP}/v1`;

export const READ = 'get list watch';
export const WRITE = 'create delete deletecollection patch update';
export const ALL = `${READ} ${WRITE}`;

const words = (list: string): string[] => list.split(' ').sort();

/** Words with a space between; the core group is written `core`. */
export function rule(verbs: string, groups: string, resources: string, names?: string): PolicyRule {
  return {
    verbs: words(verbs),
    apiGroups: words(groups)
      .map((group) => (group === 'core' ? '' : group))
      .sort(),
    resources: words(resources),
    ...(names === undefined ? {} : { resourceNames: words(names) }),
  };
}

/** `get` on paths. */
export function paths(list: string): PolicyRule {
  return { verbs: ['get'], nonResourceURLs: words(list) };
}

export const EVENTS: PolicyRule = rule('create patch update', 'core events.k8s.io', 'events');

function metadata(name: string, options: { namespace?: string; labels?: Record<string, string> } = {}): ClusterRole['metadata'] {
  return {
    name,
    ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
    labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...options.labels },
    annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
  };
}

export function clusterRole(name: string, rules: PolicyRule[], labels?: Record<string, string>): ClusterRole {
  return { apiVersion: VERSION, kind: 'ClusterRole', metadata: metadata(name, { labels }), rules };
}

/** A role whose rules a controller gathers from the roles that carry `label`. */
export function aggregatedRole(name: string, label: string, labels?: Record<string, string>): ClusterRole {
  return { ...clusterRole(name, [], labels), aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [label]: 'true' } }] } };
}

export function role(namespace: string, name: string, rules: PolicyRule[]): Role {
  return { apiVersion: VERSION, kind: 'Role', metadata: metadata(name, { namespace }), rules };
}

export const group = (name: string): Subject => ({ kind: 'Group', apiGroup: GROUP, name });
export const user = (name: string): Subject => ({ kind: 'User', apiGroup: GROUP, name });
export const account = (name: string): Subject => ({ kind: 'ServiceAccount', name, namespace: 'kube-system' });

/** Binds a cluster role everywhere; the binding has the role's name unless told otherwise. */
export function clusterBinding(roleName: string, subjects: Subject[], name: string = roleName): ClusterRoleBinding {
  return {
    apiVersion: VERSION,
    kind: 'ClusterRoleBinding',
    metadata: metadata(name),
    subjects,
    roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: roleName },
  };
}

export function binding(namespace: string, roleName: string, subjects: Subject[], name: string = roleName): RoleBinding {
  return {
    apiVersion: VERSION,
    kind: 'RoleBinding',
    metadata: metadata(name, { namespace }),
    subjects,
    roleRef: { apiGroup: GROUP, kind: 'Role', name: roleName },
  };
}
