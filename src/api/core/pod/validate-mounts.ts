import {
  fieldForbidden,
  fieldInvalid,
  fieldNotFound,
  fieldNotSupported,
  fieldRequired,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import type { Container, EphemeralContainer, PodSpec, Volume, VolumeMount } from '../../generated/core-v1.ts';
import { validateLocalPath } from './validate-paths.ts';

const PROPAGATIONS = ['Bidirectional', 'HostToContainer', 'None'];
const RECURSIVE_READ_ONLY = ['Disabled', 'Enabled', 'IfPossible'];

/** Checks where a container has its volumes; each must be one of the pod's. */
export function validateMounts(container: Container | EphemeralContainer, spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  const { volumeMounts = [], volumeDevices = [] } = container;
  if (volumeMounts.length === 0 && volumeDevices.length === 0) return;
  const devices = {
    names: new Set(volumeDevices.map(({ name }) => name)),
    paths: new Set(volumeDevices.map((device) => device.devicePath)),
  };
  const mountPaths = new Set<string>();
  volumeMounts.forEach((mount, index) => {
    const at = path.child('volumeMounts').index(index);
    validateVolumeName(mount.name, spec, at, errors);
    if (!mount.mountPath) errors.push(fieldRequired(at.child('mountPath')));
    if (mountPaths.has(mount.mountPath)) errors.push(fieldInvalid(at.child('mountPath'), mount.mountPath, 'must be unique'));
    mountPaths.add(mount.mountPath);
    if (devices.names.has(mount.name)) errors.push(fieldInvalid(at.child('name'), mount.name, 'must not already exist in volumeDevices'));
    if (devices.paths.has(mount.mountPath)) {
      errors.push(fieldInvalid(at.child('mountPath'), mount.mountPath, 'must not already exist as a path in volumeDevices'));
    }
    // The API names the list in these, not the item.
    const list = path.child('volumeMounts');
    validateSubPaths(mount, list, errors);
    validatePropagation(mount, container, list, errors);
    validateRecursiveReadOnly(mount, list, errors);
  });
  validateDevices(container, mountPaths, spec, path.child('volumeDevices'), errors);
}

function validateVolumeName(name: string, spec: PodSpec, path: FieldPath, errors: FieldError[]): Volume | undefined {
  if (!name) {
    errors.push(fieldRequired(path.child('name')));
    return undefined;
  }
  const volume = spec.volumes?.find((candidate) => candidate.name === name);
  if (volume === undefined) errors.push(fieldNotFound(path.child('name'), name));
  return volume;
}

function validateSubPaths({ subPath, subPathExpr }: VolumeMount, path: FieldPath, errors: FieldError[]): void {
  if (subPath) validateLocalPath(subPath, path.child('subPath'), errors);
  if (!subPathExpr) return;
  const at = path.child('subPathExpr');
  if (subPath) errors.push(fieldInvalid(at, subPathExpr, 'subPathExpr and subPath are mutually exclusive'));
  validateLocalPath(subPathExpr, at, errors);
}

function validatePropagation(
  { mountPropagation }: VolumeMount,
  container: Container | EphemeralContainer,
  path: FieldPath,
  errors: FieldError[],
): void {
  if (mountPropagation === undefined) return;
  const at = path.child('mountPropagation');
  if (!PROPAGATIONS.includes(mountPropagation)) errors.push(fieldNotSupported(at, mountPropagation, PROPAGATIONS));
  if (mountPropagation === 'Bidirectional' && !container.securityContext?.privileged) {
    errors.push(fieldForbidden(at, 'Bidirectional mount propagation is available only to privileged containers'));
  }
}

function validateRecursiveReadOnly(
  { recursiveReadOnly, readOnly, mountPropagation }: VolumeMount,
  path: FieldPath,
  errors: FieldError[],
): void {
  if (recursiveReadOnly === undefined) return;
  const at = path.child('recursiveReadOnly');
  const known = RECURSIVE_READ_ONLY.includes(recursiveReadOnly);
  if (!known) errors.push(fieldNotSupported(at, recursiveReadOnly, RECURSIVE_READ_ONLY));
  if (!known || recursiveReadOnly === 'Disabled') return;
  if (!readOnly) errors.push(fieldForbidden(at, 'may only be specified when readOnly is true'));
  if (mountPropagation !== undefined && mountPropagation !== 'None') {
    errors.push(fieldForbidden(at, 'may only be specified when mountPropagation is None or not specified'));
  }
}

function validateDevices(
  { volumeDevices = [], volumeMounts = [] }: Container | EphemeralContainer,
  mountPaths: ReadonlySet<string>,
  spec: PodSpec,
  path: FieldPath,
  errors: FieldError[],
): void {
  const names = new Set<string>();
  const paths = new Set<string>();
  volumeDevices.forEach(({ name, devicePath }, index) => {
    const at = path.index(index);
    const volume = validateVolumeName(name, spec, at, errors);
    if (volume !== undefined && !volume.persistentVolumeClaim && !volume.ephemeral) {
      errors.push(
        fieldInvalid(at.child('name'), name, 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode'),
      );
    }
    if (names.has(name)) errors.push(fieldInvalid(at.child('name'), name, 'must be unique'));
    if (volumeMounts.some((mount) => mount.name === name)) {
      errors.push(fieldInvalid(at.child('name'), name, 'must not already exist in volumeMounts'));
    }
    validateDevicePath(devicePath, paths, mountPaths, at.child('devicePath'), errors);
    names.add(name);
    paths.add(devicePath);
  });
}

function validateDevicePath(
  devicePath: string,
  taken: ReadonlySet<string>,
  mountPaths: ReadonlySet<string>,
  path: FieldPath,
  errors: FieldError[],
): void {
  if (!devicePath) errors.push(fieldRequired(path));
  else if (devicePath.split('/').includes('..')) errors.push(fieldInvalid(path, devicePath, "can not contain backsteps ('..')"));
  if (taken.has(devicePath)) errors.push(fieldInvalid(path, devicePath, 'must be unique'));
  if (mountPaths.has(devicePath)) errors.push(fieldInvalid(path, devicePath, 'must not already exist as a path in volumeMounts'));
}
