import { afterAll, beforeAll, expect, test } from 'vitest';
import { fakeClient, resources, type FakeClient } from '#client';
import { startKubeProxy, type KubeProxy } from '#kube-proxy';
import { A, B, GATEWAY, NODE_IP, OUTSIDE_IP, openLab, POD_B, service, slice, type Lab, type Place } from './lab.ts';

let lab: Lab;
let client: FakeClient;
let proxy: KubeProxy;

const AFFINITY = { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } };
const balanced = (ip: string): object => ({ loadBalancer: { ingress: [{ ip }] } });

beforeAll(async () => {
  lab = await openLab();
  client = fakeClient([
    service('web', { type: 'NodePort', clusterIP: '10.96.0.50', ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }] }),
    slice('web', [A, B]),
    service('alone', { clusterIP: '10.96.0.51' }),
    slice('alone', [A]),
    service('empty', { type: 'NodePort', clusterIP: '10.96.0.52', ports: [{ port: 80, targetPort: 8080, nodePort: 30082 }] }),
    service('sticky', { clusterIP: '10.96.0.53', ...AFFINITY }),
    slice('sticky', [A, B]),
    service(
      'ranged',
      { type: 'LoadBalancer', clusterIP: '10.96.0.54', loadBalancerSourceRanges: ['198.51.100.0/24'] },
      balanced('203.0.113.9'),
    ),
    slice('ranged', [A]),
    service(
      'in-range',
      { type: 'LoadBalancer', clusterIP: '10.96.0.59', loadBalancerSourceRanges: ['192.0.2.0/24'] },
      balanced('203.0.113.10'),
    ),
    slice('in-range', [A]),
    service('elsewhere', {
      type: 'NodePort',
      clusterIP: '10.96.0.55',
      externalTrafficPolicy: 'Local',
      ports: [{ port: 80, targetPort: 8080, nodePort: 30085 }],
    }),
    slice('elsewhere', [{ ...A, nodeName: 'other' }]),
    service('at-home', {
      type: 'NodePort',
      clusterIP: '10.96.0.56',
      externalTrafficPolicy: 'Local',
      ports: [{ port: 80, targetPort: 8080, nodePort: 30086 }],
    }),
    slice('at-home', [A]),
    service('talk', { clusterIP: '10.96.0.57', ports: [{ port: 53, targetPort: 8080, protocol: 'UDP' }] }),
    slice('talk', [A], 'UDP'),
    service('open', { clusterIP: '10.96.0.58', externalIPs: ['203.0.113.20'] }),
    slice('open', [B]),
  ]);
  proxy = await startKubeProxy({ ...lab.proxyOptions, client, signal: new AbortController().signal });
});

afterAll(async () => {
  await proxy?.stop();
  await lab?.close();
});

/** Who answered, of several connections. */
async function answering(from: Place, address: string, port: number, connections = 24): Promise<string[]> {
  const answers = await lab.connectOften(from, address, port, connections);
  return [...new Set(answers.map((answer) => answer.split(' ')[0]!))].sort();
}

test('everything was written in one transaction', () => {
  expect(lab.transactions).toHaveLength(1);
  expect(lab.logged).toEqual([]);
});

test('a cluster IP reaches every endpoint, from the node and from pods', async () => {
  expect(await answering('node', '10.96.0.50', 80)).toEqual(['pod-a', 'pod-b']);
  expect(await answering('pod-a', '10.96.0.50', 80)).toEqual(['pod-a', 'pod-b']);
});

test('the endpoint sees the address of the pod that calls it', async () => {
  expect(await lab.connect('pod-b', '10.96.0.51', 80)).toBe(`pod-a ${POD_B}`);
});

test('a pod reaches itself through its own service', async () => {
  expect(await lab.connect('pod-a', '10.96.0.51', 80)).toBe(`pod-a ${GATEWAY}`);
});

test('who routes the service range to the node from outside is answered through the node', async () => {
  expect(await lab.connect('outside', '10.96.0.51', 80)).toBe(`pod-a ${GATEWAY}`);
});

test('a node port answers outside, on the node itself and on localhost', async () => {
  expect(await answering('outside', NODE_IP, 30080)).toEqual(['pod-a', 'pod-b']);
  expect(await lab.connect('node', NODE_IP, 30080)).toMatch(/^pod-/);
  expect(await lab.connect('node', '127.0.0.1', 30080)).toMatch(/^pod-/);
  expect(await lab.connect('pod-a', NODE_IP, 30080)).toMatch(/^pod-/);
});

test('what has no endpoints refuses at once', async () => {
  expect(await lab.connect('node', '10.96.0.52', 80)).toBe('refused');
  expect(await lab.connect('pod-a', '10.96.0.52', 80)).toBe('refused');
  expect(await lab.connect('outside', NODE_IP, 30082)).toBe('refused');
});

test('with session affinity a client keeps its endpoint', async () => {
  const first = await answering('pod-a', '10.96.0.53', 80, 1);
  expect(await answering('pod-a', '10.96.0.53', 80)).toEqual(first);
});

test('a load balancer address is closed to sources out of range', async () => {
  expect(await lab.connect('outside', '203.0.113.9', 80)).toBe('timeout');
  expect(await lab.connect('outside', '203.0.113.10', 80)).toMatch(/^pod-a /);
});

test('an external IP leads to the service', async () => {
  expect(await lab.connect('outside', '203.0.113.20', 80)).toMatch(/^pod-b /);
});

test('external policy Local keeps the sender where the node has an endpoint, and drops where it has none', async () => {
  expect(await lab.connect('outside', NODE_IP, 30086)).toBe(`pod-a ${OUTSIDE_IP}`);
  expect(await lab.connect('outside', NODE_IP, 30085)).toBe('timeout');
  expect(await lab.connect('node', NODE_IP, 30085)).toMatch(/^pod-a /);
});

test('a UDP client that goes on sending reaches the new endpoint when the old one goes', async () => {
  expect(await lab.send('outside', '10.96.0.57', 53)).toMatch(/^pod-a /);
  const written = lab.nextTransaction();
  await client.resource(resources.endpointSlices).update(slice('talk', [B], 'UDP'));
  await written;
  await expect.poll(async () => lab.send('outside', '10.96.0.57', 53)).toMatch(/^pod-b /);
});

test('a change writes the chains of its service only', async () => {
  const written = lab.nextTransaction();
  await client.resource(resources.endpointSlices).update(slice('alone', [B]));
  await written;
  expect(await lab.connect('outside', '10.96.0.51', 80)).toMatch(/^pod-b /);
  const chains = [...lab.transactions.at(-1)!.matchAll(/^:(KUBE-\w+)/gm)].map(([, chain]) => chain!).toSorted();
  expect(chains).toEqual(['KUBE-SEP', 'KUBE-SEP', 'KUBE-SVC']);
});

test('a service that goes takes its chains along', async () => {
  const written = lab.nextTransaction();
  await client.resource(resources.services).delete({ namespace: 'default', name: 'open' });
  await written;
  expect((await lab.run('iptables-save', [])).stdout).not.toContain('default/open');
  expect(await lab.connect('outside', '203.0.113.20', 80)).not.toMatch(/^pod/);
});
