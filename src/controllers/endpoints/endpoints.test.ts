import type { Endpoints, Pod, Service } from '#api/generated/core-v1.ts';
import { resources } from '#client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { testCluster, type TestCluster } from '../test-cluster.ts';
import { startEndpointsController } from './index.ts';

let cluster: TestCluster;
beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  cluster.stop();
  vi.useRealTimers();
});

const service = (spec: Partial<Service['spec']> = {}): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default', labels: { team: 'a' } },
  spec: { selector: { app: 'web' }, clusterIP: '10.96.0.5', ports: [{ port: 80, targetPort: 8080, protocol: 'TCP' }], ...spec },
  status: { loadBalancer: {} },
});
const pod = (name: string, ip: string, ready = true): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', uid: `uid-${name}`, labels: { app: 'web' } },
  spec: { containers: [], nodeName: 'node-1' },
  status: { phase: 'Running', podIP: ip, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
});
const start = async (...objects: (Service | Pod | Endpoints)[]) => (cluster = await testCluster(objects, [startEndpointsController]));
const endpoints = () => cluster.get(resources.endpoints, 'web', 'default');

test('ready and other addresses are listed apart, with their ports', async () => {
  await start(service(), pod('b', '10.0.0.2'), pod('a', '10.0.0.1'), pod('c', '10.0.0.3', false));
  const address = (name: string, ip: string) => ({
    ip,
    nodeName: 'node-1',
    targetRef: { kind: 'Pod', namespace: 'default', name, uid: `uid-${name}` },
  });
  expect(endpoints()!.subsets).toEqual([
    {
      addresses: [address('a', '10.0.0.1'), address('b', '10.0.0.2')],
      notReadyAddresses: [address('c', '10.0.0.3')],
      ports: [{ port: 8080, protocol: 'TCP' }],
    },
  ]);
  expect(endpoints()!.metadata.labels).toEqual({ team: 'a', 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' });
});

test('a Service without pods has empty Endpoints', async () => {
  await start(service());
  expect(endpoints()).toBeDefined();
  expect(endpoints()!.subsets).toBeUndefined();
});

test('Endpoints follow their pods and go with their Service', async () => {
  await start(service(), pod('a', '10.0.0.1'));
  await cluster.client
    .resource(resources.pods)
    .patch({ name: 'a', namespace: 'default' }, 'merge', { metadata: { labels: { app: 'other' } } });
  await cluster.settle();
  expect(endpoints()!.subsets).toBeUndefined();
  await cluster.client.resource(resources.services).delete({ name: 'web', namespace: 'default' });
  await cluster.settle();
  expect(endpoints()).toBeUndefined();
});

test('a selector that is edited later finds its pods', async () => {
  await start(service({ selector: { app: 'none' } }), pod('a', '10.0.0.1'));
  expect(endpoints()!.subsets).toBeUndefined();
  await cluster.client
    .resource(resources.services)
    .patch({ name: 'web', namespace: 'default' }, 'merge', { spec: { selector: { app: 'web' } } });
  await cluster.settle();
  expect(endpoints()!.subsets![0]!.addresses![0]!.ip).toBe('10.0.0.1');
});

test('Endpoints of a Service without selector are left alone', async () => {
  const own: Endpoints = {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: 'web', namespace: 'default' },
    subsets: [{ addresses: [{ ip: '192.0.2.1' }] }],
  };
  await start(service({ selector: undefined }), own);
  expect(cluster.client.actions).toEqual([]);
});

test('more than a thousand addresses are cut off, and that is said', async () => {
  await start(service(), ...Array.from({ length: 1005 }, (_, i) => pod(`p${i}`, `10.1.${i >> 8}.${i & 255}`)));
  expect(endpoints()!.subsets![0]!.addresses).toHaveLength(1000);
  expect(endpoints()!.metadata.annotations).toMatchObject({ 'endpoints.kubernetes.io/over-capacity': 'truncated' });
});
