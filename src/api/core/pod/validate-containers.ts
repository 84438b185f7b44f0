import {
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldNotFound,
  fieldNotSupported,
  fieldRequired,
  isDns1123Label,
  isIPAddress,
  isPortName,
  isPortNumber,
  validateByRule,
  validateEnum,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import type { Container, ContainerPort, EphemeralContainer, PodSpec } from '../../generated/core-v1.ts';
import { PROTOCOLS } from '../ports-validation.ts';
import { isSidecar } from './pod-status-text.ts';
import { validateEnvironment } from './validate-env.ts';
import { validateMounts } from './validate-mounts.ts';
import { validateLifecycle, validateProbes } from './validate-probes.ts';
import { validateContainerResources } from './validate-resources.ts';
import { validateRestartRules } from './validate-restart-rules.ts';
import { validateContainerSecurity } from './validate-security.ts';

const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
const MESSAGE_POLICIES = ['File', 'FallbackToLogsOnError'];
const RESIZE_RESOURCES = ['cpu', 'memory'];
const RESIZE_POLICIES = ['NotRequired', 'RestartContainer'];

/** Checks all containers of a pod, of all three sorts. */
export function validateContainers(spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  const names = new Set<string>();
  validateMainContainers(spec, names, path.child('containers'), errors);
  if (spec.initContainers?.length) validateInitContainers(spec, names, path.child('initContainers'), errors);
  if (spec.ephemeralContainers?.length) validateEphemeralContainers(spec, names, path.child('ephemeralContainers'), errors);
}

function validateMainContainers(spec: PodSpec, names: Set<string>, path: FieldPath, errors: FieldError[]): void {
  const containers = spec.containers ?? [];
  if (containers.length === 0) errors.push(fieldRequired(path));
  containers.forEach((container, index) => {
    const at = path.index(index);
    validateContainer(container, spec, names, at, errors);
    validateLifecycle(container, spec.terminationGracePeriodSeconds, at.child('lifecycle'), errors);
    validateProbes(container, at, errors);
    validateRestartRules(container, at, errors);
  });
  const hostPorts = new Set<string>();
  containers.forEach((container, index) => validateHostPorts(container, hostPorts, path.index(index), errors));
}

function validateInitContainers(spec: PodSpec, names: Set<string>, path: FieldPath, errors: FieldError[]): void {
  spec.initContainers?.forEach((container, index) => {
    const at = path.index(index);
    validateContainer(container, spec, names, at, errors);
    validateHostPorts(container, new Set(), at, errors);
    validateRestartRules(container, at, errors);
    if (isSidecar(container)) {
      validateLifecycle(container, spec.terminationGracePeriodSeconds, at.child('lifecycle'), errors);
      validateProbes(container, at, errors);
      return;
    }
    for (const field of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
      if (container[field] !== undefined) {
        errors.push(fieldForbidden(at.child(field), 'may not be set for init containers without restartPolicy=Always'));
      }
    }
  });
}

/** Fields that make no sense for a container that is added to debug a running pod. */
const FORBIDDEN_IN_EPHEMERAL = [
  'ports',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
] as const;

function validateEphemeralContainers(spec: PodSpec, names: Set<string>, path: FieldPath, errors: FieldError[]): void {
  spec.ephemeralContainers?.forEach((container, index) => {
    const at = path.index(index);
    const target = container.targetContainerName;
    validateContainer(container, spec, names, at, errors);
    if (target && ![...spec.containers, ...(spec.initContainers ?? [])].some(({ name }) => name === target)) {
      errors.push(fieldNotFound(at.child('targetContainerName'), target));
    }
    for (const field of FORBIDDEN_IN_EPHEMERAL) {
      if (container[field] !== undefined) errors.push(fieldForbidden(at.child(field), 'cannot be set for an Ephemeral Container'));
    }
    if (container.resources?.limits || container.resources?.requests || container.resources?.claims) {
      errors.push(fieldForbidden(at.child('resources'), 'cannot be set for an Ephemeral Container'));
    }
    container.volumeMounts?.forEach(({ subPath, subPathExpr }, mountIndex) => {
      const mount = at.child('volumeMounts').index(mountIndex);
      if (subPath) errors.push(fieldForbidden(mount.child('subPath'), 'cannot be set for an Ephemeral Container'));
      if (subPathExpr) errors.push(fieldForbidden(mount.child('subPathExpr'), 'cannot be set for an Ephemeral Container'));
    });
  });
}

/** What holds for containers of every sort. */
function validateContainer(
  container: Container | EphemeralContainer,
  spec: PodSpec,
  names: Set<string>,
  path: FieldPath,
  errors: FieldError[],
): void {
  const { name } = container;
  if (!name) errors.push(fieldRequired(path.child('name')));
  else for (const text of isDns1123Label(name)) errors.push(fieldInvalid(path.child('name'), name, text));
  if (!container.image) errors.push(fieldRequired(path.child('image')));
  if (!MESSAGE_POLICIES.includes(container.terminationMessagePolicy ?? '')) {
    errors.push(...validateEnum(container.terminationMessagePolicy, MESSAGE_POLICIES, path.child('terminationMessagePolicy')));
  }
  if (container.ports) validatePorts(container.ports, path.child('ports'), errors);
  validateEnvironment(container, path, errors);
  validateMounts(container, spec, path, errors);
  if (!PULL_POLICIES.includes(container.imagePullPolicy ?? '')) {
    errors.push(...validateEnum(container.imagePullPolicy, PULL_POLICIES, path.child('imagePullPolicy')));
  }
  validateContainerResources(container, spec, path.child('resources'), errors);
  if (container.resizePolicy) validateResizePolicy(container, spec, path.child('resizePolicy'), errors);
  if (container.securityContext) validateContainerSecurity(container.securityContext, spec, path.child('securityContext'), errors);
  if (names.has(name)) errors.push(fieldDuplicate(path.child('name'), name));
  names.add(name);
}

/** A template's image may still be a placeholder; a pod's is pulled as it stands. */
export function validateImages(spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  for (const field of ['containers', 'initContainers', 'ephemeralContainers'] as const) {
    spec[field]?.forEach(({ image = '' }, index) => {
      if (image.trim().length === image.length) return;
      errors.push(fieldInvalid(path.child(field).index(index).child('image'), image, 'must not have leading or trailing whitespace'));
    });
  }
}

function validatePorts(ports: readonly ContainerPort[], path: FieldPath, errors: FieldError[]): void {
  const names = new Set<string>();
  ports.forEach((port, index) => {
    const at = path.index(index);
    const { name, containerPort, hostPort, hostIP } = port;
    if (name) {
      errors.push(...validateByRule(name, isPortName, at.child('name')));
      if (names.has(name)) errors.push(fieldDuplicate(at.child('name'), name));
      names.add(name);
    }
    if (!containerPort) errors.push(fieldRequired(at.child('containerPort')));
    else for (const text of isPortNumber(containerPort)) errors.push(fieldInvalid(at.child('containerPort'), containerPort, text));
    if (hostPort) for (const text of isPortNumber(hostPort)) errors.push(fieldInvalid(at.child('hostPort'), hostPort, text));
    if (hostIP) errors.push(...validateByRule(hostIP, isIPAddress, at.child('hostIP')));
    if (!PROTOCOLS.includes(port.protocol ?? '')) errors.push(...validateEnum(port.protocol, PROTOCOLS, at.child('protocol')));
  });
}

/** A port of the host goes to one container only. */
function validateHostPorts({ ports }: Container, taken: Set<string>, path: FieldPath, errors: FieldError[]): void {
  ports?.forEach(({ hostPort, hostIP, protocol }, index) => {
    if (!hostPort) return;
    const key = `${protocol}/${hostIP ?? ''}/${hostPort}`;
    if (taken.has(key)) errors.push(fieldDuplicate(path.child('ports').index(index).child('hostPort'), key));
    taken.add(key);
  });
}

function validateResizePolicy(
  { resizePolicy }: Container | EphemeralContainer,
  spec: PodSpec,
  path: FieldPath,
  errors: FieldError[],
): void {
  const seen = new Set<string>();
  resizePolicy?.forEach(({ resourceName, restartPolicy }, index) => {
    if (seen.has(resourceName)) errors.push(fieldDuplicate(path.index(index), resourceName));
    seen.add(resourceName);
    if (!resourceName) errors.push(fieldRequired(path));
    else if (!RESIZE_RESOURCES.includes(resourceName)) errors.push(fieldNotSupported(path, resourceName, RESIZE_RESOURCES));
    if (!restartPolicy) errors.push(fieldRequired(path));
    else if (!RESIZE_POLICIES.includes(restartPolicy)) errors.push(fieldNotSupported(path, restartPolicy, RESIZE_POLICIES));
    if (spec.restartPolicy === 'Never' && restartPolicy === 'RestartContainer') {
      errors.push(fieldInvalid(path, restartPolicy, "must be 'NotRequired' when `restartPolicy` is 'Never'"));
    }
  });
}
