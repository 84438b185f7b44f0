import { describe, expect, it } from 'vitest';
import { created, errorsOf, inVersion, rowOf, servedKindOf, updateErrorsOf, type Manifest } from '../kinds.fixture.ts';
import type { DaemonSet, Deployment, ReplicaSet, StatefulSet } from '../generated/apps-v1.ts';

const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'nginx', image: 'nginx:1.29' }] } };
const selector = { matchLabels: { app: 'web' } };

function workload(kind: string, spec: object = {}, apiVersion = 'apps/v1'): Manifest {
  return { apiVersion, kind, spec: { selector, template, ...spec } };
}

describe('a Deployment', () => {
  it("gets upstream's defaults", () => {
    const { spec } = created<Deployment>(workload('Deployment'));
    expect(spec).toMatchObject({
      replicas: 1,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
    });
    expect(spec.template.spec).toMatchObject({ restartPolicy: 'Always', dnsPolicy: 'ClusterFirst', terminationGracePeriodSeconds: 30 });
  });

  it.each<[string, object, string]>([
    ['no selector', { selector: undefined }, 'spec.selector: Required value'],
    ['an empty selector', { selector: {} }, 'spec.selector: Invalid value: {}: empty selector is invalid for deployment'],
    [
      'other labels',
      { selector: { matchLabels: { app: 'db' } } },
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ],
    ['negative replicas', { replicas: -1 }, 'spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    [
      'both zero',
      { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } },
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0',
    ],
    [
      'more than all',
      { strategy: { rollingUpdate: { maxUnavailable: '110%' } } },
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "110%": must not be greater than 100%',
    ],
    [
      'Recreate with parameters',
      { strategy: { type: 'Recreate', rollingUpdate: {} } },
      "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
    ],
    [
      'pods that end',
      { template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } },
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ],
    [
      'a deadline too early',
      { minReadySeconds: 700 },
      'spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds',
    ],
  ])('is refused with %s', (_, spec, error) => {
    expect(errorsOf(workload('Deployment', spec))).toContain(error);
  });

  it('keeps its selector', () => {
    const errors = updateErrorsOf<Deployment>(workload('Deployment'), ({ spec }) => {
      spec.selector = { matchLabels: { app: 'x' } };
    });
    expect(errors).toEqual(['spec.selector: Invalid value: {"matchLabels":{"app":"x"}}: field is immutable']);
  });

  it('prints as kubectl shows it', () => {
    const deployment = created<Deployment>(workload('Deployment', { replicas: 3 }));
    deployment.status = { readyReplicas: 2, updatedReplicas: 3, availableReplicas: 2 };
    expect(rowOf(deployment)).toEqual({
      Name: 'a',
      Ready: '2/3',
      'Up-to-date': 3,
      Available: 2,
      Age: '4m5s',
      Containers: 'nginx',
      Images: 'nginx:1.29',
      Selector: 'app=web',
    });
  });

  it.each([
    ['extensions/v1beta1', 1, 2147483647, 2147483647],
    ['apps/v1beta1', '25%', 2, 600],
  ])('of %s gets the defaults of that version', (apiVersion, surge, revisionHistoryLimit, progressDeadlineSeconds) => {
    const { spec, metadata } = created<Deployment>(workload('Deployment', { selector: undefined }, apiVersion));
    expect(spec).toMatchObject({ selector, revisionHistoryLimit, progressDeadlineSeconds });
    expect(spec.strategy.rollingUpdate).toEqual({ maxSurge: surge, maxUnavailable: surge });
    expect(metadata.labels).toEqual({ app: 'web' });
  });

  it('keeps what apps/v1 has no field for in an annotation', () => {
    const stored = created<Deployment>(workload('Deployment', { rollbackTo: { revision: 3 } }, 'extensions/v1beta1'));
    expect(stored.metadata.annotations).toEqual({ 'deprecated.deployment.rollback.rollbackTo': '3' });
    expect(stored.spec).not.toHaveProperty('rollbackTo');
    const old = inVersion(stored, 'extensions/v1beta1');
    expect(old).toMatchObject({ apiVersion: 'extensions/v1beta1', spec: { rollbackTo: { revision: 3 } } });
    expect(old.metadata.annotations).toBeUndefined();
  });

  it('scales', () => {
    const { definition } = servedKindOf({ apiVersion: 'apps/v1', kind: 'Deployment' });
    const deployment = created<Deployment>(workload('Deployment'));
    definition.scale?.setReplicas(deployment, 5);
    expect(definition.scale?.replicas(deployment)).toBe(5);
    expect(definition.scale?.selector(deployment)).toBe('app=web');
  });
});

