import { jsonEqual } from '../object-equal.ts';
import { ownField, setField } from '../own-field.ts';
import { badRequest } from '../status-error.ts';
import { identity, orderElements } from './element-order.ts';
import { rejectedPatch } from './json-patch.ts';
import type { Schema } from './schema.ts';
import { DELETE_FROM, isDirective, isMap, PATCH, RETAIN_KEYS, SET_ORDER, strategyOf, type FieldStrategy, type Json } from './strategy.ts';

/**
 * The object after a strategic merge patch. Neither argument is changed; the result shares unchanged parts with both.
 * Throws StatusError: 400 for directives of a wrong form, 422 for those that do not fit the object.
 */
export function applyStrategicMergePatch<T>(object: T, patch: Record<string, unknown>, schema: Schema): T {
  return mergeMaps(object as Json, patch, schema) as T;
}

function mergeMaps(original: Json, patch: Json, schema: Schema | undefined): Json {
  const directive = patch[PATCH];
  if (directive === 'replace') {
    const { [PATCH]: _, ...rest } = patch;
    return rest;
  }
  if (directive === 'delete') return {};
  if (directive !== undefined) throw unknownDirective(directive, patch);
  const result = retainKeys(original, patch);
  const done = mergeOrdered(result, patch, schema);
  for (const key of Object.keys(patch)) {
    if (key === RETAIN_KEYS || key.startsWith(SET_ORDER) || done.has(key)) continue;
    if (key.startsWith(DELETE_FROM)) deletePrimitives(result, key.slice(DELETE_FROM.length), patch[key]);
    else mergeField(result, key, patch[key], schema);
  }
  return result;
}

function mergeField(result: Json, key: string, value: unknown, schema: Schema | undefined): void {
  if (value === null || value === undefined) {
    delete result[key];
    return;
  }
  const old = ownField(result, key);
  const strategy = strategyOf(schema, key);
  if (isMap(old) && isMap(value)) setField(result, key, strategy.replace ? value : mergeMaps(old, value, strategy.schema));
  else if (Array.isArray(old) && Array.isArray(value) && strategy.merge) setField(result, key, mergeLists(old, value, strategy));
  else setField(result, key, strategy.merge || isMap(value) ? plain(value) : value);
}

/** A patch's value where there is nothing to merge it with: without directives and nulls. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !isMap(item) || item[PATCH] === undefined || item[PATCH] === 'merge').map(plain);
  if (!isMap(value)) return value;
  const result: Json = {};
  for (const key of Object.keys(value)) {
    if (!isDirective(key) && value[key] !== null) setField(result, key, plain(value[key]));
  }
  return result;
}

function retainKeys(original: Json, patch: Json): Json {
  const list = patch[RETAIN_KEYS];
  if (list === undefined) return { ...original };
  if (!Array.isArray(list)) throw badRequest('invalid patch format of retainKeys');
  const kept = new Set<unknown>(list);
  for (const key of Object.keys(patch)) {
    if (!isDirective(key) && patch[key] !== null && !kept.has(key)) throw badRequest('invalid patch format of retainKeys');
  }
  return Object.fromEntries(Object.entries(original).filter(([key]) => kept.has(key)));
}

function deletePrimitives(result: Json, field: string, values: unknown): void {
  const list = ownField(result, field);
  if (!Array.isArray(list)) return;
  if (!Array.isArray(values)) throw badRequest('invalid patch format of primitive list');
  result[field] = list.filter((item) => !values.some((value) => jsonEqual(item, value)));
}

/** Merges the lists that come with a `$setElementOrder`; answers with the names of the fields that are thereby done. */
function mergeOrdered(result: Json, patch: Json, schema: Schema | undefined): Set<string> {
  const done = new Set<string>();
  for (const key of Object.keys(patch)) {
    if (!key.startsWith(SET_ORDER)) continue;
    const field = key.slice(SET_ORDER.length);
    const order = patch[key];
    if (!Array.isArray(order)) throw badRequest('invalid patch format of setElementOrder list');
    done.add(field);
    if (ownField(patch, field) === null) {
      delete result[field];
      continue;
    }
    setOrder(result, field, order, ownField(patch, field), strategyOf(schema, field));
  }
  return done;
}

