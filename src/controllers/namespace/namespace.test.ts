import type { Namespace, Pod } from '#api/generated/core-v1.ts';
import type { KubeObject } from '#apimachinery';
import { resources } from '#client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startRootCACertPublisher } from '../root-ca-cert-publisher/index.ts';
import { startServiceAccountController } from '../serviceaccount/index.ts';
import { testCluster, type TestCluster } from '../test-cluster.ts';
import { startNamespaceController } from './index.ts';

let cluster: TestCluster;
beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  cluster.stop();
  vi.useRealTimers();
});

const namespace = (name: string): Namespace => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, uid: `ns-${name}` },
  spec: { finalizers: ['kubernetes'] },
  status: { phase: 'Active' },
});
const deleted = (name: string): Namespace => {
  const object = namespace(name);
  return { ...object, metadata: { ...object.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
};
const configMap = (name: string, ns: string, finalizers?: string[]): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: ns, finalizers },
});
const current = (name: string) => cluster.get(resources.namespaces, name)!;
const condition = (type: string) => current('old').status.conditions!.find((each) => each.type === type)!;

test('everything in a namespace that is being deleted goes, then its finalizer', async () => {
  cluster = await testCluster([deleted('old'), namespace('new'), configMap('a', 'old'), configMap('b', 'new')], [startNamespaceController]);
  expect(cluster.list(resources.configMaps).map(({ metadata }) => metadata.name)).toEqual(['b']);
  expect(current('old')).toBeUndefined();
  expect(cluster.client.actions.some(({ subresource }) => subresource === 'finalize')).toBe(true);
});

test('content with finalizers holds the namespace, and its conditions say so', async () => {
  cluster = await testCluster([deleted('old'), configMap('a', 'old', ['example.com/x'])], [startNamespaceController]);
  expect(current('old').spec.finalizers).toEqual(['kubernetes']);
  expect(current('old').status.phase).toBe('Terminating');
  expect(condition('NamespaceContentRemaining')).toMatchObject({
    status: 'True',
    reason: 'SomeResourcesRemain',
    message: 'Some resources are remaining: configmaps. has 1 resource instances',
  });
  expect(condition('NamespaceFinalizersRemaining')).toMatchObject({
    status: 'True',
    reason: 'SomeFinalizersRemain',
    message: 'Some content in the namespace has finalizers remaining: example.com/x in 1 resource instances',
  });
  expect(condition('NamespaceDeletionDiscoveryFailure')).toMatchObject({ status: 'False', reason: 'ResourcesDiscovered' });
  await cluster.client.resource(resources.configMaps).patch({ name: 'a', namespace: 'old' }, 'merge', { metadata: { finalizers: null } });
  await cluster.settle(20_000);
  expect(current('old')).toBeUndefined();
});

test('the end of the last pod ends the namespace at once', async () => {
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'old' },
    spec: { containers: [], nodeName: 'n', terminationGracePeriodSeconds: 600 },
    status: { phase: 'Running' },
  };
  cluster = await testCluster([deleted('old'), pod], [startNamespaceController]);
  await cluster.settle(60_000);
  expect(current('old').spec.finalizers).toEqual(['kubernetes']);
  await cluster.client.resource(resources.pods).delete({ name: 'p', namespace: 'old' }, { gracePeriodSeconds: 0 });
  await cluster.settle(10);
  expect(current('old')).toBeUndefined();
});

test('every namespace has a default service account and the CA, and gets them back', async () => {
  cluster = await testCluster([namespace('a')], [startServiceAccountController, startRootCACertPublisher]);
  const key = { name: 'kube-root-ca.crt', namespace: 'a' };
  const account = () => cluster.get(resources.serviceAccounts, 'default', 'a');
  const ca = () => cluster.get(resources.configMaps, key.name, key.namespace);
  expect(account()).toBeDefined();
  expect(ca()!.data).toEqual({ 'ca.crt': 'CA' });
  await cluster.client.resource(resources.serviceAccounts).delete({ name: 'default', namespace: 'a' });
  await cluster.client.resource(resources.configMaps).patch(key, 'merge', { data: { 'ca.crt': 'forged' } });
  await cluster.settle();
  expect(account()).toBeDefined();
  expect(ca()!.data).toEqual({ 'ca.crt': 'CA' });
  await cluster.client.resource(resources.namespaces).create(namespace('b'));
  await cluster.settle();
  expect(cluster.get(resources.serviceAccounts, 'default', 'b')).toBeDefined();
});

test('a namespace that is going away gets nothing', async () => {
  cluster = await testCluster([deleted('old')], [startServiceAccountController, startRootCACertPublisher]);
  expect(cluster.list(resources.serviceAccounts)).toEqual([]);
  expect(cluster.list(resources.configMaps)).toEqual([]);
});
