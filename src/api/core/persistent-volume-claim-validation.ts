import {
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  isDns1123Subdomain,
  objectEqual,
  root,
  validateByRule,
  validateLabelSelector,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../generated/core-v1.ts';
import { describeChanges } from './pod/describe-changes.ts';
import { validateAmount } from './pod/validate-resources.ts';
import { quantityOf } from './resource-list.ts';

const SPEC = root.child('spec');
const ACCESS_MODES: readonly string[] = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
export const VOLUME_MODES: readonly string[] = ['Block', 'Filesystem'];

/** Checks a claim by itself. */
export function validateClaim({ spec }: PersistentVolumeClaim): FieldError[] {
  const errors: FieldError[] = [];
  validateClaimSpec(spec, SPEC, errors);
  return errors;
}

/** Checks a claim's spec, wherever it stands. */
export function validateClaimSpec(spec: PersistentVolumeClaimSpec, path: FieldPath, errors: FieldError[]): void {
  const modes = spec.accessModes ?? [];
  if (modes.length === 0) errors.push(fieldRequired(path.child('accessModes'), 'at least 1 access mode is required'));
  validateAccessModes(modes, path.child('accessModes'), errors);
  errors.push(...validateLabelSelector(spec.selector, path.child('selector')));
  validateStorage(spec, path.child('resources').key('storage'), errors);
  for (const field of ['storageClassName', 'volumeAttributesClassName'] as const) {
    const name = spec[field];
    if (name) errors.push(...validateByRule(name, isDns1123Subdomain, path.child(field)));
  }
  if (spec.volumeMode !== undefined && !VOLUME_MODES.includes(spec.volumeMode)) {
    errors.push(fieldNotSupported(path.child('volumeMode'), spec.volumeMode, VOLUME_MODES));
  }
  validateDataSources(spec, path, errors);
}

/** Checks in what ways a volume may be mounted. */
export function validateAccessModes(modes: readonly string[], path: FieldPath, errors: FieldError[]): void {
  for (const mode of modes) if (!ACCESS_MODES.includes(mode)) errors.push(fieldNotSupported(path, mode, ACCESS_MODES));
  if (modes.length > 1 && modes.includes('ReadWriteOncePod')) {
    errors.push(fieldForbidden(path, 'may not use ReadWriteOncePod with other access modes'));
  }
}

function validateStorage({ resources }: PersistentVolumeClaimSpec, path: FieldPath, errors: FieldError[]): void {
  const text = resources?.requests?.['storage'];
  if (text === undefined) {
    errors.push(fieldRequired(path));
    return;
  }
  const amount = validateAmount('storage', text, path, errors);
  if (amount?.isZero()) errors.push(fieldInvalid(path, amount.toString(), 'must be greater than zero'));
}

function validateDataSources({ dataSource, dataSourceRef }: PersistentVolumeClaimSpec, path: FieldPath, errors: FieldError[]): void {
  for (const [field, source] of [
    ['dataSource', dataSource],
    ['dataSourceRef', dataSourceRef],
  ] as const) {
    if (!source) continue;
    const at = path.child(field);
    if (!source.name) errors.push(fieldRequired(at.child('name')));
    if (!source.kind) errors.push(fieldRequired(at.child('kind')));
    if (!source.apiGroup && source.kind !== 'PersistentVolumeClaim') {
      errors.push(fieldInvalid(at, source.kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup"));
    }
    if (source.apiGroup) errors.push(...validateByRule(source.apiGroup, isDns1123Subdomain, at.child('apiGroup')));
  }
  if (dataSource && dataSourceRef && !dataSourceRef.namespace && !objectEqual(dataSource, dataSourceRef)) {
    errors.push(fieldInvalid(path, path.child('dataSource').toString(), 'must match dataSourceRef'));
  }
}

/** What a claim may still change: its volume once, its class while it has none, its size and attributes once bound. */
export function validateClaimUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const { spec } = claim;
  const bound = old.status.phase === 'Bound';
  const comparable: PersistentVolumeClaimSpec = { ...spec };
  if (!old.spec.volumeName) comparable.volumeName = old.spec.volumeName;
  if (old.spec.storageClassName === undefined && !old.spec.volumeName) comparable.storageClassName = old.spec.storageClassName;
  const annotated = old.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'];
  if (old.spec.storageClassName === undefined && annotated !== undefined && annotated === spec.storageClassName) {
    comparable.storageClassName = undefined;
  }
  comparable.volumeAttributesClassName = old.spec.volumeAttributesClassName;
  const errors: FieldError[] = [];
  if (bound) {
    comparable.resources = { ...spec.resources, requests: old.spec.resources?.requests };
    validateShrinking(claim, old, errors);
  }
  if (!objectEqual(comparable, old.spec)) {
    const text = 'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
    errors.push(fieldForbidden(SPEC, `${text}\n${describeChanges(old.spec, comparable)}`));
  }
  return errors;
}

/** An expansion that failed may be given up, but a volume does not get smaller than it is. */
function validateShrinking({ spec }: PersistentVolumeClaim, old: PersistentVolumeClaim, errors: FieldError[]): void {
  const now = quantityOf(spec.resources?.requests?.['storage']);
  const before = quantityOf(old.spec.resources?.requests?.['storage']);
  const has = quantityOf(old.status.capacity?.['storage']);
  if (now === undefined || before === undefined || now.compare(before) >= 0) return;
  if (has !== undefined && now.compare(has) > 0) return;
  errors.push(fieldForbidden(SPEC.child('resources', 'requests', 'storage'), 'field can not be less than status.capacity'));
}

/** Checks what the binder and the expander report. */
export function validateClaimStatusUpdate({ status }: PersistentVolumeClaim): FieldError[] {
  const errors: FieldError[] = [];
  const path = root.child('status');
  for (const field of ['capacity', 'allocatedResources'] as const) {
    const list = status[field];
    for (const name in list) validateAmount(name, list[name], path.child(field).key(name), errors);
  }
  return errors;
}
