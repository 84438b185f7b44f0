import { keyElement, valueElement } from '../fieldset/path.ts';
import type { ListSchema, Schema } from '../patch/schema.ts';

/** An object of JSON. */
export type Json = Record<string, unknown>;

/** Whether the value is an object, not a list. */
export const isMap = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether items of the list are merged and owned one by one. */
export const isGranularList = (schema: ListSchema): boolean => schema.listType === 'map' || schema.listType === 'set';

/** The element of a path that stands for an item of a granular list. */
export function itemElement(schema: ListSchema, item: unknown): string {
  return schema.listType === 'map' ? keyElement(keysOf(schema, item)) : valueElement(item);
}

/** The values of an item's keys; one that is absent counts as its default, or else as null. */
export function keysOf(schema: ListSchema, item: unknown): Json {
  const keys: Json = {};
  for (const name of schema.mapKeys ?? []) {
    const value = isMap(item) ? item[name] : undefined;
    keys[name] = value ?? defaultOf(schema.element, name) ?? null;
  }
  return keys;
}

function defaultOf(element: Schema, field: string): unknown {
  return element.kind === 'struct' ? element.fields.get(field)?.default : undefined;
}

/** Items by their element; items that share one (which validation refuses, but old data may have) stand together. */
export function groupItems(schema: ListSchema, list: readonly unknown[]): Map<string, unknown[]> {
  const groups = new Map<string, unknown[]>();
  for (const item of list) {
    const element = itemElement(schema, item);
    const group = groups.get(element);
    if (group === undefined) groups.set(element, [item]);
    else group.push(item);
  }
  return groups;
}

/** The schema of an object's field: declared, additional, or of any name. Undefined: there is no such field. */
export function schemaOfField(schema: Schema, field: string): Schema | undefined {
  if (schema.kind === 'struct') return schema.fields.get(field)?.schema ?? schema.additional;
  return schema.kind === 'map' ? schema.element : schema;
}

/** The ways to walk a value. */
export type Form = 'leaf' | 'map' | 'list';

/** How a value is walked: into the fields of a map, the items of a granular list, or not at all. */
export function formOf(schema: Schema, value: unknown): Form {
  switch (schema.kind) {
    case 'struct':
    case 'map':
      return schema.atomic ? 'leaf' : 'map';
    case 'list':
      return isGranularList(schema) ? 'list' : 'leaf';
    default:
      return schema.untyped && isMap(value) ? 'map' : 'leaf';
  }
}

/** Nothing in it: what has no parts is owned as a whole. */
export function isHollow(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  for (const _ in value as Json) return false;
  return true;
}
