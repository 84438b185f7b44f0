import {
  fieldForbidden,
  fieldInvalid,
  isDns1123Subdomain,
  isIPAddress,
  objectEqual,
  root,
  validateByRule,
  type FieldError,
} from '#apimachinery';
import type { Container, ContainerStatus, Pod, PodSpec, Toleration } from '../../generated/core-v1.ts';
import { describeChanges } from './describe-changes.ts';
import { isSidecar } from './pod-status-text.ts';
import { validateEphemeralContainersUpdate, validateResize } from './validate-pod-subresources.ts';

const SPEC = root.child('spec');
const ALLOWED =
  '`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** Checks what an update may not do to a pod: almost everything, unless it goes by the subresource that is for it. */
export function validatePodUpdate(pod: Pod, old: Pod, subresource = ''): FieldError[] {
  switch (subresource) {
    case 'binding':
      return [];
    case 'ephemeralcontainers':
      return validateEphemeralContainersUpdate(pod, old);
    case 'resize':
      return validateResize(pod, old);
    default:
      return validateSpecUpdate(pod, old);
  }
}

function validateSpecUpdate({ spec }: Pod, { spec: old }: Pod): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['containers', 'initContainers'] as const) {
    if ((spec[field]?.length ?? 0) !== (old[field]?.length ?? 0)) {
      errors.push(fieldForbidden(SPEC.child(field), 'pod updates may not add or remove containers'));
    }
  }
  if (errors.length > 0) return errors;
  validateDeadline(spec, old, errors);
  validateGates(spec, old, errors);
  validateTolerations(spec, old, errors);
  if (errors.length > 0) return errors;
  const comparable = withOldValues(spec, old);
  if (!objectEqual(comparable, old)) {
    errors.push(fieldForbidden(SPEC, `pod updates may not change fields other than ${ALLOWED}\n${describeChanges(old, comparable)}`));
  }
  return errors;
}

function validateDeadline(spec: PodSpec, old: PodSpec, errors: FieldError[]): void {
  const before = old.activeDeadlineSeconds;
  if (before === undefined) return;
  const path = SPEC.child('activeDeadlineSeconds');
  const now = spec.activeDeadlineSeconds;
  if (now === undefined) errors.push(fieldInvalid(path, now, 'must not update from a positive integer to nil value'));
  else if (now > before) errors.push(fieldInvalid(path, now, 'must be less than or equal to previous value'));
}

function validateGates(spec: PodSpec, old: PodSpec, errors: FieldError[]): void {
  const before = new Set((old.schedulingGates ?? []).map(({ name }) => name));
  spec.schedulingGates?.forEach(({ name }, index) => {
    if (before.has(name)) return;
    const path = SPEC.child('schedulingGates').index(index).child('name');
    errors.push(fieldForbidden(path, `only deletion is allowed, but found new scheduling gate '${name}'`));
  });
}

/** Old ones stay, but for their seconds. */
function validateTolerations(spec: PodSpec, old: PodSpec, errors: FieldError[]): void {
  const now = spec.tolerations ?? [];
  for (const before of old.tolerations ?? []) {
    if (now.some((toleration) => sameToleration(toleration, before))) continue;
    errors.push(fieldForbidden(SPEC.child('tolerations'), 'existing toleration can not be modified except its tolerationSeconds'));
    return;
  }
}

function sameToleration(a: Toleration, b: Toleration): boolean {
  return objectEqual({ ...a, tolerationSeconds: undefined }, { ...b, tolerationSeconds: undefined });
}

