/** The scheduler's throughput: pods over nodes that nobody runs, until all are bound. Prints one line of JSON. */
import { Clients, makeNamespace, readArguments } from './clients.ts';
import { eachLine, openWatch } from './connection.ts';

const { target, nodes, pods, mode } = readArguments({ nodes: 500, pods: 2000 });
const TIMEOUT_MS = 240_000;
const clients = await Clients.open(target, 32);
const namespace = await makeNamespace(clients.first, 'schedule');
const path = `/api/v1/namespaces/${namespace}/pods`;

const resources = { cpu: '32', memory: '256Gi', pods: '110', 'ephemeral-storage': '100Gi' };
const nodeName = (index: number): string => `fake-${namespace}-${index}`;
const labelSelector = { matchLabels: { app: 'b' } };
const SPECS: Readonly<Record<string, object>> = {
  plain: {},
  spread: {
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector },
    ],
  },
  antiaffinity: {
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 1, podAffinityTerm: { topologyKey: 'kubernetes.io/hostname', labelSelector } },
        ],
      },
    },
  },
};

interface Node {
  spec: { taints?: object[] };
}

/** A node that says it is Ready, without the taint that new ones begin with. */
async function makeNode(index: number): Promise<void> {
  const connection = clients.connections[index % clients.connections.length] ?? clients.first;
  const name = nodeName(index);
  const labels = { 'kubernetes.io/hostname': name, 'topology.kubernetes.io/zone': `z${index % 3}`, bench: namespace };
  const now = new Date().toISOString().replace(/\.\d+/, '');
  const condition = {
    type: 'Ready',
    status: 'True',
    lastHeartbeatTime: now,
    lastTransitionTime: now,
    reason: 'KubeletReady',
    message: 'ok',
  };
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } };
  await connection.json('POST', '/api/v1/nodes', node);
  const status = { capacity: resources, allocatable: resources, conditions: [condition] };
  await connection.json('PATCH', `/api/v1/nodes/${name}/status`, { status }, 'application/merge-patch+json');
  const { spec } = await connection.json<Node>('GET', `/api/v1/nodes/${name}`);
  if (spec.taints !== undefined)
    await connection.json('PATCH', `/api/v1/nodes/${name}`, { spec: { taints: null } }, 'application/merge-patch+json');
}

async function inTurns(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  const width = clients.connections.length;
  await Promise.all(
    Array.from({ length: width }, async (_, first) => {
      for (let index = first; index < count; index += width) await work(index);
    }),
  );
}

const pod = (index: number): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: `p${index}`, labels: { app: 'b' } },
  spec: {
    nodeSelector: { bench: namespace },
    ...SPECS[mode],
    containers: [{ name: 'c', image: 'x', resources: { requests: { cpu: '100m', memory: '64Mi' } } }],
  },
});

await inTurns(nodes, makeNode);
const bound = new Set<string>();
let all = (): void => undefined;
const done = new Promise<void>((resolve) => (all = resolve));
const watch = await openWatch(
  target,
  `${path}?watch=1`,
  eachLine((line) => {
    if (!line.startsWith('{') || !line.includes('"nodeName":"')) return;
    bound.add(/"name":"([^"]+)"/.exec(line)?.[1] ?? '');
    if (bound.size === pods) all();
  }),
);
const start = performance.now();
await clients.run(pods, (connection, index) => connection.request('POST', path, pod(index)));
const created = performance.now() - start;
const timer = setTimeout(all, TIMEOUT_MS);
await done;
clearTimeout(timer);
const elapsed = performance.now() - start;
watch.close();
await inTurns(pods, (index) =>
  (clients.connections[index % 32] ?? clients.first).request('DELETE', `${path}/p${index}?gracePeriodSeconds=0`),
);
await inTurns(nodes, (index) => (clients.connections[index % 32] ?? clients.first).request('DELETE', `/api/v1/nodes/${nodeName(index)}`));
clients.close();
process.stdout.write(`${JSON.stringify({ bound: bound.size, created, perSecond: (bound.size * 1000) / elapsed })}\n`);
