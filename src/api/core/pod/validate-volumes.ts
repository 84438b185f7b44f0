import {
  fieldDuplicate,
  fieldForbidden,
  fieldRequired,
  isDns1123Label,
  validateByRule,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import type { PodSpec, Volume, VolumeSource } from '../../generated/core-v1.ts';
import { attachedStorageChecks } from './validate-attached-storage.ts';
import { fileVolumeChecks } from './validate-file-volumes.ts';
import type { Check, VolumeChecks } from './volume-checks.ts';

const CHECKS: VolumeChecks = { ...fileVolumeChecks, ...attachedStorageChecks };

/** Checks a pod's volumes. */
export function validateVolumes(spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  const names = new Set<string>();
  spec.volumes?.forEach((volume, index) => {
    const at = path.index(index);
    validateSource(volume, at, errors);
    if (!volume.name) errors.push(fieldRequired(at.child('name')));
    else {
      errors.push(...validateByRule(volume.name, isDns1123Label, at.child('name')));
      if (names.has(volume.name)) errors.push(fieldDuplicate(at.child('name'), volume.name));
      names.add(volume.name);
    }
  });
}

/** Exactly one source, and that one right. */
function validateSource(volume: Volume, path: FieldPath, errors: FieldError[]): void {
  let found = false;
  for (const key in volume) {
    if (key === 'name' || volume[key as keyof Volume] === undefined) continue;
    const type = key as keyof VolumeSource;
    if (found) errors.push(fieldForbidden(path.child(type), 'may not specify more than 1 volume type'));
    else (CHECKS[type] as Check<unknown> | undefined)?.(volume[type], path.child(type), errors);
    found = true;
  }
  if (!found) errors.push(fieldRequired(path, 'must specify a volume type'));
}
