import {
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  root,
  validateLabels,
  validateNonNegative,
  type FieldError,
} from '#apimachinery';
import type { ReplicationController } from '../generated/core-v1.ts';
import { validatePodTemplateSpec } from './pod/validation.ts';

const SPEC = root.child('spec');
const STATUS = root.child('status');
const TEMPLATE = SPEC.child('template');

/** Checks selector and template, and that they belong together. */
export function validateReplicationController({ spec }: ReplicationController): FieldError[] {
  const { selector = {}, template } = spec;
  const errors = [
    ...validateNonNegative(spec.minReadySeconds, SPEC.child('minReadySeconds')),
    ...validateNonNegative(spec.replicas, SPEC.child('replicas')),
    ...validateLabels(selector, SPEC.child('selector')),
  ];
  if (Object.keys(selector).length === 0) errors.push(fieldRequired(SPEC.child('selector')));
  if (!template) return [...errors, fieldRequired(TEMPLATE)];
  const labels = template.metadata.labels ?? {};
  if (Object.entries(selector).some(([key, value]) => labels[key] !== value)) {
    errors.push(fieldInvalid(TEMPLATE.child('metadata', 'labels'), labels, '`selector` does not match template `labels`'));
  }
  errors.push(...validatePodTemplateSpec(template, TEMPLATE));
  if (template.spec.restartPolicy !== 'Always') {
    errors.push(fieldNotSupported(TEMPLATE.child('spec', 'restartPolicy'), template.spec.restartPolicy, ['Always']));
  }
  if (template.spec.activeDeadlineSeconds !== undefined) {
    const text = 'activeDeadlineSeconds in ReplicationController is not Supported';
    errors.push(fieldForbidden(TEMPLATE.child('spec', 'activeDeadlineSeconds'), text));
  }
  return errors;
}

const COUNTS = ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const;

/** Checks that the counts are possible. */
export function validateReplicationControllerStatus({ status }: ReplicationController): FieldError[] {
  const errors = COUNTS.flatMap((field) => validateNonNegative(status[field], STATUS.child(field)));
  errors.push(...validateNonNegative(status.observedGeneration, STATUS.child('observedGeneration')));
  for (const field of COUNTS) {
    const count = status[field] ?? 0;
    if (count > status.replicas) errors.push(fieldInvalid(STATUS.child(field), count, 'cannot be greater than status.replicas'));
  }
  const { availableReplicas = 0, readyReplicas = 0 } = status;
  if (availableReplicas > readyReplicas) {
    errors.push(fieldInvalid(STATUS.child('availableReplicas'), availableReplicas, 'cannot be greater than readyReplicas'));
  }
  return errors;
}
