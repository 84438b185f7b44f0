import type { ConfigMap, Pod } from '#api/generated/core-v1.ts';
import type { KubeObject, OwnerReference } from '#apimachinery';
import { resources } from '#client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { testCluster, type TestCluster } from '../test-cluster.ts';
import { startGarbageCollector } from './index.ts';

let cluster: TestCluster;
beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  cluster.stop();
  vi.useRealTimers();
});

interface Owner {
  kind?: string;
  uid: string;
  name?: string;
  block?: boolean;
}

function references(owners: readonly Owner[]): OwnerReference[] | undefined {
  if (owners.length === 0) return undefined;
  return owners.map(({ kind = 'ReplicaSet', uid, name = uid, block = true }) => ({
    apiVersion: kind === 'ReplicaSet' || kind === 'Deployment' ? 'apps/v1' : 'v1',
    kind,
    name,
    uid,
    blockOwnerDeletion: block,
  }));
}

const object = (kind: string, name: string, owners: Owner[] = [], more: Partial<KubeObject['metadata']> = {}): KubeObject => ({
  apiVersion: kind === 'ReplicaSet' || kind === 'Deployment' ? 'apps/v1' : 'v1',
  kind,
  metadata: { name, namespace: 'default', uid: name, ownerReferences: references(owners), ...more },
  ...(kind === 'ConfigMap' ? {} : { spec: {}, status: {} }),
});

const start = async (...objects: KubeObject[]) => {
  cluster = await testCluster(objects, [startGarbageCollector], {
    prepare: (client) => client.serve(resources.pods, resources.replicaSets, resources.deployments, resources.configMaps, resources.nodes),
  });
  await cluster.settle(1000);
};
const names = () =>
  [
    ...cluster.list(resources.deployments),
    ...cluster.list(resources.replicaSets),
    ...cluster.list(resources.pods),
    ...cluster.list(resources.configMaps),
  ].map(({ metadata }) => metadata.name);
const remove = async (
  type: typeof resources.replicaSets | typeof resources.deployments,
  name: string,
  propagationPolicy: 'Background' | 'Foreground' | 'Orphan',
) => {
  await cluster.client.resource(type as typeof resources.replicaSets).delete({ name, namespace: 'default' }, { propagationPolicy });
  await cluster.settle(1000);
};

test('what depends on a deleted object goes too, down to the last level', async () => {
  await start(
    object('Deployment', 'd'),
    object('ReplicaSet', 'r', [{ kind: 'Deployment', uid: 'd' }]),
    object('Pod', 'p', [{ uid: 'r' }]),
    object('Pod', 'free'),
  );
  await remove(resources.deployments, 'd', 'Background');
  expect(names()).toEqual(['free']);
});

test('an object whose owner was never there goes', async () => {
  await start(object('Pod', 'p', [{ uid: 'gone' }]), object('Pod', 'q', [{ uid: 'gone' }]));
  expect(names()).toEqual([]);
});

test('an object with one of two owners left stays and loses the reference', async () => {
  await start(object('ReplicaSet', 'r1'), object('ReplicaSet', 'r2'), object('Pod', 'p', [{ uid: 'r1' }, { uid: 'r2' }]));
  await remove(resources.replicaSets, 'r1', 'Background');
  expect(names()).toEqual(['r2', 'p']);
  expect(cluster.get(resources.pods, 'p', 'default')!.metadata.ownerReferences!.map(({ uid }) => uid)).toEqual(['r2']);
});

test('Orphan sets the dependents free', async () => {
  await start(object('ReplicaSet', 'r'), object('Pod', 'p', [{ uid: 'r' }]));
  await remove(resources.replicaSets, 'r', 'Orphan');
  expect(names()).toEqual(['p']);
  expect(cluster.get(resources.pods, 'p', 'default')!.metadata.ownerReferences).toBeUndefined();
});

test('Foreground waits for the dependents', async () => {
  await start(object('ReplicaSet', 'r'), object('Pod', 'p', [{ uid: 'r' }], { finalizers: ['example.com/wait'] }));
  await remove(resources.replicaSets, 'r', 'Foreground');
  expect(names()).toEqual(['r', 'p']);
  expect(cluster.get(resources.pods, 'p', 'default')!.metadata.deletionTimestamp).toBeDefined();
  await cluster.client.resource(resources.pods).patch({ name: 'p', namespace: 'default' }, 'merge', { metadata: { finalizers: null } });
  await cluster.settle(1000);
  expect(names()).toEqual([]);
});

