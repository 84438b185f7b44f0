import {
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  isQualifiedName,
  root,
  validateAnnotations,
  validateByRule,
  validateEnum,
  validateLabels,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import type { PodSpec, PodTemplateSpec } from '../../generated/core-v1.ts';
import { validateContainers } from './validate-containers.ts';
import { validateHostNetworkPorts, validatePodNetwork } from './validate-pod-network.ts';
import { validatePodReferences } from './validate-pod-references.ts';
import { validateLinux, validateWindows } from './validate-os.ts';
import { validatePodResources, validateResourceAmounts } from './validate-resources.ts';
import { validateScheduling } from './validate-scheduling.ts';
import { validatePodSecurity } from './validate-security.ts';
import { validateVolumes } from './validate-volumes.ts';

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const PREEMPTION_POLICIES = ['PreemptLowerPriority', 'Never'];
const MAX_DEADLINE = 2147483647;

/** Checks the template of a workload. `path`: where it stands, usually `spec.template`. */
export function validatePodTemplateSpec(template: PodTemplateSpec, path: FieldPath = root.child('template')): FieldError[] {
  const metadata = path.child('metadata');
  const errors = validateLabels(template.metadata?.labels, metadata.child('labels'));
  errors.push(...validateAnnotations(template.metadata?.annotations, metadata.child('annotations')));
  validatePodSpec(template.spec, path.child('spec'), errors);
  validateHostNetworkPorts(template.spec, true, path.child('spec'), errors);
  if (template.spec.ephemeralContainers?.length) {
    errors.push(fieldForbidden(path.child('spec', 'ephemeralContainers'), 'ephemeral containers not allowed in pod template'));
  }
  return errors;
}

/** Checks what pods and pod templates have in common. */
export function validatePodSpec(spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  validateVolumes(spec, path.child('volumes'), errors);
  validateContainers(spec, path, errors);
  errors.push(...validateEnum(spec.restartPolicy, RESTART_POLICIES, path.child('restartPolicy')));
  validateTimes(spec, path, errors);
  validatePodNetwork(spec, path, errors);
  validateScheduling(spec, path, errors);
  validatePodSecurity(spec, path, errors);
  validatePodReferences(spec, path, errors);
  validatePodResources(spec, path.child('resources'), errors);
  if (spec.overhead) validateResourceAmounts(spec.overhead, path.child('overhead'), errors);
  spec.readinessGates?.forEach(({ conditionType }, index) => {
    const at = path.child('readinessGates').index(index).child('conditionType');
    errors.push(...validateByRule(conditionType ?? '', isQualifiedName, at));
  });
  if (spec.preemptionPolicy !== undefined && !PREEMPTION_POLICIES.includes(spec.preemptionPolicy)) {
    errors.push(fieldNotSupported(path.child('preemptionPolicy'), spec.preemptionPolicy, PREEMPTION_POLICIES));
  }
  if (spec.os) validateOs(spec, path, errors);
}

function validateTimes(spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  if (spec.terminationGracePeriodSeconds === undefined) errors.push(fieldRequired(path.child('terminationGracePeriodSeconds')));
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined && !(deadline >= 1 && deadline <= MAX_DEADLINE)) {
    errors.push(fieldInvalid(path.child('activeDeadlineSeconds'), deadline, `must be between 1 and ${MAX_DEADLINE}, inclusive`));
  }
}

function validateOs(spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  const name = spec.os?.name;
  const at = path.child('os', 'name');
  if (!name) errors.push(fieldRequired(at));
  else if (name !== 'linux' && name !== 'windows') errors.push(fieldNotSupported(at, name, ['linux', 'windows']));
  if (name === 'linux') validateLinux(spec, path, errors);
  if (name === 'windows') validateWindows(spec, path, errors);
}
