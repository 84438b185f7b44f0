import {
  fieldForbidden,
  fieldInvalid,
  fieldRequired,
  isPathSegmentName,
  parseQuantity,
  validateEnum,
  validateLabelSelector,
  validateReferenceName,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import { validateObjectReference } from './object-reference.ts';
import type { MetricIdentifier, MetricSpec, MetricTarget } from '../generated/autoscaling-v2.ts';

const SOURCES = {
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
  ContainerResource: 'containerResource',
  External: 'external',
} as const;
type Source = (typeof SOURCES)[keyof typeof SOURCES];

/** What is wrong with one metric: exactly the source that its type names, and a target that fits. */
export function validateMetric(metric: MetricSpec, path: FieldPath): FieldError[] {
  const type = metric.type ?? '';
  if (type === '') return [fieldRequired(path.child('type'), 'must specify a metric source type')];
  const wrongType = validateEnum(type, ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'], path.child('type'));
  if (wrongType.length > 0) return wrongType;
  const expected = SOURCES[type as keyof typeof SOURCES];
  const errors: FieldError[] = [];
  for (const source of Object.values(SOURCES)) {
    const sourcePath = path.child(source);
    if (source === expected) {
      if (metric[source] === undefined) errors.push(fieldRequired(sourcePath, 'must populate information for the given metric source'));
      else errors.push(...validateSource(metric, source, sourcePath));
    } else if (metric[source] !== undefined) {
      errors.push(fieldForbidden(sourcePath, 'must populate the given metric source only'));
    }
  }
  return errors;
}

function validateSource(metric: MetricSpec, source: Source, path: FieldPath): FieldError[] {
  const targetPath = path.child('target');
  switch (source) {
    case 'object':
      return [
        ...validateObjectReference(metric.object?.describedObject ?? { kind: '', name: '' }, path.child('describedObject')),
        ...validateIdentifier(metric.object?.metric, path.child('metric')),
        ...validateTarget(metric.object?.target, targetPath),
        ...validateValues(metric.object?.target, targetPath, 'must set either a target value or averageValue', ['value', 'averageValue']),
      ];
    case 'external':
      return [
        ...validateIdentifier(metric.external?.metric, path.child('metric')),
        ...validateTarget(metric.external?.target, targetPath),
        ...validateExclusive(metric.external?.target, targetPath),
      ];
    case 'pods':
      return [
        ...validateIdentifier(metric.pods?.metric, path.child('metric')),
        ...validateTarget(metric.pods?.target, targetPath),
        ...validateValues(metric.pods?.target, targetPath, 'must specify a positive target averageValue', ['averageValue']),
      ];
    case 'resource':
      return [...validateName(metric.resource?.name, path), ...validateUsage(metric.resource?.target, targetPath)];
    default:
      return [
        ...validateName(metric.containerResource?.name, path),
        ...(metric.containerResource?.container ? [] : [fieldRequired(path.child('container'), 'must specify a container')]),
        ...validateUsage(metric.containerResource?.target, targetPath),
      ];
  }
}

function validateName(name: string | undefined, path: FieldPath): FieldError[] {
  return name ? [] : [fieldRequired(path.child('name'), 'must specify a resource name')];
}

function validateIdentifier(metric: MetricIdentifier | undefined, path: FieldPath): FieldError[] {
  return [
    ...validateReferenceName(metric?.name, isPathSegmentName, path.child('name')),
    ...validateLabelSelector(metric?.selector, path.child('selector')),
  ];
}

function validateTarget(target: MetricTarget | undefined, path: FieldPath): FieldError[] {
  if (!target?.type) return [fieldRequired(path.child('type'), 'must specify a metric target type')];
  const errors: FieldError[] = [];
  if (!['Utilization', 'Value', 'AverageValue'].includes(target.type)) {
    errors.push(fieldInvalid(path.child('type'), target.type, 'must be either Utilization, Value, or AverageValue'));
  }
  for (const field of ['value', 'averageValue'] as const) {
    const value = target[field];
    if (value !== undefined && parseQuantity(value).sign() <= 0) errors.push(fieldInvalid(path.child(field), value, 'must be positive'));
  }
  const { averageUtilization } = target;
  if (averageUtilization !== undefined && averageUtilization < 1) {
    errors.push(fieldInvalid(path.child('averageUtilization'), averageUtilization, 'must be greater than 0'));
  }
  return errors;
}

function validateValues(
  target: MetricTarget | undefined,
  path: FieldPath,
  detail: string,
  fields: readonly ('value' | 'averageValue')[],
): FieldError[] {
  if (fields.some((field) => target?.[field] !== undefined)) return [];
  return [fieldRequired(path.child('averageValue'), detail)];
}

function validateExclusive(target: MetricTarget | undefined, path: FieldPath): FieldError[] {
  const both = target?.value !== undefined && target.averageValue !== undefined;
  if (both) return [fieldForbidden(path.child('value'), 'may not set both a target value for metric and a per-pod target')];
  return validateValues(target, path, 'must set either a target value for metric or a per-pod target', ['value', 'averageValue']);
}

function validateUsage(target: MetricTarget | undefined, path: FieldPath): FieldError[] {
  const errors = validateTarget(target, path);
  const utilization = target?.averageUtilization !== undefined;
  const value = target?.averageValue !== undefined;
  if (!utilization && !value) {
    errors.push(fieldRequired(path.child('averageUtilization'), 'must set either a target raw value or a target utilization'));
  }
  if (utilization && value) {
    errors.push(fieldForbidden(path.child('averageValue'), 'may not set both a target raw value and a target utilization'));
  }
  return errors;
}