describe('a ReplicaSet', () => {
  it('prints as kubectl shows it', () => {
    const replicaSet = created<ReplicaSet>(workload('ReplicaSet', { replicas: 2 }));
    replicaSet.status = { replicas: 2, readyReplicas: 1 };
    expect(rowOf(replicaSet)).toMatchObject({ Desired: 2, Current: 2, Ready: 1, Age: '4m5s' });
  });

  it('has a status that adds up', () => {
    const replicaSet = created<ReplicaSet>(workload('ReplicaSet'));
    replicaSet.status = { replicas: 1, readyReplicas: 2 };
    const { definition } = servedKindOf(replicaSet);
    expect(definition.validateStatusUpdate?.(replicaSet, replicaSet).map(String)).toEqual([
      'status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas',
    ]);
  });
});

describe('a StatefulSet', () => {
  it("gets upstream's defaults, its claims, too", () => {
    const claim = { metadata: { name: 'www' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } };
    const { spec } = created<StatefulSet>(workload('StatefulSet', { serviceName: 'web', volumeClaimTemplates: [claim] }));
    expect(spec).toMatchObject({
      replicas: 1,
      podManagementPolicy: 'OrderedReady',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      revisionHistoryLimit: 10,
    });
    expect(spec.volumeClaimTemplates?.[0]).toMatchObject({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      spec: { volumeMode: 'Filesystem' },
      status: { phase: 'Pending' },
    });
  });

  it('may be changed in a few fields only', () => {
    const manifest = workload('StatefulSet', { serviceName: 'web' });
    expect(updateErrorsOf<StatefulSet>(manifest, ({ spec }) => void (spec.replicas = 5))).toEqual([]);
    expect(updateErrorsOf<StatefulSet>(manifest, ({ spec }) => void (spec.serviceName = 'other'))).toEqual([
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ]);
  });

  it('has a name that pods can be called after', () => {
    const { definition } = servedKindOf({ apiVersion: 'apps/v1', kind: 'StatefulSet' });
    expect(definition.nameRule?.('a.b', false)).not.toEqual([]);
    expect(definition.nameRule?.('ab', false)).toEqual([]);
  });

  it('of apps/v1beta1 leaves its pods alone', () => {
    expect(created<StatefulSet>(workload('StatefulSet', {}, 'apps/v1beta1')).spec.updateStrategy).toEqual({ type: 'OnDelete' });
  });
});

describe('a DaemonSet', () => {
  it('counts the changes of its template in an annotation', () => {
    const { definition } = servedKindOf({ apiVersion: 'apps/v1', kind: 'DaemonSet' });
    const old = created<DaemonSet>(workload('DaemonSet'));
    const annotation = 'deprecated.daemonset.template.generation';
    expect(old.metadata.annotations?.[annotation]).toBe('1');
    const changed = structuredClone(old);
    changed.spec.template.spec.hostNetwork = true;
    definition.prepareForUpdate?.(changed, old, { now: new Date(0), subresource: '', warn: () => {} });
    expect(changed.metadata.annotations?.[annotation]).toBe('2');
    expect(inVersion(changed, 'extensions/v1beta1')).toMatchObject({ spec: { templateGeneration: 2 } });
  });

  it.each<[string, object, string]>([
    [
      'neither surge nor unavailable',
      { maxUnavailable: 0 },
      'spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0',
    ],
    [
      'both',
      { maxSurge: 1 },
      'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero',
    ],
  ])('is refused with %s', (_, rollingUpdate, error) => {
    expect(errorsOf(workload('DaemonSet', { updateStrategy: { rollingUpdate } }))).toEqual([error]);
  });

  it('prints as kubectl shows it', () => {
    const daemonSet = created<DaemonSet>(workload('DaemonSet'));
    daemonSet.status = { currentNumberScheduled: 1, numberMisscheduled: 0, desiredNumberScheduled: 2, numberReady: 1 };
    expect(rowOf(daemonSet)).toMatchObject({ Desired: 2, Current: 1, Ready: 1, 'Up-to-date': 0, Available: 0, 'Node Selector': '<none>' });
  });
});

describe('a ControllerRevision', () => {
  const manifest: Manifest = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: 'u', controller: true }] },
    data: { spec: 1 },
    revision: 2,
  };

  it('prints its controller', () => {
    expect(rowOf(created(manifest))).toEqual({ Name: 'a', Controller: 'statefulset.apps/web', Revision: 2, Age: '4m5s' });
  });

  it('never changes its data', () => {
    expect(updateErrorsOf<{ data?: unknown } & ReplicaSet>(manifest, (object) => void (object.data = {}))).toHaveLength(1);
  });
});
