import type { Node, Pod } from '#api/generated/core-v1.ts';
import { resources } from '#client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { testCluster, type TestCluster } from '../test-cluster.ts';
import { startPodGCController } from './index.ts';

let cluster: TestCluster;
beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  cluster.stop();
  vi.useRealTimers();
});

const node: Node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' }, spec: {}, status: {} as Node['status'] };
const pod = (name: string, spec: Partial<Pod['spec']> = {}, phase = 'Running', metadata: Partial<Pod['metadata']> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', ...metadata },
  spec: { containers: [], ...spec },
  status: { phase },
});
const names = () => cluster.list(resources.pods).map(({ metadata }) => metadata.name);

test('pods of a node that has gone go after forty seconds', async () => {
  cluster = await testCluster([node, pod('p', { nodeName: 'n' }), pod('waiting')], [startPodGCController]);
  await cluster.client.resource(resources.nodes).delete({ name: 'n' });
  await cluster.settle(39_000);
  expect(names()).toEqual(['p', 'waiting']);
  await cluster.settle(2_000);
  expect(names()).toEqual(['waiting']);
  const said = cluster.client.actions.find(({ subresource }) => subresource === 'status')!.body;
  expect(said).toMatchObject({
    status: {
      phase: 'Failed',
      conditions: [{ type: 'DisruptionTarget', reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists' }],
    },
  });
});

test('pods of a node that comes back stay', async () => {
  cluster = await testCluster([pod('p', { nodeName: 'n' })], [startPodGCController]);
  await cluster.settle(20_000);
  await cluster.client.resource(resources.nodes).create(node);
  await cluster.settle(60_000);
  expect(names()).toEqual(['p']);
});

test('a pod that is deleted before it was scheduled goes at once', async () => {
  cluster = await testCluster(
    [pod('p', {}, 'Pending', { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 30 })],
    [startPodGCController],
  );
  expect(names()).toEqual([]);
});

test('of terminated pods beyond the threshold the oldest go', async () => {
  const old = (name: string, day: number, phase: string): Pod =>
    pod(name, { nodeName: 'n' }, phase, { creationTimestamp: `2026-01-0${day}T00:00:00Z` });
  const objects = [node, old('b', 2, 'Failed'), old('a', 1, 'Succeeded'), old('c', 3, 'Succeeded'), old('d', 1, 'Running')];
  cluster = await testCluster(objects, [startPodGCController], { terminatedPodGCThreshold: 2 });
  expect(names()).toEqual(['b', 'c', 'd']);
});
