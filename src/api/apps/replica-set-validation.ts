import { root, validateImmutable, validateNonNegative, type FieldError } from '#apimachinery';
import {
  validateCounters,
  validateEndlessTemplate,
  validateSelector,
  validateTemplateLabels,
  validateUpTo,
} from './workload-validation.ts';
import { validatePodTemplateSpec } from '../core/index.ts';
import type { ReplicaSet } from '../generated/apps-v1.ts';

const specPath = root.child('spec');
const statusPath = root.child('status');

/** What is wrong with a replica set on its own. */
export function validateReplicaSet({ spec }: ReplicaSet): FieldError[] {
  const templatePath = specPath.child('template');
  return [
    ...validateNonNegative(spec.replicas, specPath.child('replicas')),
    ...validateNonNegative(spec.minReadySeconds, specPath.child('minReadySeconds')),
    ...validateSelector(spec.selector, 'deployment', specPath.child('selector')),
    ...validateTemplateLabels(spec.template, spec.selector, templatePath),
    ...validatePodTemplateSpec(spec.template, templatePath),
    ...validateEndlessTemplate(spec.template, 'ReplicaSet', templatePath),
  ];
}

/** The selector stays as it is. */
export function validateReplicaSetUpdate({ spec }: ReplicaSet, old: ReplicaSet): FieldError[] {
  return validateImmutable(spec.selector, old.spec.selector, specPath.child('selector'));
}

/** The counters of the status fit together. */
export function validateReplicaSetStatus({ status }: ReplicaSet): FieldError[] {
  const parts = ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const;
  return [
    ...validateCounters(status, ['replicas', ...parts, 'observedGeneration'], statusPath),
    ...validateUpTo(status, parts, status.replicas, 'status.replicas', statusPath),
    ...validateUpTo(status, ['availableReplicas'], status.readyReplicas, 'readyReplicas', statusPath),
  ];
}
