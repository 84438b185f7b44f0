import { fieldForbidden, fieldInvalid, fieldTooLong, isConfigMapKey, objectEqual, root, type FieldError } from '#apimachinery';
import type { ConfigMap } from '../generated/core-v1.ts';

/** All values together, in bytes. */
const MAX_SIZE = 1024 * 1024;
const DATA = root.child('data');
const BINARY_DATA = root.child('binaryData');
/** How the API names the object as a whole. */
const WHOLE = '[]';

/** Checks keys and size. */
export function validateConfigMap({ data, binaryData }: ConfigMap): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const key in data) {
    for (const text of isConfigMapKey(key)) errors.push(fieldInvalid(DATA.key(key), key, text));
    if (binaryData && Object.hasOwn(binaryData, key)) {
      errors.push(fieldInvalid(DATA.key(key), key, 'duplicate of key present in binaryData'));
    }
    size += Buffer.byteLength(data[key] ?? '');
  }
  for (const key in binaryData) {
    for (const text of isConfigMapKey(key)) errors.push(fieldInvalid(BINARY_DATA.key(key), key, text));
    size += Buffer.byteLength(binaryData[key] ?? '', 'base64');
  }
  if (size > MAX_SIZE) errors.push(fieldTooLong(WHOLE, MAX_SIZE));
  return errors;
}

/** Checks that what is immutable stays as it is. */
export function validateConfigMapUpdate(map: ConfigMap, old: ConfigMap): FieldError[] {
  return validateImmutableData(map, old, ['data', 'binaryData']);
}

interface MaybeImmutable {
  immutable?: boolean;
}

/** Checks that an object that has been declared immutable stays so, with all of its data. */
export function validateImmutableData<T extends MaybeImmutable>(object: T, old: T, fields: readonly (keyof T & string)[]): FieldError[] {
  if (!old.immutable) return [];
  const changed: string[] = fields.filter((field) => !objectEqual(object[field], old[field]));
  if (!object.immutable) changed.unshift('immutable');
  return changed.map((field) => fieldForbidden(root.child(field), 'field is immutable when `immutable` is set'));
}
