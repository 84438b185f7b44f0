import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { objectEqual, type KubeObject } from '#apimachinery';
import { allKinds, servedKinds, type ServedKind } from './kinds.ts';
import { codecOf } from './schema/index.ts';
import { created, decoded, inVersion, type Manifest } from './kinds.fixture.ts';
import type { EndpointSlice } from './generated/discovery-v1.ts';
import type { HorizontalPodAutoscaler } from './generated/autoscaling-v2.ts';
import type { PodDisruptionBudget } from './generated/policy-v1.ts';

const samples = new URL('../../../shared/reference/roundtrip/', import.meta.url);
const files = new Set(existing());

function existing(): string[] {
  try {
    return readdirSync(samples);
  } catch {
    return [];
  }
}

const fileOf = ({ group, version, definition }: ServedKind) => `${group === '' ? 'core' : group}.${version}.${definition.kind}.json`;

/** Samples that say the same twice, once each way, of which the storage version can keep one only. */
const AMBIGUOUS = new Set(['autoscaling.v1.HorizontalPodAutoscaler.json', 'discovery.k8s.io.v1beta1.EndpointSlice.json']);

const others = allKinds
  .flatMap(servedKinds)
  .filter((served) => served.served !== undefined && files.has(fileOf(served)) && !AMBIGUOUS.has(fileOf(served)));

describe.runIf(others.length > 0)('an object with every field set', () => {
  it.each(others.map((served) => [fileOf(served), served] as const))('survives the way to storage and back: %s', (file, served) => {
    const { group, version, definition } = served;
    const codec = codecOf(group, version, definition.kind);
    const original = codec?.decode<KubeObject>(JSON.parse(readFileSync(new URL(file, samples), 'utf8'))).object as KubeObject;
    const stored = served.served?.toStorage?.(structuredClone(original)) ?? original;
    const read = codecOf(definition.group, definition.version, definition.kind)?.decode<KubeObject>(stored).object as KubeObject;
    const back = { ...(served.served?.fromStorage?.(read) ?? read), apiVersion: original.apiVersion };
    expect(objectEqual(codec?.decode(back).object, original)).toBe(true);
  });
});

