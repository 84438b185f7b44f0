import type { Lease } from '#api/generated/coordination-v1.ts';
import type { Node, Pod } from '#api/generated/core-v1.ts';
import { microTimestamp, timestamp } from '#apimachinery';
import { resources } from '#client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startTaintEvictionController } from '../taint-eviction/index.ts';
import { testCluster, type TestCluster } from '../test-cluster.ts';
import { startNodeLifecycleController } from './index.ts';

let cluster: TestCluster;
beforeEach(() => void vi.useFakeTimers({ now: new Date('2026-01-02T03:04:05Z') }));
afterEach(() => {
  cluster.stop();
  vi.useRealTimers();
});

function node(name: string, ready = 'True', spec: Partial<Node['spec']> = {}): Node {
  const condition = (type: string, status: string) => ({
    type,
    status,
    reason: 'r',
    message: 'm',
    lastHeartbeatTime: timestamp(),
    lastTransitionTime: timestamp(),
  });
  const conditions = [
    condition('MemoryPressure', 'False'),
    condition('DiskPressure', 'False'),
    condition('PIDPressure', 'False'),
    condition('Ready', ready),
  ];
  return { apiVersion: 'v1', kind: 'Node', metadata: { name }, spec, status: { conditions } as Node['status'] };
}

function lease(name: string): Lease {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace: 'kube-node-lease' },
    spec: { holderIdentity: name, renewTime: microTimestamp() },
  };
}

function pod(name: string, nodeName: string, tolerations: Pod['spec']['tolerations'] = []): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels: {} },
    spec: { containers: [], nodeName, tolerations },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: timestamp() }] },
  };
}

/** As the admission plugin DefaultTolerationSeconds gives them to every pod. */
const FIVE_MINUTES = ['not-ready', 'unreachable'].map((key) => ({
  key: `node.kubernetes.io/${key}`,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 300,
}));

const start = async (...objects: (Node | Pod | Lease)[]) =>
  (cluster = await testCluster(objects, [startNodeLifecycleController, startTaintEvictionController]));
const current = (name: string) => cluster.get(resources.nodes, name)!;
const ready = (name: string) => current(name).status.conditions!.find(({ type }) => type === 'Ready')!;
const taints = (name: string) =>
  (current(name).spec.taints ?? []).map(({ key, effect }) => `${key.replace('node.kubernetes.io/', '')}:${effect}`).sort();
const renew = (name: string) =>
  cluster.client
    .resource(resources.leases)
    .patch({ name, namespace: 'kube-node-lease' }, 'merge', { spec: { renewTime: microTimestamp() } });
const setReady = (name: string, status: string) =>
  cluster.client
    .resource(resources.nodes)
    .patch({ name }, 'merge', { status: { conditions: node(name, status).status.conditions } }, { subresource: 'status' });

