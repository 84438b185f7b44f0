import { objectEqual, fieldForbidden, root, type FieldError } from '#apimachinery';
import { validateDriverName } from './csi-driver-validation.ts';
import { validateParameters } from './storage-class-validation.ts';
import type { VolumeAttributesClass } from '../generated/storage-v1.ts';

/** What is wrong with a class on its own. */
export function validateVolumeAttributesClass(object: VolumeAttributesClass): FieldError[] {
  return [
    ...validateDriverName(object.driverName, root.child('driverName')),
    ...validateParameters(object.parameters ?? {}, false, root.child('parameters')),
  ];
}

/** A class stays as it is; there is another for other attributes. */
export function validateVolumeAttributesClassUpdate(object: VolumeAttributesClass, old: VolumeAttributesClass): FieldError[] {
  const fixed = ['driverName', 'parameters'] as const;
  return fixed.flatMap((field) =>
    objectEqual(object[field], old[field]) ? [] : [fieldForbidden(root.child(field), `updates to ${field} are forbidden.`)],
  );
}
