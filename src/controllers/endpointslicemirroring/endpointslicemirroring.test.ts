import type { Endpoints, Service } from '#api/generated/core-v1.ts';
import { resources } from '#client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { testCluster, type TestCluster } from '../test-cluster.ts';
import { startEndpointSliceMirroringController } from './index.ts';

let cluster: TestCluster;
beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  cluster.stop();
  vi.useRealTimers();
});

const service: Service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'db', namespace: 'default' },
  spec: { ports: [] },
  status: { loadBalancer: {} },
};
const endpoints = (labels: Record<string, string> = {}): Endpoints => ({
  apiVersion: 'v1',
  kind: 'Endpoints',
  metadata: { name: 'db', namespace: 'default', uid: 'e-1', labels },
  subsets: [
    {
      addresses: [{ ip: '192.0.2.1' }, { ip: '2001:db8::1' }],
      notReadyAddresses: [{ ip: '192.0.2.2' }],
      ports: [{ port: 5432, protocol: 'TCP' }],
    },
  ],
});
const slices = () => cluster.list(resources.endpointSlices);

test('hand-made Endpoints of a Service without selector become slices, one for each family', async () => {
  cluster = await testCluster([service, endpoints()], [startEndpointSliceMirroringController]);
  expect(
    slices().map(({ addressType, endpoints: list }) => [
      addressType,
      list.map(({ addresses, conditions }) => `${addresses[0]} ${conditions.ready}`),
    ]),
  ).toEqual([
    ['IPv4', ['192.0.2.1 true', '192.0.2.2 false']],
    ['IPv6', ['2001:db8::1 true']],
  ]);
  expect(slices()[0]!.metadata).toMatchObject({
    labels: { 'kubernetes.io/service-name': 'db', 'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io' },
    ownerReferences: [{ apiVersion: 'v1', kind: 'Endpoints', name: 'db', uid: 'e-1' }],
  });
});

test.each([
  ['the label says so', service, endpoints({ 'endpointslice.kubernetes.io/skip-mirror': 'true' })],
  ['the Service has a selector', { ...service, spec: { ...service.spec, selector: { app: 'db' } } }, endpoints()],
])('nothing is mirrored when %s', async (_, ...objects) => {
  cluster = await testCluster(objects, [startEndpointSliceMirroringController]);
  expect(slices()).toEqual([]);
});

test('slices go when the Endpoints go', async () => {
  cluster = await testCluster([service, endpoints()], [startEndpointSliceMirroringController]);
  await cluster.client.resource(resources.endpoints).delete({ name: 'db', namespace: 'default' });
  await cluster.settle();
  expect(slices()).toEqual([]);
});