test('a node that is silent for 40 s is Unknown, tainted, and its pods are not ready', async () => {
  await start(node('a'), node('b'), lease('a'), lease('b'), pod('p', 'a', FIVE_MINUTES));
  for (let i = 0; i < 4; i++) {
    await cluster.settle(9_900);
    await renew('b');
  }
  expect(ready('a').status).toBe('True');
  await cluster.settle(1_000);
  expect(ready('a')).toMatchObject({ status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' });
  expect(ready('b').status).toBe('True');
  expect(taints('a')).toEqual(['unreachable:NoExecute', 'unreachable:NoSchedule']);
  expect(cluster.list(resources.pods)[0]!.status.conditions![0]!.status).toBe('False');
  expect(cluster.events()).toEqual(
    expect.arrayContaining(['Normal NodeNotReady Node a status is now: NodeNotReady', 'Warning NodeNotReady Node is not ready']),
  );
});

test('pods go when they have tolerated the taint for long enough, and stay if the node comes back', async () => {
  await start(node('a'), node('b'), pod('soon', 'a', FIVE_MINUTES), pod('never', 'a', [{ operator: 'Exists' }]), pod('now', 'a'));
  await setReady('a', 'False');
  await cluster.settle(1_000);
  expect(taints('a')).toEqual(['not-ready:NoExecute', 'not-ready:NoSchedule']);
  const left = () =>
    cluster
      .list(resources.pods)
      .filter(({ metadata }) => !metadata.deletionTimestamp)
      .map(({ metadata }) => metadata.name);
  expect(left()).toEqual(['soon', 'never']);
  expect(cluster.get(resources.pods, 'now', 'default')!.status.conditions).toMatchObject([
    { type: 'Ready' },
    { type: 'DisruptionTarget', status: 'True', reason: 'DeletionByTaintManager' },
  ]);
  await setReady('a', 'True');
  await cluster.settle(400_000);
  expect(left()).toEqual(['soon', 'never']);
  expect(cluster.events()).toContain('Normal TaintManagerEviction Cancelling deletion of Pod default/soon');
});

test('after the time that a pod tolerates it is deleted', async () => {
  await start(node('a'), node('b'), pod('p', 'a', FIVE_MINUTES), lease('b'));
  await setReady('a', 'False');
  for (let i = 0; i < 16; i++) {
    await cluster.settle(20_000);
    await renew('b');
    await setReady('a', 'False');
  }
  expect(cluster.list(resources.pods)[0]!.metadata.deletionTimestamp).toBeDefined();
  expect(cluster.events()).toContain('Normal TaintManagerEviction Marking for deletion Pod default/p');
});

test('when no node is well, nobody is evicted', async () => {
  await start(node('only'));
  await cluster.settle(60_000);
  expect(ready('only').status).toBe('Unknown');
  expect(taints('only')).toEqual(['unreachable:NoSchedule']);
});

test('nodes of a zone are emptied one after the other', async () => {
  await start(...['a', 'b', 'c', 'd', 'e'].map((name) => node(name)));
  await setReady('a', 'False');
  await setReady('b', 'False');
  await cluster.settle(1_000);
  const evicted = () => ['a', 'b'].filter((name) => taints(name).includes('not-ready:NoExecute'));
  expect(evicted()).toHaveLength(1);
  await cluster.settle(10_000);
  expect(evicted()).toHaveLength(2);
});

test.each([
  ['MemoryPressure', 'True', 'memory-pressure:NoSchedule'],
  ['DiskPressure', 'True', 'disk-pressure:NoSchedule'],
  ['PIDPressure', 'True', 'pid-pressure:NoSchedule'],
])('%s is %s: taint %s', async (type, status, taint) => {
  const object = node('a');
  object.status.conditions!.find((each) => each.type === type)!.status = status;
  await start(object);
  expect(taints('a')).toEqual([taint]);
});

test('a cordoned node has the taint for it, and loses it, and other taints stay', async () => {
  const own = { key: 'example.com/mine', effect: 'NoExecute' };
  await start(node('a', 'True', { unschedulable: true, taints: [own] }));
  expect(taints('a')).toEqual(['example.com/mine:NoExecute', 'unschedulable:NoSchedule']);
  await cluster.client.resource(resources.nodes).patch({ name: 'a' }, 'merge', { spec: { unschedulable: null } });
  await cluster.settle();
  expect(taints('a')).toEqual(['example.com/mine:NoExecute']);
});

test('a node that never reported is given a minute', async () => {
  await start({ ...node('new'), status: {} as Node['status'] });
  await cluster.settle(55_000);
  expect(current('new').status.conditions).toBeUndefined();
  await cluster.settle(10_000);
  expect(ready('new')).toMatchObject({ status: 'Unknown', reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.' });
});

test('nodes that come and go are announced', async () => {
  await start(node('a'));
  await cluster.client.resource(resources.nodes).delete({ name: 'a' });
  await cluster.settle();
  expect(cluster.events()).toEqual([
    'Normal RegisteredNode Node a event: Registered Node a in Controller',
    'Normal RemovingNode Node a event: Removing Node a from Controller',
  ]);
});
