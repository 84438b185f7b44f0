import { convertTo, withAnnotations } from '../conversion.ts';
import { metricFromV1, metricStatusFromV1, metricStatusToV1, metricToV1 } from './conversion-metrics.ts';
import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerStatus, MetricSpec, MetricStatus } from '../generated/autoscaling-v2.ts';
import type * as v1 from '../generated/autoscaling-v1.ts';
import type * as v2beta1 from '../generated/autoscaling-v2beta1.ts';
import type { KubeObject } from '#apimachinery';
import type { ServedVersion } from '../kind-definition.ts';

/** Where autoscaling/v1, which knows of one metric only, keeps the rest. */
const ANNOTATIONS = {
  metrics: 'autoscaling.alpha.kubernetes.io/metrics',
  currentMetrics: 'autoscaling.alpha.kubernetes.io/current-metrics',
  conditions: 'autoscaling.alpha.kubernetes.io/conditions',
  behavior: 'autoscaling.alpha.kubernetes.io/behavior',
} as const;
const NO_ANNOTATIONS = Object.fromEntries(Object.values(ANNOTATIONS).map((key) => [key, undefined]));

const isCpuUtilization = ({ type, resource }: MetricSpec): boolean =>
  type === 'Resource' && resource?.name === 'cpu' && resource.target.averageUtilization !== undefined;
const isCpuStatus = ({ type, resource }: MetricStatus): boolean =>
  type === 'Resource' && resource?.name === 'cpu' && resource.current.averageUtilization !== undefined;

/** An annotation's JSON; one that is broken counts as absent. */
function parse(object: KubeObject, annotation: string): unknown {
  const text = object.metadata.annotations?.[annotation];
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function fromV1(object: KubeObject): HorizontalPodAutoscaler {
  const { targetCPUUtilizationPercentage: target, ...spec } = (object as v1.HorizontalPodAutoscaler).spec ?? {};
  const { currentCPUUtilizationPercentage: current, ...status } = (object as v1.HorizontalPodAutoscaler).status ?? {};
  const metrics = ((parse(object, ANNOTATIONS.metrics) ?? []) as v1.MetricSpec[]).map(metricFromV1);
  if (target !== undefined) {
    metrics.unshift({ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: target } } });
  }
  const behavior = parse(object, ANNOTATIONS.behavior) as HorizontalPodAutoscaler['spec']['behavior'];
  const conditions = parse(object, ANNOTATIONS.conditions) as HorizontalPodAutoscaler['status']['conditions'];
  const currentMetrics = ((parse(object, ANNOTATIONS.currentMetrics) ?? []) as v1.MetricStatus[]).map(metricStatusFromV1);
  if (current !== undefined && !currentMetrics.some(isCpuStatus)) {
    currentMetrics.unshift({ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: current } } });
  }
  const converted = convertTo<HorizontalPodAutoscaler>('autoscaling/v2', object, {
    spec: { ...spec, ...(metrics.length > 0 && { metrics }), ...(behavior && { behavior }) },
    status: { ...status, currentMetrics, ...(conditions && { conditions }) },
  });
  return withAnnotations(converted, NO_ANNOTATIONS);
}

const json = (list: readonly unknown[]): string | undefined => (list.length === 0 ? undefined : JSON.stringify(list));

function toV1(object: HorizontalPodAutoscaler): KubeObject {
  const { metrics = [], behavior, ...spec } = object.spec;
  const oldStatus: Partial<HorizontalPodAutoscalerStatus> = object.status ?? {};
  const { currentMetrics = [], conditions = [], ...rest } = oldStatus;
  const cpu = metrics.find(isCpuUtilization);
  const target = cpu?.resource?.target.averageUtilization;
  const current = currentMetrics.find(isCpuStatus)?.resource?.current.averageUtilization;
  const converted = convertTo<v1.HorizontalPodAutoscaler>('autoscaling/v1', object, {
    spec: { ...spec, ...(target !== undefined && { targetCPUUtilizationPercentage: target }) },
    status: {
      ...rest,
      currentReplicas: rest.currentReplicas ?? 0,
      desiredReplicas: rest.desiredReplicas ?? 0,
      ...(current !== undefined && { currentCPUUtilizationPercentage: current }),
    },
  });
  return withAnnotations(converted, {
    [ANNOTATIONS.metrics]: json(metrics.filter((metric) => metric !== cpu).map(metricToV1)),
    [ANNOTATIONS.currentMetrics]: json(currentMetrics.map(metricStatusToV1)),
    [ANNOTATIONS.conditions]: json(conditions),
    [ANNOTATIONS.behavior]: behavior === undefined ? undefined : JSON.stringify(behavior),
  });
}

/** In v2beta1 metrics have the shape of the annotation, and there is no behaviour. */
function fromV2beta1(object: KubeObject): HorizontalPodAutoscaler {
  const { metrics, ...spec } = (object as v2beta1.HorizontalPodAutoscaler).spec;
  const oldStatus: Partial<v2beta1.HorizontalPodAutoscalerStatus> = (object as v2beta1.HorizontalPodAutoscaler).status ?? {};
  const { currentMetrics = [], ...status } = oldStatus;
  const behavior = parse(object, ANNOTATIONS.behavior) as HorizontalPodAutoscaler['spec']['behavior'];
  const converted = convertTo<HorizontalPodAutoscaler>('autoscaling/v2', object, {
    spec: { ...spec, ...(metrics && { metrics: metrics.map(metricFromV1) }), ...(behavior && { behavior }) },
    status: { desiredReplicas: 0, ...status, currentMetrics: currentMetrics.map(metricStatusFromV1) },
  });
  return withAnnotations(converted, { [ANNOTATIONS.behavior]: undefined });
}

function toV2beta1(object: HorizontalPodAutoscaler): KubeObject {
  const { metrics, behavior, ...spec } = object.spec;
  const newStatus: Partial<HorizontalPodAutoscalerStatus> = object.status ?? {};
  const { currentMetrics = [], currentReplicas = 0, desiredReplicas = 0, ...status } = newStatus;
  const converted = convertTo<v2beta1.HorizontalPodAutoscaler>('autoscaling/v2beta1', object, {
    spec: { ...spec, ...(metrics && { metrics: metrics.map(metricToV1) }) },
    status: { ...status, currentReplicas, desiredReplicas, currentMetrics: currentMetrics.map(metricStatusToV1) },
  });
  return withAnnotations(converted, { [ANNOTATIONS.behavior]: behavior === undefined ? undefined : JSON.stringify(behavior) });
}

/** The other versions of a HorizontalPodAutoscaler; v1 is as stable as v2, but knows of CPU only. */
export const horizontalPodAutoscalerVersions: readonly ServedVersion<HorizontalPodAutoscaler>[] = [
  { version: 'v1', toStorage: fromV1, fromStorage: toV1 },
  {
    version: 'v2beta2',
    deprecated: { since: 'v1.23', removedIn: 'v1.26', use: 'autoscaling/v2 HorizontalPodAutoscaler' },
  },
  {
    version: 'v2beta1',
    deprecated: { since: 'v1.22', removedIn: 'v1.25', use: 'autoscaling/v2 HorizontalPodAutoscaler' },
    toStorage: fromV2beta1,
    fromStorage: toV2beta1,
  },
];
