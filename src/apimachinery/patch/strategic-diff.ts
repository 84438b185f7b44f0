import { jsonEqual } from '../object-equal.ts';
import { ownField, setField } from '../own-field.ts';
import { identity, orderElements } from './element-order.ts';
import type { Schema } from './schema.ts';
import { DELETE_FROM, isMap, PATCH, RETAIN_KEYS, SET_ORDER, strategyOf, type FieldStrategy, type Json } from './strategy.ts';

interface Wanted {
  /** Fields and items that the modified object no longer has. */
  deletions: boolean;
  /** New and changed ones. */
  changes: boolean;
}

/** The strategic merge patch that turns `original` into `modified`; `{}` when they are equal. */
export function createStrategicMergePatch(original: object, modified: object, schema: Schema): Record<string, unknown> {
  return diffMaps(original as Json, modified as Json, schema, { deletions: true, changes: true }, false);
}

/**
 * The patch that a client-side apply sends: `current` gets all that `modified` says, and loses what `original` (the last
 * applied configuration) had and `modified` has not. What others have set stays.
 */
export function createThreeWayMergePatch(original: object, modified: object, current: object, schema: Schema): Record<string, unknown> {
  const delta = diffMaps(current as Json, modified as Json, schema, { deletions: false, changes: true }, false);
  const deletions = diffMaps(original as Json, modified as Json, schema, { deletions: true, changes: false }, false);
  return combine(deletions, delta, schema);
}

function diffMaps(original: Json, modified: Json, schema: Schema | undefined, wanted: Wanted, retain: boolean): Json {
  const patch: Json = {};
  for (const key of Object.keys(modified)) {
    const after = modified[key];
    if (after === undefined) continue;
    diffField(patch, key, ownField(original, key), after, strategyOf(schema, key), wanted);
  }
  for (const key of Object.keys(original)) {
    if (wanted.deletions && original[key] !== undefined && ownField(modified, key) === undefined) setField(patch, key, null);
  }
  if (retain && Object.keys(patch).length > 0) patch[RETAIN_KEYS] = Object.keys(modified).sort();
  return patch;
}

function diffField(patch: Json, key: string, before: unknown, after: unknown, strategy: FieldStrategy, wanted: Wanted): void {
  if (isMap(before) && isMap(after) && !strategy.replace) {
    const nested = diffMaps(before, after, strategy.schema, wanted, strategy.retainKeys);
    if (Object.keys(nested).length > 0) setField(patch, key, nested);
  } else if (Array.isArray(before) && Array.isArray(after) && strategy.merge) {
    diffLists(patch, key, before, after, strategy, wanted);
  } else if (wanted.changes && !jsonEqual(before, after)) setField(patch, key, after);
}

function diffLists(patch: Json, key: string, before: unknown[], after: unknown[], strategy: FieldStrategy, wanted: Wanted): void {
  if (strategy.mergeKey === undefined) return diffPrimitives(patch, key, before, after, wanted);
  const { mergeKey } = strategy;
  const items = diffItems(before, after, strategy, mergeKey, wanted);
  if (items.length > 0) patch[key] = items;
  if (items.length > 0 || !sameOrder(before, after, mergeKey)) {
    patch[SET_ORDER + key] = after.map((item) => ({ [mergeKey]: (item as Json)[mergeKey] }));
  }
}

function diffItems(before: unknown[], after: unknown[], strategy: FieldStrategy, mergeKey: string, wanted: Wanted): Json[] {
  const old = new Map(before.map((item) => [identity(item, mergeKey), item as Json]));
  const items: Json[] = [];
  for (const item of after as Json[]) {
    const id = identity(item, mergeKey);
    const previous = old.get(id);
    old.delete(id);
    if (previous === undefined) {
      if (wanted.changes) items.push(item);
      continue;
    }
    const change = diffMaps(previous, item, strategy.element, wanted, strategy.retainKeys);
    if (Object.keys(change).length > 0) items.push({ ...change, [mergeKey]: item[mergeKey] });
  }
  if (wanted.deletions) for (const item of old.values()) items.push({ [PATCH]: 'delete', [mergeKey]: item[mergeKey] });
  return items;
}

function diffPrimitives(patch: Json, key: string, before: unknown[], after: unknown[], wanted: Wanted): void {
  const added = wanted.changes ? after.filter((item) => !before.includes(item)) : [];
  const removed = wanted.deletions ? before.filter((item) => !after.includes(item)) : [];
  if (added.length > 0) patch[key] = added;
  if (removed.length > 0) patch[DELETE_FROM + key] = removed;
  if (added.length > 0 || removed.length > 0 || !sameOrder(before, after, undefined)) patch[SET_ORDER + key] = after;
}

/** Whether the items that both lists have stand in the same order. */
function sameOrder(before: unknown[], after: unknown[], mergeKey: string | undefined): boolean {
  const ids = after.map((item) => identity(item, mergeKey));
  const wanted = new Set(ids);
  const had = before.map((item) => identity(item, mergeKey)).filter((id) => wanted.has(id));
  const hadSet = new Set(had);
  return jsonEqual(
    had,
    ids.filter((id) => hadSet.has(id)),
  );
}

/** One patch of two; where both speak of the same thing, the second counts. */
function combine(first: Json, second: Json, schema: Schema | undefined): Json {
  const result: Json = { ...first };
  for (const key of Object.keys(second)) {
    const a = ownField(first, key);
    const b = second[key];
    const strategy = strategyOf(schema, key);
    if (isMap(a) && isMap(b)) setField(result, key, combine(a, b, strategy.schema));
    else if (Array.isArray(a) && Array.isArray(b) && strategy.merge && strategy.mergeKey !== undefined) {
      const order = second[SET_ORDER + key] ?? first[SET_ORDER + key] ?? [];
      const items = combineLists(a as Json[], b as Json[], strategy, strategy.mergeKey);
      result[key] = orderElements(items, order as unknown[], [], strategy.mergeKey);
    } else setField(result, key, b);
  }
  return result;
}

function combineLists(first: Json[], second: Json[], strategy: FieldStrategy, mergeKey: string): Json[] {
  const rest = new Map(first.map((item) => [identity(item, mergeKey), item]));
  const items = second.map((item) => {
    const id = identity(item, mergeKey);
    const other = rest.get(id);
    rest.delete(id);
    return other === undefined ? item : combine(other, item, strategy.element);
  });
  return [...items, ...rest.values()];
}
