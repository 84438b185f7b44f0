import {
  fieldInvalid,
  fieldRequired,
  root,
  validateEnum,
  validateNonNegative,
  validatePositive,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import { validateMetric } from './metric-validation.ts';
import { validateObjectReference } from './object-reference.ts';
import type { HorizontalPodAutoscaler, HPAScalingPolicy, HPAScalingRules } from '../generated/autoscaling-v2.ts';

const specPath = root.child('spec');
const statusPath = root.child('status');
const MAX_PERIOD_SECONDS = 1800;
const MAX_STABILIZATION_SECONDS = 3600;

/** What is wrong with an autoscaler on its own. */
export function validateHorizontalPodAutoscaler({ spec }: HorizontalPodAutoscaler): FieldError[] {
  const { minReplicas, maxReplicas, metrics = [], behavior, scaleTargetRef } = spec;
  const errors: FieldError[] = [];
  const maxPath = specPath.child('maxReplicas');
  if (minReplicas !== undefined && minReplicas < 1) {
    errors.push(fieldInvalid(specPath.child('minReplicas'), minReplicas, 'must be greater than or equal to 1'));
  }
  if (maxReplicas < 1) errors.push(fieldInvalid(maxPath, maxReplicas, 'must be greater than 0'));
  if (minReplicas !== undefined && maxReplicas < minReplicas) {
    errors.push(fieldInvalid(maxPath, maxReplicas, 'must be greater than or equal to `minReplicas`'));
  }
  errors.push(...validateObjectReference(scaleTargetRef, specPath.child('scaleTargetRef')));
  errors.push(...metrics.flatMap((metric, i) => validateMetric(metric, specPath.child('metrics').index(i))));
  const behaviorPath = specPath.child('behavior');
  if (behavior?.scaleUp) errors.push(...validateRules(behavior.scaleUp, behaviorPath.child('scaleUp')));
  if (behavior?.scaleDown) errors.push(...validateRules(behavior.scaleDown, behaviorPath.child('scaleDown')));
  return errors;
}

/** The counters of the status are counters. */
export function validateHorizontalPodAutoscalerStatus({ status }: HorizontalPodAutoscaler): FieldError[] {
  return [
    ...validateNonNegative(status.currentReplicas, statusPath.child('currentReplicas')),
    ...validateNonNegative(status.desiredReplicas, statusPath.child('desiredReplicas')),
  ];
}

function validateRules(rules: HPAScalingRules, path: FieldPath): FieldError[] {
  const { stabilizationWindowSeconds: window, selectPolicy, policies = [] } = rules;
  const errors = validateNonNegative(window, path.child('stabilizationWindowSeconds'));
  if (window !== undefined && window > MAX_STABILIZATION_SECONDS) {
    errors.push(
      fieldInvalid(path.child('stabilizationWindowSeconds'), window, `must be less than or equal to ${MAX_STABILIZATION_SECONDS}`),
    );
  }
  if (selectPolicy !== undefined) errors.push(...validateEnum(selectPolicy, ['Disabled', 'Max', 'Min'], path.child('selectPolicy')));
  const policiesPath = path.child('policies');
  if (policies.length === 0) errors.push(fieldRequired(policiesPath, 'must specify at least one Policy'));
  return [...errors, ...policies.flatMap((policy, i) => validatePolicy(policy, policiesPath.index(i)))];
}

function validatePolicy({ type, value, periodSeconds }: HPAScalingPolicy, path: FieldPath): FieldError[] {
  const errors = validateEnum(type, ['Percent', 'Pods'], path.child('type'));
  errors.push(...validatePositive(value ?? 0, path.child('value')));
  errors.push(...validatePositive(periodSeconds ?? 0, path.child('periodSeconds')));
  if (periodSeconds > MAX_PERIOD_SECONDS) {
    errors.push(fieldInvalid(path.child('periodSeconds'), periodSeconds, `must be less than or equal to ${MAX_PERIOD_SECONDS}`));
  }
  return errors;
}
