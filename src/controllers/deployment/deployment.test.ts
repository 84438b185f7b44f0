import type { Deployment } from '#api/generated/apps-v1.ts';
import type { Pod } from '#api/generated/core-v1.ts';
import { resources } from '#client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startReplicaSetController } from '../replicaset/index.ts';
import { testCluster, type TestCluster } from '../test-cluster.ts';
import { startDeploymentController } from './index.ts';

let cluster: TestCluster;

beforeEach(() => void vi.useFakeTimers({ now: new Date('2026-01-02T03:04:05Z') }));
afterEach(() => {
  cluster.stop();
  vi.useRealTimers();
});

function deployment(spec: Partial<Deployment['spec']> = {}, annotations: Record<string, string> = {}): Deployment {
  const labels = { app: 'web' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default', uid: 'd-1', generation: 1, annotations },
    spec: {
      replicas: 4,
      selector: { matchLabels: labels },
      template: { metadata: { name: '', labels }, spec: { containers: [{ name: 'c', image: 'v1' }] } as Pod['spec'] },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      ...spec,
    },
    status: {},
  };
}

const KEY = { name: 'web', namespace: 'default' };
const start = async (object: Deployment) => (cluster = await testCluster([object], [startDeploymentController, startReplicaSetController]));
const current = () => cluster.get(resources.deployments, 'web', 'default')!;
const replicaSets = () => cluster.list(resources.replicaSets);
const byImage = (image: string) => replicaSets().find((each) => each.spec.template.spec.containers[0]!.image === image)!;
const active = () => cluster.list(resources.pods).filter((pod) => !pod.metadata.deletionTimestamp);
const patch = (body: unknown) => cluster.client.resource(resources.deployments).patch(KEY, 'merge', body);
const setImage = (image: string) => patch({ spec: { template: { spec: { containers: [{ name: 'c', image }] } } } });
const conditions = () =>
  Object.fromEntries((current().status.conditions ?? []).map(({ type, status, reason }) => [type, `${status} ${reason}`]));

/** Plays the kubelet: pods run, and those that were deleted end. */
async function kubelet(rounds = 12): Promise<void> {
  for (let i = 0; i < rounds; i++) {
    for (const pod of cluster.list(resources.pods)) {
      if (pod.metadata.deletionTimestamp) await cluster.client.resource(resources.pods).delete(pod.metadata, { gracePeriodSeconds: 0 });
      else if (pod.status.phase !== 'Running') await cluster.runPod(pod);
    }
    await cluster.settle(50);
  }
}

test('the first rollout makes one ReplicaSet with all pods', async () => {
  await start(deployment({}, { 'kubernetes.io/change-cause': 'first' }));
  const [replicaSet] = replicaSets();
  const hash = replicaSet!.metadata.labels!['pod-template-hash']!;
  expect(hash).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]+$/);
  expect(replicaSet).toMatchObject({
    metadata: {
      name: `web-${hash}`,
      labels: { app: 'web', 'pod-template-hash': hash },
      annotations: {
        'deployment.kubernetes.io/revision': '1',
        'deployment.kubernetes.io/desired-replicas': '4',
        'deployment.kubernetes.io/max-replicas': '5',
        'kubernetes.io/change-cause': 'first',
      },
      ownerReferences: [{ kind: 'Deployment', uid: 'd-1', controller: true }],
    },
    spec: { replicas: 4, selector: { matchLabels: { app: 'web', 'pod-template-hash': hash } } },
  });
  expect(cluster.events()).toContain(`Normal ScalingReplicaSet Scaled up replica set web-${hash} from 0 to 4`);
  expect(conditions()).toMatchObject({ Available: 'False MinimumReplicasUnavailable', Progressing: 'True ReplicaSetUpdated' });
  await kubelet();
  expect(current().metadata.annotations!['deployment.kubernetes.io/revision']).toBe('1');
  expect(current().status).toMatchObject({
    replicas: 4,
    updatedReplicas: 4,
    readyReplicas: 4,
    availableReplicas: 4,
    observedGeneration: 1,
  });
  expect(current().status.unavailableReplicas).toBeUndefined();
  expect(conditions()).toEqual({ Available: 'True MinimumReplicasAvailable', Progressing: 'True NewReplicaSetAvailable' });
  expect(current().status.conditions!.find(({ type }) => type === 'Progressing')!.message).toBe(
    `ReplicaSet "web-${hash}" has successfully progressed.`,
  );
});

test('a rolling update keeps within surge and unavailability, and ends with the new pods only', async () => {
  await start(deployment());
  await kubelet();
  await setImage('v2');
  await cluster.settle(50);
  for (let i = 0; i < 25; i++) {
    expect(active().length).toBeLessThanOrEqual(5);
    expect(active().filter((pod) => pod.status.conditions?.[0]?.status === 'True').length).toBeGreaterThanOrEqual(3);
    await kubelet(1);
  }
  expect(byImage('v1').spec.replicas).toBe(0);
  expect(byImage('v2').spec.replicas).toBe(4);
  expect(current().metadata.annotations!['deployment.kubernetes.io/revision']).toBe('2');
  expect(conditions()).toMatchObject({ Progressing: 'True NewReplicaSetAvailable' });
});

