import type { Deployment, ReplicaSet } from '#api/generated/apps-v1.ts';
import type { Pod } from '#api/generated/core-v1.ts';
import type { PodDisruptionBudget } from '#api/generated/policy-v1.ts';
import { resources } from '#client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { testCluster, type TestCluster } from '../test-cluster.ts';
import { startDisruptionController } from './index.ts';

let cluster: TestCluster;
beforeEach(() => void vi.useFakeTimers({ now: new Date('2026-01-02T03:04:05Z') }));
afterEach(() => {
  cluster.stop();
  vi.useRealTimers();
});

const labels = { app: 'web' };
const budget = (spec: PodDisruptionBudget['spec'], status: Partial<PodDisruptionBudget['status']> = {}): PodDisruptionBudget => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'web', namespace: 'default', generation: 1 },
  spec: { selector: { matchLabels: labels }, ...spec },
  status: status as PodDisruptionBudget['status'],
});
const owner = (kind: string, uid: string) => [{ apiVersion: 'apps/v1', kind, name: uid, uid, controller: true }];
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'd', namespace: 'default', uid: 'd' },
  spec: { replicas: 4 },
} as Deployment;
const replicaSet = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name: 'r', namespace: 'default', uid: 'r', ownerReferences: owner('Deployment', 'd') },
  spec: { replicas: 3 },
} as ReplicaSet;
const pod = (name: string, ready = true, phase = 'Running'): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', labels, ownerReferences: owner('ReplicaSet', 'r') },
  spec: { containers: [] },
  status: { phase, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
});
const status = () => cluster.list(resources.podDisruptionBudgets)[0]!.status;
const four = [pod('a'), pod('b'), pod('c'), pod('d', false), pod('done', false, 'Succeeded')];

test.each([
  [{ minAvailable: 2 }, { expectedPods: 4, desiredHealthy: 2, currentHealthy: 3, disruptionsAllowed: 1 }],
  [{ minAvailable: '50%' }, { expectedPods: 4, desiredHealthy: 2, currentHealthy: 3, disruptionsAllowed: 1 }],
  [{ minAvailable: 3 }, { expectedPods: 4, desiredHealthy: 3, currentHealthy: 3, disruptionsAllowed: 0 }],
  [{ maxUnavailable: 1 }, { expectedPods: 4, desiredHealthy: 3, currentHealthy: 3, disruptionsAllowed: 0 }],
  [{ maxUnavailable: '50%' }, { expectedPods: 4, desiredHealthy: 2, currentHealthy: 3, disruptionsAllowed: 1 }],
])('%o', async (spec, expected) => {
  cluster = await testCluster([budget(spec), deployment, replicaSet, ...four], [startDisruptionController]);
  expect(status()).toMatchObject({ ...expected, observedGeneration: 1 });
  const [reason, value] = expected.disruptionsAllowed > 0 ? ['SufficientPods', 'True'] : ['InsufficientPods', 'False'];
  expect(status().conditions).toMatchObject([{ type: 'DisruptionAllowed', status: value, reason }]);
});

test('an eviction that was granted counts until its pod goes, or for two minutes', async () => {
  const granted = { disruptedPods: { a: '2026-01-02T03:04:00Z' } };
  cluster = await testCluster([budget({ minAvailable: 2 }, granted), deployment, replicaSet, ...four], [startDisruptionController]);
  expect(status()).toMatchObject({ currentHealthy: 2, disruptionsAllowed: 0, disruptedPods: granted.disruptedPods });
  await cluster.settle(120_000);
  expect(status()).toMatchObject({ currentHealthy: 3, disruptionsAllowed: 1 });
  expect(status().disruptedPods).toBeUndefined();
});

test('the budget follows its pods', async () => {
  cluster = await testCluster([budget({ minAvailable: 2 }), deployment, replicaSet, ...four], [startDisruptionController]);
  await cluster.runPod(cluster.get(resources.pods, 'd', 'default')!);
  await cluster.settle();
  expect(status()).toMatchObject({ currentHealthy: 4, disruptionsAllowed: 2 });
});
