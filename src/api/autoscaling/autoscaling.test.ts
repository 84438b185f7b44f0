import { describe, expect, it } from 'vitest';
import { created, errorsOf, rowOf, type Manifest } from '../kinds.fixture.ts';
import type { HorizontalPodAutoscaler } from '../generated/autoscaling-v2.ts';

const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
const hpa = (spec: object = {}): Manifest => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  spec: { scaleTargetRef, maxReplicas: 5, ...spec },
});
const resource = (name: string, target: object) => ({ type: 'Resource', resource: { name, target } });
const cpu = resource('cpu', { type: 'Utilization', averageUtilization: 50 });
const memory = resource('memory', { type: 'AverageValue', averageValue: '1Gi' });
const external = { type: 'External', external: { metric: { name: 'queue' }, target: { type: 'Value', value: '30' } } };

describe('a HorizontalPodAutoscaler', () => {
  it("gets upstream's defaults", () => {
    expect(created<HorizontalPodAutoscaler>(hpa()).spec).toMatchObject({
      minReplicas: 1,
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }],
    });
  });

  it('gets both directions when it names one', () => {
    const { behavior } = created<HorizontalPodAutoscaler>(hpa({ behavior: { scaleDown: { stabilizationWindowSeconds: 60 } } })).spec;
    expect(behavior).toEqual({
      scaleUp: {
        stabilizationWindowSeconds: 0,
        selectPolicy: 'Max',
        policies: [
          { type: 'Pods', value: 4, periodSeconds: 15 },
          { type: 'Percent', value: 100, periodSeconds: 15 },
        ],
      },
      scaleDown: { stabilizationWindowSeconds: 60, selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] },
    });
  });

  it.each<[string, object, string]>([
    ['no room', { minReplicas: 6 }, 'spec.maxReplicas: Invalid value: 5: must be greater than or equal to `minReplicas`'],
    ['nothing to scale to', { maxReplicas: 0 }, 'spec.maxReplicas: Invalid value: 0: must be greater than 0'],
    ['no replicas', { minReplicas: 0 }, 'spec.minReplicas: Invalid value: 0: must be greater than or equal to 1'],
    ['no target', { scaleTargetRef: { kind: 'Deployment' } }, 'spec.scaleTargetRef.name: Required value'],
    [
      'no source',
      { metrics: [{ type: 'Pods' }] },
      'spec.metrics[0].pods: Required value: must populate information for the given metric source',
    ],
    [
      'two sources',
      { metrics: [{ ...cpu, pods: external.external }] },
      'spec.metrics[0].pods: Forbidden: must populate the given metric source only',
    ],
    [
      'both targets',
      { metrics: [resource('cpu', { type: 'Utilization', averageUtilization: 50, averageValue: '1' })] },
      'spec.metrics[0].resource.target.averageValue: Forbidden: may not set both a target raw value and a target utilization',
    ],
    [
      'a window too long',
      { behavior: { scaleUp: { stabilizationWindowSeconds: 3601 } } },
      'spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600',
    ],
  ])('is refused with %s', (_, spec, error) => {
    expect(errorsOf(hpa(spec))).toContain(error);
  });

  it.each<[string, object[], object[], string]>([
    ['unread', [cpu], [], 'cpu: <unknown>/50%'],
    [
      'read',
      [cpu],
      [resource('cpu', {})].map(() => ({
        type: 'Resource',
        resource: { name: 'cpu', current: { averageUtilization: 12, averageValue: '24m' } },
      })),
      'cpu: 12%/50%',
    ],
    ['three', [cpu, memory, external], [], 'cpu: <unknown>/50%, memory: <unknown>/1Gi + 1 more...'],
    ['external', [external], [], '<unknown>/30'],
  ])('prints its metrics as kubectl shows them: %s', (_, metrics, currentMetrics, text) => {
    const object = {
      ...created<HorizontalPodAutoscaler>(hpa({ metrics })),
      status: { currentMetrics, desiredReplicas: 2, currentReplicas: 2 },
    };
    expect(rowOf(object as HorizontalPodAutoscaler)).toMatchObject({
      Reference: 'Deployment/web',
      Targets: text,
      MinPods: '1',
      MaxPods: 5,
      Replicas: 2,
    });
  });
});
