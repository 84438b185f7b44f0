import {
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  isDns1123Subdomain,
  objectEqual,
  root,
  validateByRule,
  validateImmutable,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import type { CSIPersistentVolumeSource, PersistentVolume, PersistentVolumeSource, PersistentVolumeSpec } from '../generated/core-v1.ts';
import { validateAccessModes, VOLUME_MODES } from './persistent-volume-claim-validation.ts';
import { describeChanges } from './pod/describe-changes.ts';
import { attachedStorageChecks, validateDriverName, validateLocalVolume } from './pod/validate-attached-storage.ts';
import { validateHostPath } from './pod/validate-file-volumes.ts';
import { validateNodeSelector } from './pod/validate-node-selector.ts';
import { validateAmount } from './pod/validate-resources.ts';
import type { Check } from './pod/volume-checks.ts';

const SPEC = root.child('spec');
const RECLAIM_POLICIES = ['Delete', 'Recycle', 'Retain'];

/** Checks a volume by itself. */
export function validatePersistentVolume({ spec }: PersistentVolume): FieldError[] {
  const errors: FieldError[] = [];
  if (!spec.accessModes?.length) errors.push(fieldRequired(SPEC.child('accessModes')));
  validateAccessModes(spec.accessModes ?? [], SPEC.child('accessModes'), errors);
  validateCapacity(spec, SPEC.child('capacity'), errors);
  if (!RECLAIM_POLICIES.includes(spec.persistentVolumeReclaimPolicy ?? '')) {
    errors.push(fieldNotSupported(SPEC.child('persistentVolumeReclaimPolicy'), spec.persistentVolumeReclaimPolicy, RECLAIM_POLICIES));
  }
  if (spec.nodeAffinity) validateAffinity(spec, errors);
  validateSource(spec, errors);
  if (spec.storageClassName) errors.push(...validateByRule(spec.storageClassName, isDns1123Subdomain, SPEC.child('storageClassName')));
  if (spec.volumeMode !== undefined && !VOLUME_MODES.includes(spec.volumeMode)) {
    errors.push(fieldNotSupported(SPEC.child('volumeMode'), spec.volumeMode, VOLUME_MODES));
  }
  return errors;
}

function validateCapacity({ capacity = {} }: PersistentVolumeSpec, path: FieldPath, errors: FieldError[]): void {
  const names = Object.keys(capacity);
  if (names.length === 0) errors.push(fieldRequired(path));
  if (capacity['storage'] === undefined || names.length > 1) errors.push(fieldNotSupported(path, capacity, ['storage']));
  for (const name of names) {
    const amount = validateAmount(name, capacity[name], path.key(name), errors);
    if (amount?.isZero()) errors.push(fieldInvalid(path.key(name), amount.toString(), 'must be greater than zero'));
  }
}

function validateAffinity({ nodeAffinity }: PersistentVolumeSpec, errors: FieldError[]): void {
  const path = SPEC.child('nodeAffinity', 'required');
  if (!nodeAffinity?.required) errors.push(fieldRequired(path, 'must specify required node constraints'));
  else validateNodeSelector(nodeAffinity.required, path, errors);
}

/** The sources that a pod's volume can have as well are checked by the same rules. */
const CHECKS: { readonly [Type in keyof PersistentVolumeSource]: Check<NonNullable<PersistentVolumeSource[Type]>> } = {
  ...attachedStorageChecks,
  hostPath: validateHostPath,
  local: validateLocalVolume,
  csi: validateCsi,
};

function validateSource(spec: PersistentVolumeSpec, errors: FieldError[]): void {
  let found = false;
  for (const type of SOURCES) {
    const source = spec[type];
    if (source === undefined) continue;
    const path = SPEC.child(type);
    if (found) errors.push(fieldForbidden(path, 'may not specify more than 1 volume type'));
    else (CHECKS[type] as Check<unknown> | undefined)?.(source, path, errors);
    found = true;
  }
  if (!found) errors.push(fieldRequired(SPEC, 'must specify a volume type'));
  if (spec.local && !spec.nodeAffinity) errors.push(fieldRequired(SPEC.child('nodeAffinity'), 'Local volume requires node affinity'));
  if (spec.hostPath?.path === '/' && spec.persistentVolumeReclaimPolicy === 'Recycle') {
    errors.push(fieldForbidden(SPEC.child('persistentVolumeReclaimPolicy'), "may not be 'recycle' for a hostPath mount of '/'"));
  }
}

const SOURCES = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'flocker',
  'nfs',
  'rbd',
  'quobyte',
  'cephfs',
  'iscsi',
  'cinder',
  'fc',
  'flexVolume',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'scaleIO',
  'local',
  'storageos',
  'csi',
] as const satisfies readonly (keyof PersistentVolumeSource)[];

const CSI_SECRETS = [
  'controllerPublishSecretRef',
  'controllerExpandSecretRef',
  'nodePublishSecretRef',
  'nodeExpandSecretRef',
  'nodeStageSecretRef',
] as const;

function validateCsi(source: CSIPersistentVolumeSource, path: FieldPath, errors: FieldError[]): void {
  validateDriverName(source.driver, path.child('driver'), errors);
  if (!source.volumeHandle) errors.push(fieldRequired(path.child('volumeHandle')));
  for (const field of CSI_SECRETS) {
    const reference = source[field];
    if (reference === undefined) continue;
    if (!reference.name) errors.push(fieldRequired(path.child(field, 'name')));
    if (!reference.namespace) errors.push(fieldRequired(path.child(field, 'namespace')));
  }
}

/** Where the data is, and as what, does not change. */
export function validatePersistentVolumeUpdate({ spec }: PersistentVolume, { spec: old }: PersistentVolume): FieldError[] {
  const errors: FieldError[] = [];
  const before = sourceOf(old);
  const now = sourceOf(spec);
  // A volume made before it could grow may be told later how.
  if (now.csi && before.csi && !before.csi.controllerExpandSecretRef) now.csi = { ...now.csi, controllerExpandSecretRef: undefined };
  if (!objectEqual(now, before)) {
    const text = `spec.persistentvolumesource is immutable after creation\n${describeChanges(before, now)}`;
    errors.push(fieldForbidden(SPEC.child('persistentvolumesource'), text));
  }
  errors.push(...validateImmutable(spec.volumeMode, old.volumeMode, root.child('volumeMode')));
  if (old.nodeAffinity && !objectEqual(spec.nodeAffinity, old.nodeAffinity)) {
    const text = 'field is immutable, except for updating from beta label to GA';
    errors.push(fieldInvalid(root.child('nodeAffinity'), spec.nodeAffinity, text));
  }
  return errors;
}

function sourceOf(spec: PersistentVolumeSpec): PersistentVolumeSource {
  return Object.fromEntries(SOURCES.filter((type) => spec[type] !== undefined).map((type) => [type, spec[type]]));
}
