import {
  fieldDuplicate,
  fieldInvalid,
  fieldRequired,
  isDns1123Label,
  isDns1123Subdomain,
  root,
  validateByRule,
  validateImmutable,
  validateMaxItems,
  validateNonNegative,
  type FieldError,
} from '#apimachinery';
import { validateDriverName } from './device-class-validation.ts';
import type { ResourceSlice, ResourceSliceSpec } from '../generated/resource-v1.ts';

const specPath = root.child('spec');
const poolPath = specPath.child('pool');
const devicesPath = specPath.child('devices');
const MAX_DEVICES = 128;

/** What is wrong with a slice on its own. */
export function validateResourceSlice({ spec }: ResourceSlice): FieldError[] {
  return [
    ...validateDriverName(spec.driver, specPath.child('driver')),
    ...validatePool(spec),
    ...validateNodes(spec),
    ...validateMaxItems(spec.devices, MAX_DEVICES, devicesPath),
    ...validateDevices(spec),
  ];
}

/** Whose devices they are and where stays as it is. */
export function validateResourceSliceUpdate({ spec }: ResourceSlice, old: ResourceSlice): FieldError[] {
  return [
    ...validateImmutable(spec.nodeName, old.spec.nodeName, specPath.child('nodeName')),
    ...validateImmutable(spec.driver, old.spec.driver, specPath.child('driver')),
    ...validateImmutable(spec.pool.name, old.spec.pool.name, poolPath.child('name')),
  ];
}

function validatePool({ pool }: ResourceSliceSpec): FieldError[] {
  const namePath = poolPath.child('name');
  const errors = pool.name
    ? pool.name.split('/').flatMap((part) => validateByRule(part, isDns1123Subdomain, namePath))
    : [fieldRequired(namePath)];
  if ((pool.resourceSliceCount ?? 0) <= 0) {
    errors.push(fieldInvalid(poolPath.child('resourceSliceCount'), pool.resourceSliceCount ?? 0, 'must be greater than zero'));
  }
  return [...errors, ...validateNonNegative(pool.generation, poolPath.child('generation'))];
}

function validateNodes({ nodeName, nodeSelector, allNodes, perDeviceNodeSelection }: ResourceSliceSpec): FieldError[] {
  const choices = { nodeName, nodeSelector, allNodes: allNodes || undefined, perDeviceNodeSelection: perDeviceNodeSelection || undefined };
  const set = Object.entries(choices).filter(([, value]) => value !== undefined && value !== '');
  const all = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required';
  if (set.length === 0) return [fieldRequired(specPath, all)];
  if (set.length > 1)
    return [fieldInvalid(specPath, `{${set.map(([name]) => `\`${name}\``).join(', ')}}`, `${all}, but multiple fields are set`)];
  return nodeName ? validateByRule(nodeName, isDns1123Subdomain, specPath.child('nodeName')) : [];
}

function validateDevices({ devices = [] }: ResourceSliceSpec): FieldError[] {
  const names = new Set<string>();
  return devices.flatMap(({ name }, i) => {
    const path = devicesPath.index(i).child('name');
    const errors = validateByRule(name, isDns1123Label, path);
    if (names.has(name)) errors.push(fieldDuplicate(path, name));
    names.add(name);
    return errors;
  });
}
