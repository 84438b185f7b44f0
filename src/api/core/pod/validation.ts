import { fieldForbidden, root, type FieldError } from '#apimachinery';
import type { Pod, PodSpec, PodTemplate } from '../../generated/core-v1.ts';
import { validateImages } from './validate-containers.ts';
import { validateHostNetworkPorts } from './validate-pod-network.ts';
import { validatePodSpec, validatePodTemplateSpec } from './validate-pod-spec.ts';

export { validatePodTemplateSpec } from './validate-pod-spec.ts';
export { validatePodStatusUpdate, validatePodUpdate } from './validate-pod-update.ts';

const SPEC = root.child('spec');

/** Checks a pod by itself. */
export function validatePod(pod: Pod): FieldError[] {
  const errors: FieldError[] = [];
  validatePodSpec(pod.spec, SPEC, errors);
  validateHostNetworkPorts(pod.spec, false, SPEC, errors);
  validateImages(pod.spec, SPEC, errors);
  if (!pod.spec.serviceAccountName) validateNoTokens(pod.spec, errors);
  return errors;
}

/** Without a service account there is nobody that a token could be for. */
function validateNoTokens({ volumes = [] }: PodSpec, errors: FieldError[]): void {
  volumes.forEach(({ projected }, index) => {
    projected?.sources?.forEach(({ serviceAccountToken }, source) => {
      if (serviceAccountToken === undefined) return;
      const path = SPEC.child('volumes').index(index).child('projected', 'sources').index(source).child('serviceAccountToken');
      errors.push(fieldForbidden(path, 'must not be specified when serviceAccountName is not set'));
    });
  });
}

/** Checks what only a new pod has to obey. */
export function validatePodCreate({ spec }: Pod): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.ephemeralContainers?.length) errors.push(fieldForbidden(SPEC.child('ephemeralContainers'), 'cannot be set on create'));
  if (spec.schedulingGates?.length && spec.nodeName) {
    errors.push(fieldForbidden(SPEC.child('nodeName'), 'cannot be set until all schedulingGates have been cleared'));
  }
  return errors;
}

/** Checks an object of kind PodTemplate. */
export function validatePodTemplate({ template }: PodTemplate): FieldError[] {
  return validatePodTemplateSpec(template, root.child('template'));
}