test('Foreground does not wait for dependents that do not block, but deletes them too', async () => {
  await start(object('ReplicaSet', 'r'), object('Pod', 'p', [{ uid: 'r', block: false }], { finalizers: ['example.com/wait'] }));
  await remove(resources.replicaSets, 'r', 'Foreground');
  expect(names()).toEqual(['p']);
  expect(cluster.get(resources.pods, 'p', 'default')!.metadata.deletionTimestamp).toBeDefined();
});

test('Foreground goes down level by level', async () => {
  await start(object('Deployment', 'd'), object('ReplicaSet', 'r', [{ kind: 'Deployment', uid: 'd' }]), object('Pod', 'p', [{ uid: 'r' }]));
  await remove(resources.deployments, 'd', 'Foreground');
  expect(names()).toEqual([]);
});

test('two objects that own each other can be deleted in the foreground', async () => {
  await start(object('ReplicaSet', 'a', [{ uid: 'b' }]), object('ReplicaSet', 'b', [{ uid: 'a' }]));
  await remove(resources.replicaSets, 'a', 'Foreground');
  expect(names()).toEqual([]);
});

test('a reference with the uid of another object does not keep its object alive', async () => {
  await start(object('ReplicaSet', 'r'), object('Pod', 'p', [{ kind: 'Deployment', uid: 'r', name: 'r' }]));
  expect(names()).toEqual(['r']);
});

test('an owner in another namespace is none', async () => {
  await start(object('ReplicaSet', 'r', [], { namespace: 'elsewhere' }), object('Pod', 'p', [{ uid: 'r' }]));
  expect(names()).toEqual(['r']);
});

test('a cluster-scoped object may own one in a namespace, but not the other way round', async () => {
  const node = (name: string, owners: Owner[] = []): KubeObject => object('Node', name, owners, { namespace: undefined });
  await start(node('n'), object('Pod', 'p', [{ kind: 'Node', uid: 'n' }]), node('wrong', [{ kind: 'ConfigMap', uid: 'c' }]));
  expect(names()).toEqual(['p']);
  expect(cluster.list(resources.nodes).map(({ metadata }) => metadata.name)).toEqual(['n', 'wrong']);
  expect(cluster.events()[0]).toContain(
    'Warning OwnerRefInvalidNamespace ownerRef [v1/ConfigMap, namespace: , name: c, uid: c] does not exist in namespace ""',
  );
});

test('custom resources own and are owned from the moment they are served', async () => {
  await start(object('ConfigMap', 'c'));
  const widgets = { group: 'example.com', version: 'v1', resource: 'widgets', kind: 'Widget', namespaced: true };
  cluster.client.serve(widgets);
  await cluster.client.resource(resources.customResourceDefinitions).create({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
  } as never);
  await cluster.settle(1000);
  const widget = await cluster.client.resource(widgets).create({ metadata: { name: 'w', namespace: 'default' } });
  const owner = { apiVersion: 'example.com/v1', kind: 'Widget', name: 'w', uid: widget.metadata.uid! };
  await cluster.client
    .resource(resources.configMaps)
    .create({ metadata: { name: 'owned', namespace: 'default', ownerReferences: [owner] } });
  await cluster.settle(1000);
  expect(names()).toEqual(['c', 'owned']);
  await cluster.client.resource(widgets).delete({ name: 'w', namespace: 'default' });
  await cluster.settle(1000);
  expect(names()).toEqual(['c']);
});

test('a thousand dependents cost two requests each, and their owners none', async () => {
  const pods = Array.from({ length: 1000 }, (_, i) => object('Pod', `p${i}`, [{ uid: 'r' }]));
  let reads = 0;
  cluster = await testCluster([object('ReplicaSet', 'r'), ...pods], [startGarbageCollector], {
    prepare: (client) => client.react('pods', ({ verb }) => void (reads += verb === 'get' ? 1 : 0)),
  });
  await cluster.settle(1000);
  expect(reads).toBe(0);
  await remove(resources.replicaSets, 'r', 'Background');
  expect(cluster.list<Pod | ConfigMap>(resources.pods)).toEqual([]);
  expect(reads).toBe(1000);
});
