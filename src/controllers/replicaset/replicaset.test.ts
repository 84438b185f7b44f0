import type { ReplicaSet } from '#api/generated/apps-v1.ts';
import type { Pod } from '#api/generated/core-v1.ts';
import { forbidden } from '#apimachinery';
import { resources } from '#client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { testCluster, type TestCluster } from '../test-cluster.ts';
import { startReplicaSetController } from './index.ts';

let cluster: TestCluster;

beforeEach(() => void vi.useFakeTimers({ now: new Date('2026-01-02T03:04:05Z') }));
afterEach(() => {
  cluster.stop();
  vi.useRealTimers();
});

const labels = { app: 'web' };

function replicaSet(replicas: number, spec: Partial<ReplicaSet['spec']> = {}): ReplicaSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'web', namespace: 'default', uid: 'rs-1', generation: 1 },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { name: '', labels }, spec: { containers: [{ name: 'c', image: 'i' }] } as Pod['spec'] },
      ...spec,
    },
    status: { replicas: 0 },
  };
}

function pod(name: string, more: Partial<Pod> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels, ...more.metadata },
    spec: { containers: [], ...more.spec },
    status: more.status ?? {},
  };
}

const start = async (...objects: (ReplicaSet | Pod)[]) => (cluster = await testCluster(objects, [startReplicaSetController]));
const pods = () => cluster.list(resources.pods);
const current = () => cluster.get(resources.replicaSets, 'web', 'default')!;
const scaleTo = (replicas: number) =>
  cluster.client.resource(resources.replicaSets).patch({ name: 'web', namespace: 'default' }, 'merge', { spec: { replicas } });

test('missing pods are made from the template, owned and announced', async () => {
  await start(replicaSet(3));
  expect(pods()).toHaveLength(3);
  expect(pods()[0]!.metadata).toMatchObject({
    generateName: 'web-',
    labels,
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'rs-1', controller: true, blockOwnerDeletion: true }],
  });
  expect(cluster.events().sort()).toEqual(
    pods()
      .map(({ metadata }) => `Normal SuccessfulCreate Created pod: ${metadata.name}`)
      .sort(),
  );
});

test('five hundred pods are made, not one more', async () => {
  await start(replicaSet(500));
  await cluster.settle(1000);
  expect(pods()).toHaveLength(500);
});

test('the status counts replicas, ready and available ones', async () => {
  await start(replicaSet(2));
  await cluster.runPod(pods()[0]!);
  await cluster.settle();
  expect(current().status).toMatchObject({
    replicas: 2,
    fullyLabeledReplicas: 2,
    readyReplicas: 1,
    availableReplicas: 1,
    observedGeneration: 1,
  });
});

test('a pod is available only after minReadySeconds', async () => {
  await start(replicaSet(1, { minReadySeconds: 30 }));
  await cluster.runPod(pods()[0]!);
  await cluster.settle(1000);
  expect(current().status).toMatchObject({ readyReplicas: 1 });
  expect(current().status.availableReplicas).toBeUndefined();
  await cluster.settle(30_000);
  expect(current().status.availableReplicas).toBe(1);
});

test('pods that have ended or are being deleted are replaced', async () => {
  await start(replicaSet(2));
  await cluster.runPod(pods()[0]!, { phase: 'Failed', ready: false });
  await cluster.runPod(pods()[1]!);
  await cluster.client.resource(resources.pods).delete(pods()[1]!.metadata);
  await cluster.settle();
  expect(pods().filter((each) => each.status.phase !== 'Failed' && !each.metadata.deletionTimestamp)).toHaveLength(2);
  expect(current().status.terminatingReplicas).toBe(1);
});

test('scaling down takes pods that are not ready first', async () => {
  await start(replicaSet(3));
  const [a, b] = pods();
  await cluster.runPod(a!);
  await cluster.runPod(b!);
  await scaleTo(2);
  await cluster.settle();
  expect(
    pods()
      .map(({ metadata }) => metadata.name)
      .sort(),
  ).toEqual([a!.metadata.name, b!.metadata.name].sort());
  expect(cluster.events().some((event) => event.startsWith('Normal SuccessfulDelete Deleted pod: web-'))).toBe(true);
});

test('an orphan that matches is adopted instead of making a new pod', async () => {
  await start(replicaSet(1), pod('orphan'));
  expect(pods()).toHaveLength(1);
  expect(pods()[0]!.metadata.ownerReferences?.[0]?.uid).toBe('rs-1');
});

test('a pod that no longer matches is released and replaced', async () => {
  await start(replicaSet(1));
  const [first] = pods();
  await cluster.client.resource(resources.pods).patch(first!.metadata, 'merge', { metadata: { labels: { app: 'debug' } } });
  await cluster.settle();
  expect(pods()).toHaveLength(2);
  expect(cluster.get(resources.pods, first!.metadata.name, 'default')!.metadata.ownerReferences).toBeUndefined();
});

test('a failed create is said in the condition and tried again', async () => {
  let fail = true;
  const silence = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  cluster = await testCluster([replicaSet(2)], [startReplicaSetController], {
    prepare: (client) =>
      client.react('pods', ({ verb }) => {
        if (verb === 'create' && fail) throw forbidden({ group: '', resource: 'pods' }, '', 'exceeded quota');
      }),
  });
  const message = 'pods is forbidden: exceeded quota';
  expect(current().status.conditions).toMatchObject([{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message }]);
  // Slow start: with every attempt failing, one is made each time.
  expect(cluster.client.actions.filter(({ verb, resource }) => verb === 'create' && resource === 'pods').length).toBeLessThan(8);
  fail = false;
  await cluster.settle(5000);
  expect(pods()).toHaveLength(2);
  expect(current().status.conditions ?? []).toEqual([]);
  silence.mockRestore();
});

test('a ReplicaSet that is being deleted makes no pods', async () => {
  const deleted = replicaSet(2);
  Object.assign(deleted.metadata, { deletionTimestamp: '2026-01-02T03:04:05Z', finalizers: ['x/y'] });
  await start(deleted);
  expect(pods()).toEqual([]);
});

test('no write happens when all is well', async () => {
  await start(replicaSet(1));
  await cluster.runPod(pods()[0]!);
  await cluster.settle();
  const before = cluster.client.actions.length;
  await cluster.client.resource(resources.pods).patch(pods()[0]!.metadata, 'merge', { metadata: { annotations: { a: 'b' } } });
  await cluster.settle();
  expect(cluster.client.actions.length).toBe(before + 1);
});

test('a thousand changes of pods cost a handful of status updates', async () => {
  await start(replicaSet(1000));
  await cluster.settle(5000);
  for (const each of pods()) await cluster.runPod(each);
  const updates = (): number =>
    cluster.client.actions.filter(({ resource, subresource }) => resource === 'replicasets.apps' && subresource === 'status').length;
  const before = updates();
  await cluster.settle(5000);
  expect(current().status.readyReplicas).toBe(1000);
  expect(updates() - before).toBeLessThan(10);
});
