import type {
  FlowSchema,
  PolicyRulesWithSubjects,
  PriorityLevelConfiguration,
  ResourcePolicyRule,
  Subject,
} from '#api/generated/flowcontrol-v1.ts';

const ANY = ['*'];
const EVERYBODY = groups('system:unauthenticated', 'system:authenticated');
const ELECTION_VERBS = ['get', 'create', 'update'];
const LEASES = 'coordination.k8s.io';
const CONTROLLER_MANAGER = 'system:kube-controller-manager';
const SCHEDULER = 'system:kube-scheduler';
const QUEUE_LENGTH = 50;

/** Levels without which nothing can be served; whatever is stored under these names is brought back to this. */
export const MANDATORY_LEVELS: readonly PriorityLevelConfiguration[] = [
  level('exempt', { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } }),
  level('catch-all', { type: 'Limited', limited: { nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: { type: 'Reject' } } }),
];

/** Levels that a cluster begins with, and that an administrator may change. */
export const SUGGESTED_LEVELS: readonly PriorityLevelConfiguration[] = [
  queueing('system', { shares: 30, lendable: 33, queues: 64, hand: 6 }),
  queueing('node-high', { shares: 40, lendable: 25, queues: 64, hand: 6 }),
  queueing('leader-election', { shares: 10, lendable: 0, queues: 16, hand: 4 }),
  queueing('workload-high', { shares: 40, lendable: 50, queues: 128, hand: 6 }),
  queueing('workload-low', { shares: 100, lendable: 90, queues: 128, hand: 6 }),
  queueing('global-default', { shares: 20, lendable: 50, queues: 128, hand: 6 }),
];

/** The first and the last schema: administrators are not limited, and every request belongs somewhere. */
export const MANDATORY_SCHEMAS: readonly FlowSchema[] = [
  schema('exempt', 'exempt', 1, undefined, everything(groups('system:masters'))),
  schema('catch-all', 'catch-all', 10_000, 'ByUser', everything(EVERYBODY)),
];

/** Schemas that a cluster begins with, and that an administrator may change. */
export const SUGGESTED_SCHEMAS: readonly FlowSchema[] = [
  schema('system-nodes', 'system', 500, 'ByUser', everything(groups('system:nodes'))),
  schema('system-node-high', 'node-high', 400, 'ByUser', {
    subjects: groups('system:nodes'),
    resourceRules: [
      { verbs: ANY, apiGroups: [''], resources: ['nodes', 'nodes/status'], clusterScope: true, namespaces: ANY },
      { verbs: ANY, apiGroups: [LEASES], resources: ['leases'], namespaces: ANY },
    ],
  }),
  schema('probes', 'exempt', 2, undefined, {
    subjects: EVERYBODY,
    nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }],
  }),
  schema('system-leader-election', 'leader-election', 100, 'ByUser', {
    subjects: [...users(CONTROLLER_MANAGER, SCHEDULER), ...systemAccounts('*')],
    resourceRules: [election(LEASES, 'leases')],
  }),
  // Ahead of the next one: these write endpoints for another reason than to elect a leader.
  schema('endpoint-controller', 'workload-high', 150, 'ByUser', {
    subjects: [...users(CONTROLLER_MANAGER), ...systemAccounts('endpoint-controller', 'endpointslicemirroring-controller')],
    resourceRules: [election('', 'endpoints')],
  }),
  schema('workload-leader-election', 'leader-election', 200, 'ByUser', {
    subjects: systemAccounts('*'),
    resourceRules: [election('', 'endpoints', 'configmaps'), election(LEASES, 'leases')],
  }),
  schema('kube-controller-manager', 'workload-high', 800, 'ByNamespace', everything(users(CONTROLLER_MANAGER))),
  schema('kube-scheduler', 'workload-high', 800, 'ByNamespace', everything(users(SCHEDULER))),
  schema('kube-system-service-accounts', 'workload-high', 900, 'ByNamespace', everything(systemAccounts('*'))),
  schema('service-accounts', 'workload-low', 9000, 'ByUser', everything(groups('system:serviceaccounts'))),
  schema('global-default', 'global-default', 9900, 'ByUser', everything(EVERYBODY)),
];

function level(name: string, spec: PriorityLevelConfiguration['spec']): PriorityLevelConfiguration {
  return { metadata: { name }, spec, status: {} };
}

function queueing(
  name: string,
  { shares, lendable, queues, hand }: Record<'shares' | 'lendable' | 'queues' | 'hand', number>,
): PriorityLevelConfiguration {
  const queuing = { queues, handSize: hand, queueLengthLimit: QUEUE_LENGTH };
  const limited = { nominalConcurrencyShares: shares, lendablePercent: lendable, limitResponse: { type: 'Queue', queuing } };
  return level(name, { type: 'Limited', limited });
}

function schema(
  name: string,
  levelName: string,
  matchingPrecedence: number,
  distinguisher: 'ByUser' | 'ByNamespace' | undefined,
  ...rules: PolicyRulesWithSubjects[]
): FlowSchema {
  const method = distinguisher === undefined ? {} : { distinguisherMethod: { type: distinguisher } };
  return {
    metadata: { name },
    spec: { priorityLevelConfiguration: { name: levelName }, matchingPrecedence, ...method, rules },
    status: {},
  };
}

function everything(subjects: Subject[]): PolicyRulesWithSubjects {
  return {
    subjects,
    resourceRules: [{ verbs: ANY, apiGroups: ANY, resources: ANY, clusterScope: true, namespaces: ANY }],
    nonResourceRules: [{ verbs: ANY, nonResourceURLs: ANY }],
  };
}

function election(group: string, ...resources: string[]): ResourcePolicyRule {
  return { verbs: ELECTION_VERBS, apiGroups: [group], resources, namespaces: ANY };
}

function groups(...names: string[]): Subject[] {
  return names.map((name) => ({ kind: 'Group', group: { name } }));
}

function users(...names: string[]): Subject[] {
  return names.map((name) => ({ kind: 'User', user: { name } }));
}

function systemAccounts(...names: string[]): Subject[] {
  return names.map((name) => ({ kind: 'ServiceAccount', serviceAccount: { namespace: 'kube-system', name } }));
}
