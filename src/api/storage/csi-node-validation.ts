import {
  fieldDuplicate,
  fieldInvalid,
  fieldRequired,
  fieldTooLong,
  isQualifiedName,
  objectEqual,
  root,
  validateByRule,
  validateNonNegative,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import { validateDriverName } from './csi-driver-validation.ts';
import type { CSINode, CSINodeDriver } from '../generated/storage-v1.ts';

const driversPath = root.child('spec', 'drivers');
const MAX_NODE_ID_LENGTH = 192;

/** What is wrong with a node's drivers on their own. */
export function validateCSINode({ spec }: CSINode): FieldError[] {
  const names = new Set<string>();
  return spec.drivers.flatMap((driver, i) => {
    const path = driversPath.index(i);
    const errors = validateDriver(driver, path);
    if (names.has(driver.name)) errors.push(fieldDuplicate(path.child('name'), driver.name));
    names.add(driver.name);
    return errors;
  });
}

/** Drivers come and go, but one that stays keeps its identity. */
export function validateCSINodeUpdate({ spec }: CSINode, old: CSINode): FieldError[] {
  return spec.drivers.flatMap((driver, i) => {
    const before = old.spec.drivers.find(({ name }) => name === driver.name);
    if (before === undefined) return [];
    const { allocatable: _, ...rest } = driver;
    const { allocatable: __, ...restBefore } = before;
    return objectEqual(rest, restBefore) ? [] : [fieldInvalid(driversPath.index(i), driver, 'field is immutable')];
  });
}

function validateDriver({ name, nodeID, topologyKeys, allocatable }: CSINodeDriver, path: FieldPath): FieldError[] {
  const errors = validateDriverName(name, path.child('name'));
  const idPath = path.child('nodeID');
  if (!nodeID) errors.push(fieldRequired(idPath));
  else if (nodeID.length > MAX_NODE_ID_LENGTH) errors.push(fieldTooLong(idPath, MAX_NODE_ID_LENGTH));
  errors.push(...validateNonNegative(allocatable?.count, path.child('allocatable', 'count')));
  const keys = new Set<string>();
  for (const key of topologyKeys ?? []) {
    const keysPath = path.child('topologyKeys');
    if (!key) errors.push(fieldRequired(keysPath));
    else errors.push(...validateByRule(key, isQualifiedName, keysPath));
    if (keys.has(key)) errors.push(fieldDuplicate(keysPath, key));
    keys.add(key);
  }
  return errors;
}
