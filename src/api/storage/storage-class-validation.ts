import {
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldRequired,
  fieldTooLong,
  isLabelValue,
  isQualifiedName,
  objectEqual,
  root,
  validateByRule,
  validateEnum,
  validateImmutable,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import type { StorageClass } from '../generated/storage-v1.ts';
import type { TopologySelectorTerm } from '../generated/core-v1.ts';

const MAX_PARAMETERS = 512;
const MAX_PARAMETERS_SIZE = 256 * 1024;

/** What is wrong with a storage class on its own. */
export function validateStorageClass(object: StorageClass): FieldError[] {
  return [
    ...validateProvisioner(object.provisioner, root.child('provisioner')),
    ...validateParameters(object.parameters ?? {}, true, root.child('parameters')),
    ...validateEnum(object.reclaimPolicy, ['Delete', 'Retain'], root.child('reclaimPolicy')),
    ...validateEnum(object.volumeBindingMode, ['Immediate', 'WaitForFirstConsumer'], root.child('volumeBindingMode')),
    ...validateTopologies(object.allowedTopologies ?? [], root.child('allowedTopologies')),
  ];
}

/** What volumes have been made with stays as it is. */
export function validateStorageClassUpdate(object: StorageClass, old: StorageClass): FieldError[] {
  const fixed = ['parameters', 'provisioner', 'reclaimPolicy'] as const;
  return [
    ...fixed.flatMap((field) =>
      objectEqual(object[field], old[field]) ? [] : [fieldForbidden(root.child(field), `updates to ${field} are forbidden.`)],
    ),
    ...validateImmutable(object.volumeBindingMode, old.volumeBindingMode, root.child('volumeBindingMode')),
  ];
}

/** The name of a driver or provisioner: a qualified name, whatever its case. */
function validateProvisioner(provisioner: string | undefined, path: FieldPath): FieldError[] {
  if (!provisioner) return [fieldRequired(path)];
  return isQualifiedName(provisioner.toLowerCase()).map((text) => fieldInvalid(path, provisioner, text));
}

/** Parameters of a class: not too many, not too long, and all with a name. */
export function validateParameters(parameters: Readonly<Record<string, string>>, allowEmpty: boolean, path: FieldPath): FieldError[] {
  const entries = Object.entries(parameters);
  if (entries.length > MAX_PARAMETERS) return [fieldTooLong(path, MAX_PARAMETERS)];
  if (!allowEmpty && entries.length === 0) return [fieldRequired(path, 'must contain at least one key/value pair')];
  const errors = entries.filter(([key]) => key === '').map(([key]) => fieldInvalid(path, key, 'field can not be empty.'));
  const size = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  if (size > MAX_PARAMETERS_SIZE) errors.push(fieldTooLong(path, MAX_PARAMETERS_SIZE));
  return errors;
}

function validateTopologies(terms: readonly TopologySelectorTerm[], path: FieldPath): FieldError[] {
  const seen = new Set<string>();
  return terms.flatMap((term, i) => {
    const termPath = path.index(i);
    const text = JSON.stringify(term);
    const errors = validateTerm(term, termPath.child('matchLabelExpressions'));
    if (seen.has(text)) errors.push(fieldDuplicate(termPath.child('matchLabelExpressions'), ''));
    seen.add(text);
    return errors;
  });
}

function validateTerm({ matchLabelExpressions = [] }: TopologySelectorTerm, path: FieldPath): FieldError[] {
  const keys = new Set<string>();
  return matchLabelExpressions.flatMap(({ key, values }, i) => {
    const at = path.index(i);
    const errors = validateByRule(key ?? '', isQualifiedName, at.child('key'));
    if (keys.has(key)) errors.push(fieldDuplicate(at.child('key'), key));
    keys.add(key);
    if (values.length === 0) errors.push(fieldRequired(at.child('values')));
    return [...errors, ...values.flatMap((value, j) => validateByRule(value, isLabelValue, at.child('values').index(j)))];
  });
}
