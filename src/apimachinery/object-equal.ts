import { ownField } from './own-field.ts';

type Container = Record<string, unknown>;

const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null;

/** Absent, null, and an empty list or map say the same in the API. */
function isNothing(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (!isContainer(value)) return false;
  if (Array.isArray(value)) return value.length === 0;
  for (const key in value) if (!isNothing(value[key])) return false;
  return true;
}

/**
 * Whether two values of the API mean the same: absent, null, and empty lists and maps are equal to each other; the
 * order of keys does not matter, the order of lists does. Shared subtrees cost nothing.
 */
export function objectEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (!isContainer(a) || !isContainer(b)) return isNothing(a) && isNothing(b);
  if (Array.isArray(a) || Array.isArray(b)) return listsEqual(a, b);
  for (const key in a) if (!objectEqual(a[key], ownField(b, key))) return false;
  for (const key in b) if (!Object.hasOwn(a, key) && !isNothing(b[key])) return false;
  return true;
}

function listsEqual(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return isNothing(a) && isNothing(b);
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (!objectEqual(a[index], b[index])) return false;
  return true;
}

/** Whether two values are the same JSON: `undefined` is as good as absent, but null and `{}` are values. */
export function jsonEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (!isContainer(a) || !isContainer(b)) return false;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let index = 0; index < a.length; index++) if (!jsonEqual(a[index], b[index])) return false;
    return true;
  }
  if (Array.isArray(b)) return false;
  for (const key in a) if (!jsonEqual(a[key], ownField(b, key))) return false;
  for (const key in b) if (b[key] !== undefined && ownField(a, key) === undefined) return false;
  return true;
}
