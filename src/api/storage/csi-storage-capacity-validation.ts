import {
  fieldInvalid,
  isDns1123Subdomain,
  NEGATIVE_TEXT,
  parseQuantity,
  root,
  validateByRule,
  validateImmutable,
  validateLabelSelector,
  type FieldError,
} from '#apimachinery';
import type { CSIStorageCapacity } from '../generated/storage-v1.ts';

/** What is wrong with a capacity on its own. */
export function validateCSIStorageCapacity(object: CSIStorageCapacity): FieldError[] {
  const { storageClassName, nodeTopology } = object;
  const errors = validateByRule(storageClassName, isDns1123Subdomain, root.child('storageClassName'));
  errors.push(...validateLabelSelector(nodeTopology, root.child('nodeTopology')));
  for (const field of ['capacity', 'maximumVolumeSize'] as const) {
    const value = object[field];
    if (value !== undefined && parseQuantity(value).sign() < 0) errors.push(fieldInvalid(root.child(field), value, NEGATIVE_TEXT));
  }
  return errors;
}

/** What the capacity is of stays as it is. */
export function validateCSIStorageCapacityUpdate(object: CSIStorageCapacity, old: CSIStorageCapacity): FieldError[] {
  return [
    ...validateImmutable(object.nodeTopology, old.nodeTopology, root.child('nodeTopology')),
    ...validateImmutable(object.storageClassName, old.storageClassName, root.child('storageClassName')),
  ];
}
