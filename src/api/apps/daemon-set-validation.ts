import { checkAtMost100Percent, checkIntOrPercent, intOrPercent } from '../checks.ts';
import {
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
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
} from './workload-validation.ts';
import { validatePodTemplateSpec } from '../core/index.ts';
import type { DaemonSet, DaemonSetUpdateStrategy, RollingUpdateDaemonSet } from '../generated/apps-v1.ts';

const specPath = root.child('spec');
const statusPath = root.child('status');

/** What is wrong with a daemon set on its own. */
export function validateDaemonSet({ spec }: DaemonSet): FieldError[] {
  const templatePath = specPath.child('template');
  return [
    ...validateSelectorAndLabels({ spec }),
    ...validatePodTemplateSpec(spec.template, templatePath),
    ...validateEndlessTemplate(spec.template, 'DaemonSet', templatePath),
    ...validateNonNegative(spec.minReadySeconds, specPath.child('minReadySeconds')),
    ...validateStrategy(spec.updateStrategy, specPath.child('updateStrategy')),
    ...validateNonNegative(spec.revisionHistoryLimit, specPath.child('revisionHistoryLimit')),
  ];
}

/** The selector stays as it is. */
export function validateDaemonSetUpdate({ spec }: DaemonSet, old: DaemonSet): FieldError[] {
  return validateImmutable(spec.selector, old.spec.selector, specPath.child('selector'));
}

/** The counters of the status are counters. */
export function validateDaemonSetStatus({ status }: DaemonSet, old: DaemonSet): FieldError[] {
  const counters = [
    'currentNumberScheduled',
    'numberMisscheduled',
    'desiredNumberScheduled',
    'numberReady',
    'observedGeneration',
    'updatedNumberScheduled',
    'numberAvailable',
    'numberUnavailable',
    'collisionCount',
  ] as const;
  return [
    ...validateCounters(status, counters, statusPath),
    ...validateCollisionCount(status.collisionCount, old.status?.collisionCount, statusPath),
  ];
}

/** A daemon set without a selector selects nothing, and so not even its own template's labels. */
function validateSelectorAndLabels({ spec }: Pick<DaemonSet, 'spec'>): FieldError[] {
  const path = specPath.child('selector');
  const templatePath = specPath.child('template');
  if (spec.selector !== undefined) {
    return [...validateTemplateLabels(spec.template, spec.selector, templatePath), ...validateSelector(spec.selector, 'daemonset', path)];
  }
  const labels = spec.template.metadata.labels ?? {};
  return [fieldInvalid(templatePath.child('metadata', 'labels'), labels, '`selector` does not match template `labels`')];
}

function validateStrategy(strategy: DaemonSetUpdateStrategy, path: FieldPath): FieldError[] {
  switch (strategy.type) {
    case 'OnDelete':
      return [];
    case 'RollingUpdate':
      if (strategy.rollingUpdate === undefined) return [fieldRequired(path.child('rollingUpdate'))];
      return validateRollingUpdate(strategy.rollingUpdate, path.child('rollingUpdate'));
    default:
      return [fieldNotSupported(path, strategy, ['RollingUpdate', 'OnDelete'])];
  }
}

function validateRollingUpdate({ maxUnavailable = 0, maxSurge = 0 }: RollingUpdateDaemonSet, path: FieldPath): FieldError[] {
  const unavailablePath = path.child('maxUnavailable');
  const surgePath = path.child('maxSurge');
  const errors = [
    ...checkIntOrPercent(unavailablePath, maxUnavailable),
    ...checkIntOrPercent(surgePath, maxSurge),
    ...checkAtMost100Percent(unavailablePath, maxUnavailable),
    ...checkAtMost100Percent(surgePath, maxSurge),
  ];
  const unavailable = intOrPercent(maxUnavailable) !== 0;
  const surge = intOrPercent(maxSurge) !== 0;
  if (unavailable && surge) errors.push(fieldInvalid(surgePath, maxSurge, 'may not be set when maxUnavailable is non-zero'));
  if (!unavailable && !surge) errors.push(fieldRequired(unavailablePath, 'cannot be 0 when maxSurge is 0'));
  return errors;
}
