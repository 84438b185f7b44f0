import type { ClusterRole, PolicyRule } from '#api/generated/rbac-v1.ts';
import { objectEqual } from '#apimachinery';
import { resources, runController, WorkQueue } from '#client';
import type { ControllerContext } from '../context.ts';
import { canonicalJson } from '../hash.ts';
import { selects } from '../selector.ts';

const AGGREGATING = 'aggregating';

/** Gathers the rules of ClusterRoles that others choose by label: what makes `admin`, `edit` and `view` know custom resources. */
export async function startClusterRoleAggregationController(context: ControllerContext): Promise<void> {
  const { client, informers, signal } = context;
  const roles = informers.get(resources.clusterRoles);
  roles.addIndex(AGGREGATING, (role) => (role.aggregationRule ? AGGREGATING : undefined));
  const queue = new WorkQueue(signal);
  // A changed role matters to those that choose it now or chose it before: few roles aggregate, all of them look.
  const enqueueAll = (): void => {
    for (const { metadata } of roles.byIndex(AGGREGATING, AGGREGATING)) queue.add(metadata.name);
  };
  roles.addHandlers({ add: enqueueAll, update: enqueueAll, delete: enqueueAll });
  await runController({
    name: 'clusterrole-aggregation',
    queue,
    signal,
    informers: [roles],
    async reconcile({ name }) {
      const role = roles.get(name);
      if (!role?.aggregationRule || role.metadata.deletionTimestamp) return;
      const rules = aggregate(role, roles.list());
      if (!objectEqual(rules, role.rules)) await client.resource(resources.clusterRoles).update({ ...role, rules });
    },
  });
}

/** The rules of all chosen roles, in the order of their names, each rule once. */
function aggregate(role: ClusterRole, all: readonly ClusterRole[]): PolicyRule[] {
  const rules = new Map<string, PolicyRule>();
  for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const chosen = all.filter(({ metadata }) => metadata.name !== role.metadata.name && selects(selector, metadata.labels));
    for (const other of chosen.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))) {
      for (const rule of other.rules ?? []) {
        const key = canonicalJson(rule);
        if (!rules.has(key)) rules.set(key, rule);
      }
    }
  }
  return [...rules.values()];
}