describe('a HorizontalPodAutoscaler of autoscaling/v1', () => {
  const spec = { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, minReplicas: 1, maxReplicas: 5 };
  const memory = { type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1Gi' } } };
  const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } };

  it('has its one metric in the list', () => {
    const stored = created<HorizontalPodAutoscaler>({
      apiVersion: 'autoscaling/v1',
      kind: 'HorizontalPodAutoscaler',
      spec: { ...spec, targetCPUUtilizationPercentage: 60 },
    });
    expect(stored).toMatchObject({ apiVersion: 'autoscaling/v2', spec: { ...spec, metrics: [cpu] } });
    expect(stored.spec).not.toHaveProperty('targetCPUUtilizationPercentage');
  });

  it('keeps the other metrics and the behaviour in annotations', () => {
    const behavior = { scaleDown: { stabilizationWindowSeconds: 60 } };
    const stored = created<HorizontalPodAutoscaler>({
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      spec: { ...spec, metrics: [memory, cpu], behavior },
    });
    const old = inVersion(stored, 'autoscaling/v1');
    expect(old).toMatchObject({ spec: { ...spec, targetCPUUtilizationPercentage: 60 } });
    const annotation = old.metadata.annotations?.['autoscaling.alpha.kubernetes.io/metrics'];
    expect(JSON.parse(annotation ?? '')).toEqual([{ type: 'Resource', resource: { name: 'memory', targetAverageValue: '1Gi' } }]);
    const again = created<HorizontalPodAutoscaler>(old as unknown as Manifest);
    expect(again.spec.metrics).toEqual([cpu, memory]);
    expect(again.spec.behavior).toEqual(stored.spec.behavior);
    expect(again.metadata.annotations).toBeUndefined();
  });

  it('with an annotation that is broken is read without it', () => {
    const metadata = { annotations: { 'autoscaling.alpha.kubernetes.io/metrics': '[{' } };
    const stored = created<HorizontalPodAutoscaler>({ apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler', metadata, spec });
    expect(stored.spec.metrics).toMatchObject([{ resource: { target: { averageUtilization: 80 } } }]);
  });
});

describe('a HorizontalPodAutoscaler of autoscaling/v2beta1', () => {
  it('has its targets in the metrics themselves', () => {
    const metrics = [
      { type: 'Resource', resource: { name: 'cpu', targetAverageUtilization: 50 } },
      { type: 'Pods', pods: { metricName: 'rps', targetAverageValue: '10' } },
    ];
    const spec = { scaleTargetRef: { kind: 'Deployment', name: 'web' }, minReplicas: 1, maxReplicas: 5, metrics };
    const stored = created<HorizontalPodAutoscaler>({ apiVersion: 'autoscaling/v2beta1', kind: 'HorizontalPodAutoscaler', spec });
    expect(stored.spec.metrics).toEqual([
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
      { type: 'Pods', pods: { metric: { name: 'rps' }, target: { type: 'AverageValue', averageValue: '10' } } },
    ]);
    expect(inVersion(stored, 'autoscaling/v2beta1')).toMatchObject({ spec });
  });
});

describe('a PodDisruptionBudget of policy/v1beta1', () => {
  const budget = (apiVersion: string, selector: object): Manifest => ({
    apiVersion,
    kind: 'PodDisruptionBudget',
    spec: { minAvailable: 1, selector },
  });
  const key = 'pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match';

  it('with an empty selector still matches nothing', () => {
    const stored = created<PodDisruptionBudget>(budget('policy/v1beta1', {}));
    expect(stored.spec.selector).toEqual({ matchExpressions: [{ key, operator: 'Exists' }] });
    expect(inVersion(stored, 'policy/v1beta1')).toMatchObject({ spec: { selector: {} } });
  });

  it('that matches everything in v1 still does', () => {
    const stored = created<PodDisruptionBudget>(budget('policy/v1', {}));
    const old = inVersion(stored, 'policy/v1beta1') as PodDisruptionBudget;
    expect(old.spec.selector).toEqual({ matchExpressions: [{ key, operator: 'DoesNotExist' }] });
    expect(created<PodDisruptionBudget>(old as unknown as Manifest).spec.selector).toEqual({});
  });
});

describe('an EndpointSlice of discovery.k8s.io/v1beta1', () => {
  it('has its zone and node among the labels', () => {
    const topology = { 'topology.kubernetes.io/zone': 'z1', 'kubernetes.io/hostname': 'n1', rack: 'r' };
    const stored = created<EndpointSlice>({
      apiVersion: 'discovery.k8s.io/v1beta1',
      kind: 'EndpointSlice',
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.0.0.1'], nodeName: 'n1', topology }],
    });
    expect(stored.endpoints).toMatchObject([{ nodeName: 'n1', zone: 'z1', deprecatedTopology: { rack: 'r' } }]);
    expect(inVersion(stored, 'discovery.k8s.io/v1beta1')).toMatchObject({ endpoints: [{ nodeName: 'n1', topology }] });
  });
});

describe('an Event', () => {
  it('of events.k8s.io is one of the core group', () => {
    const event: Manifest = {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      eventTime: '2026-01-02T03:04:05.000000Z',
      note: 'hello',
      reason: 'Started',
      action: 'Start',
      regarding: { kind: 'Pod', name: 'p', namespace: 'default' },
      reportingController: 'kubelet',
      reportingInstance: 'n1',
      type: 'Normal',
      deprecatedCount: 2,
    };
    const stored = created(event);
    expect(stored).toMatchObject({
      apiVersion: 'v1',
      kind: 'Event',
      message: 'hello',
      involvedObject: event['regarding'],
      reportingComponent: 'kubelet',
      count: 2,
    });
    expect(stored).not.toHaveProperty('note');
    expect(inVersion(stored, 'events.k8s.io/v1')).toMatchObject(decoded(event));
  });
});

describe('a webhook configuration of v1beta1', () => {
  it('has the defaults of that version', () => {
    const webhooks = [{ name: 'a.b.c', clientConfig: { url: 'https://a/b' } }];
    expect(created({ apiVersion: 'admissionregistration.k8s.io/v1beta1', kind: 'MutatingWebhookConfiguration', webhooks })).toMatchObject({
      apiVersion: 'admissionregistration.k8s.io/v1',
      webhooks: [
        {
          failurePolicy: 'Ignore',
          matchPolicy: 'Exact',
          sideEffects: 'Unknown',
          timeoutSeconds: 30,
          admissionReviewVersions: ['v1beta1'],
          reinvocationPolicy: 'Never',
        },
      ],
    });
  });
});

describe('a PriorityLevelConfiguration', () => {
  const level = (apiVersion: string, limited: object): Manifest => ({
    apiVersion: `flowcontrol.apiserver.k8s.io/${apiVersion}`,
    kind: 'PriorityLevelConfiguration',
    spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' }, ...limited } },
  });

  it('of v1beta2 calls its shares otherwise', () => {
    const stored = created(level('v1beta2', { assuredConcurrencyShares: 7 }));
    expect(stored).toMatchObject({ spec: { limited: { nominalConcurrencyShares: 7 } } });
    expect(inVersion(stored, 'flowcontrol.apiserver.k8s.io/v1beta1')).toMatchObject({ spec: { limited: { assuredConcurrencyShares: 7 } } });
  });

  it('without any shares keeps none through v1beta3', () => {
    const stored = created(level('v1', { nominalConcurrencyShares: 0 }));
    const old = inVersion(stored, 'flowcontrol.apiserver.k8s.io/v1beta3');
    expect(created(old as unknown as Manifest)).toMatchObject({ spec: { limited: { nominalConcurrencyShares: 0 } } });
    expect(created(level('v1beta3', {}))).toMatchObject({ spec: { limited: { nominalConcurrencyShares: 30 } } });
  });
});

describe('a SubjectAccessReview of v1beta1', () => {
  it('calls the groups of the user otherwise', () => {
    const stored = created({
      apiVersion: 'authorization.k8s.io/v1beta1',
      kind: 'SubjectAccessReview',
      spec: { user: 'jane', group: ['dev'] },
    });
    expect(stored).toMatchObject({ apiVersion: 'authorization.k8s.io/v1', spec: { user: 'jane', groups: ['dev'] } });
    expect(inVersion(stored, 'authorization.k8s.io/v1beta1')).toMatchObject({ spec: { group: ['dev'] } });
  });
});
