import type { DaemonSet } from '#api/generated/apps-v1.ts';
import type { Node, Pod } from '#api/generated/core-v1.ts';
import { resources } from '#client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { testCluster, type TestCluster } from '../test-cluster.ts';
import { startDaemonSetController } from './index.ts';

let cluster: TestCluster;
beforeEach(() => void vi.useFakeTimers({ now: new Date('2026-01-02T03:04:05Z') }));
afterEach(() => {
  cluster.stop();
  vi.useRealTimers();
});

const labels = { app: 'agent' };
function daemonSet(spec: Partial<DaemonSet['spec']> = {}, pod: Partial<Pod['spec']> = {}): DaemonSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'agent', namespace: 'default', uid: 'ds-1', generation: 1 },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { name: '', labels }, spec: { containers: [{ name: 'c', image: 'v1' }], ...pod } as Pod['spec'] },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
      ...spec,
    },
    status: {} as DaemonSet['status'],
  };
}
const node = (name: string, more: { labels?: Record<string, string>; taints?: Node['spec']['taints'] } = {}): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels: more.labels },
  spec: { taints: more.taints },
  status: {} as Node['status'],
});
const start = async (...objects: (DaemonSet | Node)[]) => (cluster = await testCluster(objects, [startDaemonSetController]));
const pods = () => cluster.list(resources.pods);
const target = (pod: Pod) =>
  pod.spec.affinity!.nodeAffinity!.requiredDuringSchedulingIgnoredDuringExecution!.nodeSelectorTerms[0]!.matchFields![0]!.values![0]!;
const status = () => cluster.list(resources.daemonSets)[0]!.status;
const image = (pod: Pod) => pod.spec.containers[0]!.image;
const runAll = async () => {
  for (const pod of pods()) {
    if (pod.metadata.deletionTimestamp) await cluster.client.resource(resources.pods).delete(pod.metadata, { gracePeriodSeconds: 0 });
    else if (pod.status.phase !== 'Running') await cluster.runPod(pod, { node: target(pod) });
  }
  await cluster.settle(50);
};
const setImage = (value: string) =>
  cluster.client.resource(resources.daemonSets).patch({ name: 'agent', namespace: 'default' }, 'merge', {
    spec: { template: { spec: { containers: [{ name: 'c', image: value }] } } },
  });

test('every node that fits has a pod, also one that comes later', async () => {
  await start(daemonSet({}, { nodeSelector: { disk: 'ssd' } }), node('a', { labels: { disk: 'ssd' } }), node('b'));
  expect(pods().map(target)).toEqual(['a']);
  expect(pods()[0]!.spec.tolerations!.map(({ key }) => key)).toContain('node.kubernetes.io/unschedulable');
  await cluster.client.resource(resources.nodes).create(node('c', { labels: { disk: 'ssd' } }));
  await cluster.settle();
  expect(pods().map(target).sort()).toEqual(['a', 'c']);
  await runAll();
  expect(status()).toMatchObject({
    desiredNumberScheduled: 2,
    currentNumberScheduled: 2,
    numberReady: 2,
    numberAvailable: 2,
    updatedNumberScheduled: 2,
    numberMisscheduled: 0,
  });
});

test.each([
  ['NoSchedule', 0],
  ['NoExecute', 0],
  ['PreferNoSchedule', 1],
])('a taint %s that is not tolerated leaves %i pods', async (effect, count) => {
  await start(daemonSet(), node('a', { taints: [{ key: 'dedicated', effect }] }));
  expect(pods()).toHaveLength(count);
});

test('a node that no longer fits loses its pod', async () => {
  await start(daemonSet({}, { nodeSelector: { disk: 'ssd' } }), node('a', { labels: { disk: 'ssd' } }));
  await cluster.client.resource(resources.nodes).patch({ name: 'a' }, 'merge', { metadata: { labels: { disk: null } } });
  await cluster.settle();
  expect(pods()).toEqual([]);
});

test('a rolling update replaces one pod after the other', async () => {
  await start(daemonSet(), node('a'), node('b'), node('c'));
  await runAll();
  await setImage('v2');
  await cluster.settle(50);
  for (let round = 0; round < 10; round++) {
    expect(
      pods().filter((pod) => pod.status.conditions?.[0]?.status === 'True' && !pod.metadata.deletionTimestamp).length,
    ).toBeGreaterThanOrEqual(2);
    await runAll();
  }
  expect(pods().map(image)).toEqual(['v2', 'v2', 'v2']);
  expect(status().updatedNumberScheduled).toBe(3);
  const revisions = cluster.list(resources.controllerRevisions).map(({ revision }) => revision);
  expect(revisions).toEqual([1, 2]);
});

test('with surge the old pod goes when the new one is available', async () => {
  await start(
    daemonSet({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } }),
    node('a'),
    node('b'),
  );
  await runAll();
  await setImage('v2');
  await cluster.settle(50);
  expect(
    pods()
      .map((pod) => String(image(pod)))
      .sort(),
  ).toEqual(['v1', 'v1', 'v2']);
  for (let round = 0; round < 8; round++) await runAll();
  expect(pods().map(image)).toEqual(['v2', 'v2']);
});

test('OnDelete waits for people', async () => {
  await start(daemonSet({ updateStrategy: { type: 'OnDelete' } }), node('a'));
  await runAll();
  await setImage('v2');
  await cluster.settle();
  expect(pods().map(image)).toEqual(['v1']);
  await cluster.client.resource(resources.pods).delete(pods()[0]!.metadata, { gracePeriodSeconds: 0 });
  await cluster.settle();
  expect(pods().map(image)).toEqual(['v2']);
});

test('a pod that failed is replaced', async () => {
  await start(daemonSet(), node('a'));
  const [first] = pods();
  await cluster.runPod(first!, { node: 'a', phase: 'Failed', ready: false });
  await cluster.settle();
  expect(pods()).toHaveLength(1);
  expect(pods()[0]!.metadata.name).not.toBe(first!.metadata.name);
  expect(cluster.events()).toContain(
    `Warning FailedDaemonPod Found failed daemon pod default/${first!.metadata.name} on node a, will try to kill it`,
  );
});

test('a template that was used before gets its revision back, as the newest', async () => {
  await start(daemonSet(), node('a'));
  await runAll();
  await setImage('v2');
  for (let round = 0; round < 4; round++) await runAll();
  await setImage('v1');
  for (let round = 0; round < 4; round++) await runAll();
  expect(cluster.list(resources.controllerRevisions).map(({ revision }) => revision)).toEqual([3, 2]);
  expect(pods().map(image)).toEqual(['v1']);
});