test('maxSurge 1 and maxUnavailable 0: first one more, then one fewer', async () => {
  await start(deployment({ replicas: 2, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } }));
  await kubelet();
  await setImage('v2');
  await cluster.settle(50);
  expect([byImage('v1').spec.replicas, byImage('v2').spec.replicas]).toEqual([2, 1]);
  await kubelet(1);
  expect(byImage('v1').spec.replicas).toBe(1);
});

test('going back to an earlier template uses its ReplicaSet and gives it the newest revision', async () => {
  await start(deployment());
  await kubelet();
  await setImage('v2');
  await kubelet(25);
  await setImage('v1');
  await kubelet(25);
  expect(replicaSets()).toHaveLength(2);
  expect(byImage('v1').spec.replicas).toBe(4);
  expect(byImage('v1').metadata.annotations).toMatchObject({
    'deployment.kubernetes.io/revision': '3',
    'deployment.kubernetes.io/revision-history': '1',
  });
  expect(current().metadata.annotations!['deployment.kubernetes.io/revision']).toBe('3');
});

test('Recreate ends all old pods before the first new one', async () => {
  await start(deployment({ strategy: { type: 'Recreate' } }));
  await kubelet();
  await setImage('v2');
  await cluster.settle();
  expect(active()).toHaveLength(0);
  expect(byImage('v2')).toBeUndefined();
  await kubelet();
  expect(byImage('v2').spec.replicas).toBe(4);
  expect(active()).toHaveLength(4);
});

test('a paused Deployment scales but does not roll out, and goes on when resumed', async () => {
  await start(deployment());
  await kubelet();
  await patch({ spec: { paused: true } });
  await cluster.settle();
  expect(conditions()['Progressing']).toBe('Unknown DeploymentPaused');
  await setImage('v2');
  await patch({ spec: { replicas: 6 } });
  await kubelet();
  expect(byImage('v2')).toBeUndefined();
  expect(byImage('v1').spec.replicas).toBe(6);
  await patch({ spec: { paused: false } });
  await kubelet(25);
  expect(byImage('v2').spec.replicas).toBe(6);
});

test('scaling in the middle of a rollout shares out proportionally', async () => {
  await start(deployment({ replicas: 10, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } }));
  await kubelet();
  await setImage('v2');
  await cluster.settle(50);
  // New pods never become ready: 8 old and 5 new ones.
  expect([byImage('v1').spec.replicas, byImage('v2').spec.replicas]).toEqual([8, 5]);
  await patch({ spec: { replicas: 15 } });
  await cluster.settle(50);
  // 5 more: 18 in all, 8/13 and 5/13 of them.
  expect([byImage('v1').spec.replicas, byImage('v2').spec.replicas]).toEqual([11, 7]);
});

test('old ReplicaSets beyond revisionHistoryLimit are deleted', async () => {
  await start(deployment({ replicas: 1, revisionHistoryLimit: 1 }));
  for (const image of ['v2', 'v3', 'v4']) {
    await kubelet();
    await setImage(image);
  }
  await kubelet(30);
  expect(
    replicaSets()
      .map((each) => String(each.spec.template.spec.containers[0]!.image))
      .sort(),
  ).toEqual(['v3', 'v4']);
});

test('a rollout without progress exceeds its deadline', async () => {
  await start(deployment({ progressDeadlineSeconds: 60 }));
  await cluster.settle(59_000);
  expect(conditions()['Progressing']).toBe('True ReplicaSetUpdated');
  await cluster.settle(5_000);
  expect(conditions()['Progressing']).toBe('False ProgressDeadlineExceeded');
  await kubelet();
  expect(conditions()['Progressing']).toBe('True NewReplicaSetAvailable');
});

test('scaling to zero and back uses the same ReplicaSet', async () => {
  await start(deployment());
  await kubelet();
  await patch({ spec: { replicas: 0 } });
  await kubelet();
  expect(active()).toEqual([]);
  await patch({ spec: { replicas: 2 } });
  await kubelet();
  expect(replicaSets()).toHaveLength(1);
  expect(active()).toHaveLength(2);
  expect(
    cluster
      .events()
      .filter((event) => event.includes('ScalingReplicaSet'))
      .map((event) => event.replace(/web-\w+/, 'x')),
  ).toEqual([
    'Normal ScalingReplicaSet Scaled up replica set x from 0 to 4',
    'Normal ScalingReplicaSet Scaled down replica set x from 4 to 0',
    'Normal ScalingReplicaSet Scaled up replica set x from 0 to 2',
  ]);
});

test('when the name of the ReplicaSet is taken by a stranger, another hash is used', async () => {
  await start(deployment());
  const [first] = replicaSets();
  cluster.stop();
  const stranger = {
    ...first!,
    metadata: { ...first!.metadata, uid: 'other', ownerReferences: undefined, resourceVersion: undefined, labels: { app: 'other' } },
  };
  const silence = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const other = { ...stranger, spec: { ...stranger.spec, selector: { matchLabels: { app: 'other' } } } };
  cluster = await testCluster([deployment(), other], [startDeploymentController]);
  await cluster.settle(1000);
  expect(current().status.collisionCount).toBe(1);
  expect(replicaSets()).toHaveLength(2);
  silence.mockRestore();
});

test('nothing is written when all is well', async () => {
  await start(deployment());
  await kubelet();
  const before = cluster.client.actions.length;
  await cluster.settle(700_000);
  expect(cluster.client.actions.slice(before)).toEqual([]);
});
