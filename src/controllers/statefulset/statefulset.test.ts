import type { StatefulSet } from '#api/generated/apps-v1.ts';
import type { PersistentVolumeClaim, Pod } from '#api/generated/core-v1.ts';
import { resources } from '#client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { testCluster, type TestCluster } from '../test-cluster.ts';
import { startStatefulSetController } from './index.ts';

let cluster: TestCluster;
beforeEach(() => void vi.useFakeTimers({ now: new Date('2026-01-02T03:04:05Z') }));
afterEach(() => {
  cluster.stop();
  vi.useRealTimers();
});

const labels = { app: 'db' };
function statefulSet(spec: Partial<StatefulSet['spec']> = {}): StatefulSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db', namespace: 'default', uid: 'sts-1', generation: 1 },
    spec: {
      replicas: 3,
      serviceName: 'db',
      selector: { matchLabels: labels },
      template: { metadata: { name: '', labels }, spec: { containers: [{ name: 'c', image: 'v1' }] } as Pod['spec'] },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      podManagementPolicy: 'OrderedReady',
      revisionHistoryLimit: 10,
      ...spec,
    },
    status: {} as StatefulSet['status'],
  };
}
const data = {
  metadata: { name: 'data' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  status: {},
} as PersistentVolumeClaim;
const start = async (object: StatefulSet) => (cluster = await testCluster([object], [startStatefulSetController]));
const pods = () => cluster.list(resources.pods).toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
const names = () =>
  pods()
    .filter(({ metadata }) => !metadata.deletionTimestamp)
    .map(({ metadata }) => metadata.name);
const images = () => pods().map((pod) => `${pod.metadata.name}:${pod.spec.containers[0]!.image}`);
const status = () => cluster.list(resources.statefulSets)[0]!.status;
const patch = (spec: object) =>
  cluster.client.resource(resources.statefulSets).patch({ name: 'db', namespace: 'default' }, 'merge', { spec });
const setImage = (image: string) => patch({ template: { spec: { containers: [{ name: 'c', image }] } } });
async function kubelet(rounds: number): Promise<void> {
  for (let i = 0; i < rounds; i++) {
    for (const pod of pods()) {
      if (pod.metadata.deletionTimestamp) await cluster.client.resource(resources.pods).delete(pod.metadata, { gracePeriodSeconds: 0 });
      else if (pod.status.phase !== 'Running') await cluster.runPod(pod);
    }
    await cluster.settle(50);
  }
}

test('pods come one after the other, each when the one before is ready', async () => {
  await start(statefulSet());
  expect(names()).toEqual(['db-0']);
  await cluster.settle(10_000);
  expect(names()).toEqual(['db-0']);
  await kubelet(1);
  expect(names()).toEqual(['db-0', 'db-1']);
  await kubelet(2);
  expect(names()).toEqual(['db-0', 'db-1', 'db-2']);
  expect(pods()[1]).toMatchObject({
    metadata: {
      labels: {
        app: 'db',
        'statefulset.kubernetes.io/pod-name': 'db-1',
        'apps.kubernetes.io/pod-index': '1',
        'controller-revision-hash': status().updateRevision,
      },
    },
    spec: { hostname: 'db-1', subdomain: 'db' },
  });
  await kubelet(1);
  expect(status()).toMatchObject({ replicas: 3, readyReplicas: 3, availableReplicas: 3, currentReplicas: 3, updatedReplicas: 3 });
  expect(status().currentRevision).toBe(status().updateRevision);
});

test('Parallel makes all at once', async () => {
  await start(statefulSet({ podManagementPolicy: 'Parallel' }));
  expect(names()).toEqual(['db-0', 'db-1', 'db-2']);
});

test('scaling down takes the highest first, one after the other', async () => {
  await start(statefulSet());
  await kubelet(4);
  await patch({ replicas: 1 });
  await cluster.settle();
  expect(names()).toEqual(['db-0', 'db-1']);
  await kubelet(2);
  expect(names()).toEqual(['db-0']);
});

test('a rolling update goes from the highest to the lowest', async () => {
  await start(statefulSet());
  await kubelet(4);
  await setImage('v2');
  await cluster.settle();
  expect(names()).toEqual(['db-0', 'db-1']);
  await kubelet(1);
  expect(images()).toEqual(['db-0:v1', 'db-1:v1', 'db-2:v2']);
  expect(status()).toMatchObject({ currentReplicas: 2, updatedReplicas: 1 });
  await kubelet(8);
  expect(images()).toEqual(['db-0:v2', 'db-1:v2', 'db-2:v2']);
  expect(status().currentRevision).toBe(status().updateRevision);
});

test('a partition keeps the pods below it as they are, also when they are made anew', async () => {
  await start(statefulSet({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } }));
  await kubelet(4);
  await setImage('v2');
  await kubelet(6);
  expect(images()).toEqual(['db-0:v1', 'db-1:v1', 'db-2:v2']);
  await cluster.client.resource(resources.pods).delete({ name: 'db-0', namespace: 'default' }, { gracePeriodSeconds: 0 });
  await kubelet(3);
  expect(images()).toEqual(['db-0:v1', 'db-1:v1', 'db-2:v2']);
});

test('OnDelete replaces nothing by itself', async () => {
  await start(statefulSet({ replicas: 1, updateStrategy: { type: 'OnDelete' } }));
  await kubelet(2);
  await setImage('v2');
  await kubelet(2);
  expect(images()).toEqual(['db-0:v1']);
  await cluster.client.resource(resources.pods).delete({ name: 'db-0', namespace: 'default' }, { gracePeriodSeconds: 0 });
  await cluster.settle();
  expect(images()).toEqual(['db-0:v2']);
});

test('each pod has its own claims, which stay when it goes', async () => {
  await start(statefulSet({ replicas: 2, volumeClaimTemplates: [data] }));
  await kubelet(3);
  const claims = () => cluster.list(resources.persistentVolumeClaims).map(({ metadata }) => metadata.name);
  expect(claims()).toEqual(['data-db-0', 'data-db-1']);
  expect(pods()[1]!.spec.volumes).toEqual([{ name: 'data', persistentVolumeClaim: { claimName: 'data-db-1', readOnly: false } }]);
  await patch({ replicas: 1 });
  await kubelet(2);
  expect(claims()).toEqual(['data-db-0', 'data-db-1']);
});

test('claims go with the pod that is scaled away if the retention policy says so', async () => {
  await start(
    statefulSet({
      replicas: 2,
      volumeClaimTemplates: [data],
      persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete', whenDeleted: 'Retain' },
    }),
  );
  await kubelet(3);
  await patch({ replicas: 1 });
  await cluster.settle();
  expect(cluster.get(resources.persistentVolumeClaims, 'data-db-1', 'default')!.metadata.ownerReferences).toMatchObject([
    { kind: 'Pod', name: 'db-1' },
  ]);
});

test('a pod that failed is made anew', async () => {
  await start(statefulSet({ replicas: 1 }));
  const { uid } = pods()[0]!.metadata;
  await cluster.runPod(pods()[0]!, { phase: 'Failed', ready: false });
  await cluster.settle();
  expect(names()).toEqual(['db-0']);
  expect(pods()[0]!.metadata.uid).not.toBe(uid);
});

test('ordinals may start elsewhere', async () => {
  await start(statefulSet({ replicas: 2, ordinals: { start: 5 } }));
  await kubelet(2);
  expect(names()).toEqual(['db-5', 'db-6']);
});
