import type { Node } from '#api/generated/core-v1.ts';
import { resources } from '#client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ControllerOptions } from '../context.ts';
import { testCluster, type TestCluster } from '../test-cluster.ts';
import { CidrSet } from './cidr-set.ts';
import { startNodeIPAMController } from './index.ts';

let cluster: TestCluster | undefined;
beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  cluster?.stop();
  vi.useRealTimers();
});

const node = (name: string, podCIDR?: string): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name },
  spec: podCIDR ? { podCIDR, podCIDRs: [podCIDR] } : {},
  status: {} as Node['status'],
});
const start = async (nodes: Node[], options: Partial<ControllerOptions> = {}) =>
  (cluster = await testCluster(nodes, [startNodeIPAMController], options));
const ranges = () => cluster!.list(resources.nodes).map(({ spec }) => spec.podCIDRs);

test('each node gets the next free range', async () => {
  await start([node('a'), node('b', '10.244.0.0/24'), node('c')]);
  expect(ranges()).toEqual([['10.244.1.0/24'], ['10.244.0.0/24'], ['10.244.2.0/24']]);
  expect(cluster!.list(resources.nodes)[0]!.spec.podCIDR).toBe('10.244.1.0/24');
});

test('one range of each family', async () => {
  await start([node('a')], { clusterCIDRs: ['10.244.0.0/16', 'fd00:10:244::/56'] });
  expect(ranges()).toEqual([['10.244.0.0/24', 'fd00:10:244::/64']]);
});

test('without a free range it is said, and the range of a deleted node is used', async () => {
  await start([node('a'), node('b'), node('c')], { clusterCIDRs: ['10.0.0.0/23'] });
  expect(ranges()).toEqual([['10.0.0.0/24'], ['10.0.1.0/24'], undefined]);
  expect(cluster!.events()).toContain('Normal CIDRNotAvailable Node c status is now: CIDRNotAvailable');
  await cluster!.client.resource(resources.nodes).delete({ name: 'a' });
  await cluster!.settle();
  expect(ranges()).toEqual([['10.0.1.0/24'], ['10.0.0.0/24']]);
});

test.each([
  ['10.244.0.0/16', 24, '10.244.5.0/24', '10.244.0.0/24'],
  ['10.244.0.0/16', 24, '10.244.0.0/23', '10.244.2.0/24'],
  ['10.244.0.0/16', 24, '10.244.0.128/25', '10.244.1.0/24'],
  ['10.244.0.0/16', 24, '192.168.0.0/24', '10.244.0.0/24'],
  ['fd00::/48', 64, 'fd00::/64', 'fd00:0:0:1::/64'],
])('in %s by /%i with %s taken, %s is next', (range, size, taken, next) => {
  const set = new CidrSet(range, size);
  set.occupy(taken);
  expect(set.allocate()).toBe(next);
});

test('a range that is none is refused', () => {
  expect(() => new CidrSet('10.244.0.0', 24)).toThrow('"10.244.0.0" is not an address range');
  expect(() => new CidrSet('10.244.0.0/26', 24)).toThrow('does not fit');
});
