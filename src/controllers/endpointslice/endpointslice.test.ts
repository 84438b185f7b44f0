import type { Node, Pod, Service } from '#api/generated/core-v1.ts';
import { resources } from '#client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { testCluster, type TestCluster } from '../test-cluster.ts';
import { startEndpointSliceController } from './index.ts';

let cluster: TestCluster;
beforeEach(() => void vi.useFakeTimers({ now: new Date('2026-01-02T03:04:05Z') }));
afterEach(() => {
  cluster.stop();
  vi.useRealTimers();
});

function service(spec: Partial<Service['spec']> = {}): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default', uid: 's-1', labels: { team: 'a' }, creationTimestamp: '2026-01-02T03:00:00Z' },
    spec: {
      selector: { app: 'web' },
      clusterIP: '10.96.0.5',
      ipFamilies: ['IPv4'],
      ports: [{ name: 'http', port: 80, targetPort: 8080, protocol: 'TCP' }],
      ...spec,
    },
    status: { loadBalancer: {} },
  };
}

function pod(
  name: string,
  ip: string,
  more: { ready?: boolean; phase?: string; deleted?: boolean; spec?: Partial<Pod['spec']>; labels?: Record<string, string> } = {},
): Pod {
  const { ready = true, phase = 'Running', deleted = false, spec, labels = { app: 'web' } } = more;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid: `uid-${name}`, labels, deletionTimestamp: deleted ? '2026-01-02T03:04:00Z' : undefined },
    spec: { containers: [], nodeName: 'node-1', ...spec },
    status: {
      phase,
      podIP: ip,
      podIPs: [{ ip }],
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: '2026-01-02T03:01:00Z' }],
    },
  };
}

const node: Node = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node-1', labels: { 'topology.kubernetes.io/zone': 'z1' } },
  spec: {},
  status: {} as Node['status'],
};
const start = async (...objects: (Service | Pod | Node)[]) => (cluster = await testCluster(objects, [startEndpointSliceController]));
const slices = () => cluster.list(resources.endpointSlices);
const writes = () => cluster.client.actions.filter(({ resource }) => resource === 'endpointslices.discovery.k8s.io').length;

test('a slice says who serves a Service, where and how well', async () => {
  await start(
    service(),
    node,
    pod('a', '10.0.0.1'),
    pod('b', '10.0.0.2', { ready: false }),
    pod('other', '10.0.0.3', { labels: { app: 'db' } }),
  );
  expect(slices()).toHaveLength(1);
  const [slice] = slices();
  expect(slice!.metadata).toMatchObject({
    generateName: 'web-',
    labels: { team: 'a', 'kubernetes.io/service-name': 'web', 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' },
    annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': '2026-01-02T03:00:00Z' },
    ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name: 'web', uid: 's-1', controller: true, blockOwnerDeletion: true }],
  });
  expect(slice).toMatchObject({ addressType: 'IPv4', ports: [{ name: 'http', port: 8080, protocol: 'TCP' }] });
  expect(slice!.endpoints.toSorted((a, b) => (a.addresses[0]! < b.addresses[0]! ? -1 : 1))).toEqual([
    {
      addresses: ['10.0.0.1'],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: 'node-1',
      zone: 'z1',
      targetRef: { kind: 'Pod', namespace: 'default', name: 'a', uid: 'uid-a' },
    },
    {
      addresses: ['10.0.0.2'],
      conditions: { ready: false, serving: false, terminating: false },
      nodeName: 'node-1',
      zone: 'z1',
      targetRef: { kind: 'Pod', namespace: 'default', name: 'b', uid: 'uid-b' },
    },
  ]);
});

test.each([
  ['terminating but still serving', pod('a', '10.0.0.1', { deleted: true }), {}, [{ ready: false, serving: true, terminating: true }]],
  [
    'not ready, but published nevertheless',
    pod('a', '10.0.0.1', { ready: false }),
    { publishNotReadyAddresses: true },
    [{ ready: true, serving: false, terminating: false }],
  ],
  ['ended', pod('a', '10.0.0.1', { phase: 'Succeeded', ready: false }), {}, []],
  ['without an address', pod('a', ''), {}, []],
])('a pod that is %s', async (_, object, spec, conditions) => {
  await start(service(spec), object);
  expect(slices().flatMap(({ endpoints }) => endpoints.map((endpoint) => endpoint.conditions))).toEqual(conditions);
});

