import type * as v1 from '../generated/autoscaling-v1.ts';
import type { MetricIdentifier, MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from '../generated/autoscaling-v2.ts';
import type { LabelSelector } from '#apimachinery';

/*
 * Metrics in the shape that autoscaling/v1 keeps in annotations: the target's fields stand in the source itself, and a
 * metric has a name and a selector instead of an identifier.
 */

function withoutUndefined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}

const identifier = (name: string, selector: LabelSelector | undefined): MetricIdentifier => withoutUndefined({ name, selector });

/** The target of a source that had a value or an average. */
function valueTarget(value: string | undefined, averageValue: string | undefined): MetricTarget {
  return averageValue === undefined ? withoutUndefined({ type: 'Value', value }) : { type: 'AverageValue', averageValue };
}

function usageTarget({ targetAverageUtilization, targetAverageValue }: v1.ResourceMetricSource): MetricTarget {
  if (targetAverageUtilization !== undefined) return { type: 'Utilization', averageUtilization: targetAverageUtilization };
  return withoutUndefined({ type: 'AverageValue', averageValue: targetAverageValue });
}

const usageFields = ({ averageUtilization, averageValue }: MetricTarget) =>
  withoutUndefined({ targetAverageUtilization: averageUtilization, targetAverageValue: averageValue });

/** A metric of the annotation in today's shape. */
export function metricFromV1({ type, object, pods, resource, containerResource, external }: v1.MetricSpec): MetricSpec {
  const spec: MetricSpec = { type };
  if (object) {
    const { target, metricName, selector, targetValue, averageValue } = object;
    spec.object = { describedObject: target, metric: identifier(metricName, selector), target: valueTarget(targetValue, averageValue) };
  }
  if (pods)
    spec.pods = {
      metric: identifier(pods.metricName, pods.selector),
      target: { type: 'AverageValue', averageValue: pods.targetAverageValue },
    };
  if (resource) spec.resource = { name: resource.name, target: usageTarget(resource) };
  if (containerResource) {
    const { name, container } = containerResource;
    spec.containerResource = { name, container, target: usageTarget(containerResource) };
  }
  if (external) {
    const { metricName, metricSelector, targetValue, targetAverageValue } = external;
    spec.external = { metric: identifier(metricName, metricSelector), target: valueTarget(targetValue, targetAverageValue) };
  }
  return spec;
}

/** A metric in the shape of the annotation. */
export function metricToV1({ type, object, pods, resource, containerResource, external }: MetricSpec): v1.MetricSpec {
  const spec: v1.MetricSpec = { type };
  if (object) {
    const {
      describedObject: target,
      metric,
      target: { value = '0', averageValue },
    } = object;
    spec.object = withoutUndefined({ target, metricName: metric.name, targetValue: value, selector: metric.selector, averageValue });
  }
  if (pods) {
    const { metric, target } = pods;
    spec.pods = withoutUndefined({ metricName: metric.name, targetAverageValue: target.averageValue ?? '0', selector: metric.selector });
  }
  if (resource) spec.resource = { name: resource.name, ...usageFields(resource.target) };
  if (containerResource) {
    const { name, container, target } = containerResource;
    spec.containerResource = { name, container, ...usageFields(target) };
  }
  if (external) {
    const { metric, target } = external;
    spec.external = withoutUndefined({
      metricName: metric.name,
      metricSelector: metric.selector,
      targetValue: target.value,
      targetAverageValue: target.averageValue,
    });
  }
  return spec;
}

const usage = (current: { currentAverageUtilization?: number; currentAverageValue: string }): MetricValueStatus =>
  withoutUndefined({ averageUtilization: current.currentAverageUtilization, averageValue: current.currentAverageValue });

const currentFields = ({ averageUtilization, averageValue = '0' }: MetricValueStatus) =>
  withoutUndefined({ currentAverageUtilization: averageUtilization, currentAverageValue: averageValue });

/** A metric's state in today's shape. */
export function metricStatusFromV1({ type, object, pods, resource, containerResource, external }: v1.MetricStatus): MetricStatus {
  const status: MetricStatus = { type };
  if (object) {
    const { target, metricName, selector, currentValue, averageValue } = object;
    status.object = {
      describedObject: target,
      metric: identifier(metricName, selector),
      current: withoutUndefined({ value: currentValue, averageValue }),
    };
  }
  if (pods) status.pods = { metric: identifier(pods.metricName, pods.selector), current: { averageValue: pods.currentAverageValue } };
  if (resource) status.resource = { name: resource.name, current: usage(resource) };
  if (containerResource) {
    const { name, container } = containerResource;
    status.containerResource = { name, container, current: usage(containerResource) };
  }
  if (external) {
    const { metricName, metricSelector, currentValue, currentAverageValue } = external;
    status.external = {
      metric: identifier(metricName, metricSelector),
      current: withoutUndefined({ value: currentValue, averageValue: currentAverageValue }),
    };
  }
  return status;
}

/** A metric's state in the shape of the annotation. */
export function metricStatusToV1({ type, object, pods, resource, containerResource, external }: MetricStatus): v1.MetricStatus {
  const status: v1.MetricStatus = { type };
  if (object) {
    const {
      describedObject: target,
      metric,
      current: { value = '0', averageValue },
    } = object;
    status.object = withoutUndefined({ target, metricName: metric.name, currentValue: value, selector: metric.selector, averageValue });
  }
  if (pods) {
    const { metric, current } = pods;
    status.pods = withoutUndefined({
      metricName: metric.name,
      currentAverageValue: current.averageValue ?? '0',
      selector: metric.selector,
    });
  }
  if (resource) status.resource = { name: resource.name, ...currentFields(resource.current) };
  if (containerResource) {
    const { name, container, current } = containerResource;
    status.containerResource = { name, container, ...currentFields(current) };
  }
  if (external) {
    const { metric, current } = external;
    status.external = withoutUndefined({
      metricName: metric.name,
      metricSelector: metric.selector,
      currentValue: current.value ?? '0',
      currentAverageValue: current.averageValue,
    });
  }
  return status;
}
