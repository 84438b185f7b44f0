import { jsonEqual } from '../object-equal.ts';
import { ownField, setField } from '../own-field.ts';
import { badRequest } from '../status-error.ts';
import { jsonType } from './json-patch.ts';

type Json = Record<string, unknown>;

const isMap = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Checks a request's body. Throws StatusError 400 unless it is a map, as merge patches of objects are. */
export function decodePatchMap(body: unknown): Json {
  if (isMap(body)) return body;
  throw badRequest(`error decoding patch: json: cannot unmarshal ${jsonType(body)} into Go value of type map[string]interface {}`);
}

/**
 * The object after a merge patch (RFC 7386): null removes, maps merge, anything else replaces. Neither argument is
 * changed; the result shares unchanged parts with both.
 */
export function applyMergePatch<T>(target: T, patch: unknown): T {
  return merge(target, patch) as T;
}

function merge(target: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return patch;
  const result: Json = isMap(target) ? { ...target } : {};
  for (const key of Object.keys(patch)) {
    if (patch[key] === null || patch[key] === undefined) delete result[key];
    else setField(result, key, merge(ownField(result, key), patch[key]));
  }
  return result;
}

/** The merge patch that turns `original` into `modified`; `{}` when they are equal. A null in `modified` cannot be expressed. */
export function createMergePatch(original: Json, modified: Json): Json {
  const patch: Json = {};
  for (const key of Object.keys(modified)) {
    const before = ownField(original, key);
    const after = modified[key];
    if (after === undefined || jsonEqual(before, after)) continue;
    setField(patch, key, isMap(before) && isMap(after) ? createMergePatch(before, after) : after);
  }
  for (const key of Object.keys(original)) {
    if (original[key] !== undefined && ownField(modified, key) === undefined) setField(patch, key, null);
  }
  return patch;
}
