import { isMember, type FieldSet } from '../fieldset/field-set.ts';
import { ownField, setField } from '../own-field.ts';
import type { Schema } from '../patch/schema.ts';
import { formOf, isMap, itemElement, schemaOfField, type Json } from './list-items.ts';

/**
 * Removes what its manager used to apply (`last`) and nobody has (`managed`) any more. A field of a struct counts as
 * had as long as anything below it is. `value` stays unchanged; the result shares parts with it.
 */
export function prune(value: unknown, last: FieldSet, managed: FieldSet, schema: Schema): unknown {
  if (formOf(schema, value) === 'map') return isMap(value) ? pruneFields(value, last, managed, schema) : value;
  return Array.isArray(value) && schema.kind === 'list' ? pruneItems(value, last, managed, schema) : value;
}

function pruneFields(value: Json, last: FieldSet, managed: FieldSet, schema: Schema): Json {
  let result: Json | undefined;
  for (const element in last) {
    if (!element.startsWith('f:')) continue;
    const field = element.slice(2);
    const child = ownField(value, field);
    if (child === undefined) continue;
    const named = schema.kind === 'struct' && schema.fields.has(field);
    if (isOrphaned(last[element]!, managed[element], named)) {
      delete (result ??= { ...value })[field];
      continue;
    }
    const pruned = prune(child, last[element]!, managed[element] ?? {}, schemaOfField(schema, field) ?? { kind: 'scalar' });
    if (pruned !== child) setField((result ??= { ...value }), field, pruned);
  }
  return result ?? value;
}

function pruneItems(list: readonly unknown[], last: FieldSet, managed: FieldSet, schema: Schema & { kind: 'list' }): unknown {
  let changed = false;
  const result: unknown[] = [];
  for (const item of list) {
    const element = itemElement(schema, item);
    const before = last[element];
    if (before !== undefined && isOrphaned(before, managed[element], false)) {
      changed = true;
      continue;
    }
    const pruned = before === undefined ? item : prune(item, before, managed[element] ?? {}, schema.element);
    changed ||= pruned !== item;
    result.push(pruned);
  }
  return changed ? result : list;
}

function isOrphaned(last: FieldSet, managed: FieldSet | undefined, named: boolean): boolean {
  if (!named && !isMember(last)) return false;
  return managed === undefined || !(named || isMember(managed));
}
