import { isJson, itemsOf, type Json, type Schema } from './schema.ts';

/** What tells an item of a set or of a map-like list apart, as JSON; undefined where nothing does. */
export function keyOfItem(schema: Schema, item: unknown): string | undefined {
  const listType = schema['x-kubernetes-list-type'];
  if (listType === 'set') return JSON.stringify(sorted(item));
  if (listType !== 'map' || !isJson(item)) return undefined;
  const keys: Json = {};
  for (const name of schema['x-kubernetes-list-map-keys'] ?? []) {
    const value = item[name] ?? itemsOf(schema)?.properties?.[name]?.default;
    if (value !== undefined) keys[name] = value;
  }
  return JSON.stringify(keys);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isJson(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((name) => [name, sorted(value[name])]),
  );
}

/** The items of a map-like list by their keys; undefined for lists in which old and new items cannot be told to be the same. */
export function itemsByKey(schema: Schema, list: unknown): Map<string, unknown> | undefined {
  if (schema['x-kubernetes-list-type'] !== 'map' || !Array.isArray(list)) return undefined;
  return new Map(list.map((item: unknown) => [keyOfItem(schema, item) ?? '', item]));
}