test('a Service without pods has one empty slice, which is filled later', async () => {
  await start(service());
  expect(slices()).toMatchObject([{ endpoints: [], ports: [] }]);
  await cluster.client
    .resource(resources.pods)
    .create({ ...pod('a', '10.0.0.1'), metadata: { name: 'a', namespace: 'default', labels: { app: 'web' } } });
  await cluster.runPod(cluster.list(resources.pods)[0]!, { ip: '10.0.0.1' });
  await cluster.settle();
  expect(slices().flatMap(({ endpoints }) => endpoints)).toMatchObject([{ addresses: ['10.0.0.1'] }]);
});

test('named target ports may differ between pods: each gets its own slice', async () => {
  const named = (name: string, ip: string, port: number): Pod =>
    pod(name, ip, {
      spec: { containers: [{ name: 'c', image: 'i', ports: [{ name: 'web', containerPort: port, protocol: 'TCP' }] }] } as Partial<
        Pod['spec']
      >,
    });
  await start(
    service({ ports: [{ name: 'http', port: 80, targetPort: 'web', protocol: 'TCP' }] }),
    named('a', '10.0.0.1', 8080),
    named('b', '10.0.0.2', 9090),
    pod('c', '10.0.0.3'),
  );
  expect(slices().map(({ ports, endpoints }) => [ports[0]!.port, endpoints.map(({ addresses }) => addresses[0])])).toEqual([
    [8080, ['10.0.0.1']],
    [9090, ['10.0.0.2']],
  ]);
});

test('a slice holds a hundred endpoints at most, and one more pod costs one write', async () => {
  await start(service(), ...Array.from({ length: 250 }, (_, i) => pod(`p${i}`, `10.0.${i >> 8}.${i & 255}`)));
  expect(
    slices()
      .map(({ endpoints }) => endpoints.length)
      .sort((a, b) => b - a),
  ).toEqual([100, 100, 50]);
  const before = writes();
  await cluster.client
    .resource(resources.pods)
    .patch(
      { name: 'p7', namespace: 'default' },
      'merge',
      { status: { conditions: [{ type: 'Ready', status: 'False' }] } },
      { subresource: 'status' },
    );
  await cluster.settle();
  expect(writes()).toBe(before + 1);
});

test('a headless Service gives hostnames and the label for it', async () => {
  await start(service({ clusterIP: 'None', ports: undefined }), pod('a', '10.0.0.1', { spec: { hostname: 'web-0', subdomain: 'web' } }));
  expect(slices()[0]).toMatchObject({
    metadata: { labels: { 'service.kubernetes.io/headless': '' } },
    ports: [],
    endpoints: [{ hostname: 'web-0' }],
  });
});

test('both families of a dual-stack Service have slices of their own', async () => {
  const dual = pod('a', '10.0.0.1');
  dual.status.podIPs!.push({ ip: 'fd00::1' });
  await start(service({ ipFamilies: ['IPv4', 'IPv6'] }), dual);
  expect(slices().map(({ addressType, endpoints }) => [addressType, endpoints[0]!.addresses[0]])).toEqual([
    ['IPv4', '10.0.0.1'],
    ['IPv6', 'fd00::1'],
  ]);
});

test.each([
  ['without a selector', { selector: undefined }],
  ['of type ExternalName', { type: 'ExternalName', externalName: 'example.com' }],
])('a Service %s has no slices', async (_, spec) => {
  await start(service(spec), pod('a', '10.0.0.1'));
  expect(slices()).toEqual([]);
});

test('near endpoints are hinted at if the Service prefers them', async () => {
  await start(service({ trafficDistribution: 'PreferClose' }), node, pod('a', '10.0.0.1'));
  expect(slices()[0]!.endpoints[0]!.hints).toEqual({ forZones: [{ name: 'z1' }] });
});

test('pods of other Services cost nothing', async () => {
  await start(service(), pod('a', '10.0.0.1'), pod('other', '10.0.0.3', { labels: { app: 'db' } }));
  const before = cluster.client.actions.length;
  await cluster.client.resource(resources.pods).delete({ name: 'other', namespace: 'default' });
  await cluster.settle();
  expect(cluster.client.actions.length).toBe(before + 1);
});

test('a slice that somebody changed is set right, one that was deleted is made again', async () => {
  await start(service(), pod('a', '10.0.0.1'));
  const { name, namespace } = slices()[0]!.metadata;
  await cluster.client.resource(resources.endpointSlices).patch({ name, namespace }, 'merge', { endpoints: [] });
  await cluster.settle();
  expect(slices()[0]!.endpoints).toHaveLength(1);
  await cluster.client.resource(resources.endpointSlices).delete({ name: slices()[0]!.metadata.name, namespace });
  await cluster.settle();
  expect(slices()[0]!.endpoints).toHaveLength(1);
});
