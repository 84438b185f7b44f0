import { checkAtMost100Percent, checkIntOrPercent, intOrPercent } from '../checks.ts';
import {
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  root,
  validateImmutable,
  validateNonNegative,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import {
  validateCollisionCount,
  validateCounters,
  validateEndlessTemplate,
  validateSelector,
  validateTemplateLabels,
  validateUpTo,
} from './workload-validation.ts';
import { validatePodTemplateSpec } from '../core/index.ts';
import type { Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment } from '../generated/apps-v1.ts';

const specPath = root.child('spec');
const statusPath = root.child('status');

/** What is wrong with a deployment on its own. */
export function validateDeployment({ spec }: Deployment): FieldError[] {
  const templatePath = specPath.child('template');
  return [
    ...validateNonNegative(spec.replicas, specPath.child('replicas')),
    ...validateSelector(spec.selector, 'deployment', specPath.child('selector')),
    ...validateTemplateLabels(spec.template, spec.selector, templatePath),
    ...validatePodTemplateSpec(spec.template, templatePath),
    ...validateEndlessTemplate(spec.template, 'ReplicaSet', templatePath),
    ...validateStrategy(spec.strategy, specPath.child('strategy')),
    ...validateNonNegative(spec.minReadySeconds, specPath.child('minReadySeconds')),
    ...validateNonNegative(spec.revisionHistoryLimit, specPath.child('revisionHistoryLimit')),
    ...validateProgressDeadline(spec, specPath.child('progressDeadlineSeconds')),
  ];
}

/** The selector stays as it is. */
export function validateDeploymentUpdate({ spec }: Deployment, old: Deployment): FieldError[] {
  return validateImmutable(spec.selector, old.spec.selector, specPath.child('selector'));
}

/** The counters of the status fit together. */
export function validateDeploymentStatus({ status }: Deployment, old: Deployment): FieldError[] {
  const counters = ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas', 'unavailableReplicas', 'collisionCount'] as const;
  const parts = ['updatedReplicas', 'readyReplicas', 'availableReplicas'] as const;
  return [
    ...validateCounters(status, ['observedGeneration', ...counters], statusPath),
    ...validateUpTo(status, parts, status.replicas, 'status.replicas', statusPath),
    ...validateUpTo(status, ['availableReplicas'], status.readyReplicas, 'readyReplicas', statusPath),
    ...validateCollisionCount(status.collisionCount, old.status?.collisionCount, statusPath),
  ];
}

function validateProgressDeadline({ progressDeadlineSeconds, minReadySeconds = 0 }: DeploymentSpec, path: FieldPath): FieldError[] {
  if (progressDeadlineSeconds === undefined) return [];
  const errors = validateNonNegative(progressDeadlineSeconds, path);
  if (progressDeadlineSeconds <= minReadySeconds) {
    errors.push(fieldInvalid(path, progressDeadlineSeconds, 'must be greater than minReadySeconds'));
  }
  return errors;
}

function validateStrategy(strategy: DeploymentStrategy, path: FieldPath): FieldError[] {
  switch (strategy.type) {
    case 'Recreate':
      if (strategy.rollingUpdate === undefined) return [];
      return [fieldForbidden(path.child('rollingUpdate'), "may not be specified when strategy `type` is 'Recreate'")];
    case 'RollingUpdate':
      return validateRollingUpdate(strategy.rollingUpdate ?? {}, path.child('rollingUpdate'));
    default:
      return [fieldNotSupported(path, strategy, ['Recreate', 'RollingUpdate'])];
  }
}

function validateRollingUpdate({ maxUnavailable = 0, maxSurge = 0 }: RollingUpdateDeployment, path: FieldPath): FieldError[] {
  const unavailablePath = path.child('maxUnavailable');
  const errors = [...checkIntOrPercent(unavailablePath, maxUnavailable), ...checkIntOrPercent(path.child('maxSurge'), maxSurge)];
  if (intOrPercent(maxUnavailable) === 0 && intOrPercent(maxSurge) === 0) {
    errors.push(fieldInvalid(unavailablePath, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  }
  errors.push(...checkAtMost100Percent(unavailablePath, maxUnavailable));
  return errors;
}