/** The new spec with the old value of everything that may change: what still differs from the old spec is not allowed. */
function withOldValues(spec: PodSpec, old: PodSpec): PodSpec {
  const comparable: PodSpec = {
    ...spec,
    containers: withOldImages(spec.containers, old.containers),
    initContainers: spec.initContainers && withOldImages(spec.initContainers, old.initContainers ?? []),
    activeDeadlineSeconds: old.activeDeadlineSeconds,
    tolerations: old.tolerations,
    schedulingGates: old.schedulingGates,
  };
  if ((old.terminationGracePeriodSeconds ?? 0) < 0 && spec.terminationGracePeriodSeconds === 1) {
    comparable.terminationGracePeriodSeconds = old.terminationGracePeriodSeconds;
  }
  if (old.schedulingGates?.length) {
    // The scheduler has not looked at the pod yet: its choice of nodes may be narrowed.
    if (narrowsNodeSelector(spec, old)) comparable.nodeSelector = old.nodeSelector;
    if (narrowsNodeAffinity(spec, old)) comparable.affinity = old.affinity;
  }
  return comparable;
}

function withOldImages(containers: readonly Container[], old: readonly Container[]): Container[] {
  return containers.map((container, index) => ({ ...container, image: old[index]?.image }));
}

function narrowsNodeSelector(spec: PodSpec, old: PodSpec): boolean {
  return Object.entries(old.nodeSelector ?? {}).every(([key, value]) => spec.nodeSelector?.[key] === value);
}

function narrowsNodeAffinity(spec: PodSpec, old: PodSpec): boolean {
  const { nodeAffinity: now, ...rest } = spec.affinity ?? {};
  const { nodeAffinity: before, ...oldRest } = old.affinity ?? {};
  if (!objectEqual(rest, oldRest)) return false;
  const required = now?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const oldRequired = before?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (oldRequired === undefined) return true;
  if (required?.length !== oldRequired.length) return false;
  return oldRequired.every((term, index) => {
    const { matchExpressions = [], matchFields = [] } = required[index] ?? {};
    return startsWith(matchExpressions, term.matchExpressions) && startsWith(matchFields, term.matchFields);
  });
}

function startsWith(list: readonly unknown[], beginning: readonly unknown[] = []): boolean {
  return objectEqual(list.slice(0, beginning.length), beginning);
}

/** Checks what a status update may not do: bring back what has ended for good. */
export function validatePodStatusUpdate(pod: Pod, old: Pod): FieldError[] {
  const errors: FieldError[] = [];
  const status = root.child('status');
  const nominated = pod.status.nominatedNodeName;
  if (nominated && nominated !== old.status.nominatedNodeName) {
    errors.push(...validateByRule(nominated, isDns1123Subdomain, status.child('nominatedNodeName')));
  }
  if (pod.spec.restartPolicy !== 'Always') {
    validateEnded(pod, pod.status.containerStatuses, old.status.containerStatuses, 'containerStatuses', errors);
    validateEnded(pod, pod.status.initContainerStatuses, old.status.initContainerStatuses, 'initContainerStatuses', errors);
  }
  pod.status.podIPs?.forEach(({ ip }, index) => errors.push(...validateByRule(ip, isIPAddress, status.child('podIPs').index(index))));
  pod.status.hostIPs?.forEach(({ ip }, index) => errors.push(...validateByRule(ip, isIPAddress, status.child('hostIPs').index(index))));
  return errors;
}

function validateEnded(
  pod: Pod,
  statuses: readonly ContainerStatus[] | undefined,
  old: readonly ContainerStatus[] | undefined,
  field: 'containerStatuses' | 'initContainerStatuses',
  errors: FieldError[],
): void {
  statuses?.forEach((status, index) => {
    const before = old?.find(({ name }) => name === status.name)?.state?.terminated;
    if (before === undefined || status.state?.terminated || mayRestart(pod.spec, status.name, before.exitCode)) return;
    errors.push(fieldForbidden(root.child('status', field).index(index).child('state'), 'may not be transitioned to non-terminated state'));
  });
}

function mayRestart(spec: PodSpec, name: string, exitCode: number): boolean {
  const container = [...spec.containers, ...(spec.initContainers ?? [])].find((candidate) => candidate.name === name);
  if (container === undefined || isSidecar(container) || container.restartPolicyRules?.length) return true;
  const policy = container.restartPolicy ?? spec.restartPolicy;
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}