function setOrder(result: Json, field: string, order: unknown[], change: unknown, strategy: FieldStrategy): void {
  const present = ownField(result, field);
  const before = Array.isArray(present) ? (present as unknown[]) : undefined;
  const list = Array.isArray(change) ? change : undefined;
  if (list !== undefined) checkOrder(list, order, strategy.mergeKey);
  if (before === undefined && list === undefined) return;
  let merged = before ?? [];
  if (list !== undefined)
    merged = before === undefined ? (plain(list) as unknown[]) : strategy.merge ? mergeLists(before, list, strategy) : list;
  result[field] = orderElements(merged, order, before ?? [], strategy.mergeKey);
}

/** What a patch brings, its order must name as well, in the same sequence. */
function checkOrder(list: readonly unknown[], order: readonly unknown[], mergeKey: string | undefined): void {
  const places = order.map((item) => identity(item, mergeKey));
  let from = 0;
  for (const item of list) {
    if (isMap(item) && item[PATCH] !== undefined) continue;
    const at = places.indexOf(identity(item, mergeKey), from);
    if (at < 0) throw badRequest('invalid patch format of setElementOrder list');
    from = at;
  }
}

function mergeLists(original: readonly unknown[], patch: readonly unknown[], strategy: FieldStrategy): unknown[] {
  if (!original.some(isMap) && !patch.some(isMap)) return mergePrimitives(original, patch);
  const { mergeKey } = strategy;
  if (mergeKey === undefined) throw rejectedPatch(new Error('cannot merge lists without merge key'));
  const { kept, changes, replaced } = listDirectives(original, patch, mergeKey);
  if (replaced) return changes;
  const result = [...kept];
  const places = new Map(result.map((item, index) => [identity(item, mergeKey), index]));
  for (const item of changes) {
    if (!isMap(item) || !(mergeKey in item)) throw missingKey(item, mergeKey);
    const id = identity(item, mergeKey);
    const place = places.get(id);
    if (place === undefined) {
      places.set(id, result.length);
      result.push(plain(item));
    } else result[place] = mergeMaps(result[place] as Json, item, strategy.element);
  }
  return orderElements(result, changes, original, mergeKey);
}

function mergePrimitives(original: readonly unknown[], patch: readonly unknown[]): unknown[] {
  const merged = [...new Set([...original, ...patch])];
  return orderElements(merged, patch, original, undefined);
}

interface ListChange {
  kept: readonly unknown[];
  changes: unknown[];
  replaced: boolean;
}

/** Takes `$patch` items out of a patch's list and does what they say to the original. */
function listDirectives(original: readonly unknown[], patch: readonly unknown[], mergeKey: string): ListChange {
  const changes: unknown[] = [];
  const deleted = new Set<string>();
  let replaced = false;
  for (const item of patch) {
    const directive = isMap(item) ? item[PATCH] : undefined;
    if (directive === undefined) changes.push(item);
    else if (directive === 'replace') replaced = true;
    else if (directive === 'delete') deleted.add(deletedIdentity(item as Json, mergeKey));
    else if (directive === 'merge') throw rejectedPatch(new Error('merging lists cannot yet be specified in the patch'));
    else throw unknownDirective(directive, item);
  }
  const kept = deleted.size === 0 ? original : original.filter((item) => !deleted.has(identity(item, mergeKey)));
  return { kept, changes, replaced };
}

function deletedIdentity(item: Json, mergeKey: string): string {
  if (!(mergeKey in item)) throw missingKey(item, mergeKey);
  return identity(item, mergeKey);
}

function missingKey(item: unknown, mergeKey: string): Error {
  return rejectedPatch(new Error(`map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`));
}

function unknownDirective(directive: unknown, map: unknown): Error {
  return rejectedPatch(new Error(`unknown patch type: ${String(directive)} in map: ${JSON.stringify(map)}`));
}
