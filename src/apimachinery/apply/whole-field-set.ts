import { isMember, type FieldSet } from '../fieldset/field-set.ts';
import type { ListSchema, Schema } from '../patch/schema.ts';
import { formOf, groupItems, isHollow, isMap, schemaOfField } from './list-items.ts';

type Building = Record<string, FieldSet>;

/** All paths of a value that has come or gone as a whole, as one node: itself and everything below it but `skip`. */
export function wholeNode(value: unknown, schema: Schema, skip: FieldSet | undefined): FieldSet {
  const form = formOf(schema, value);
  if (form === 'leaf' || isHollow(value)) return {};
  const node: Building = { '.': {} };
  if (form === 'map' && isMap(value)) addFields(node, value, schema, skip);
  else if (form === 'list' && Array.isArray(value)) addItems(node, value, schema as ListSchema);
  return Object.keys(node).length === 1 ? {} : node;
}

function addFields(node: Building, value: Record<string, unknown>, schema: Schema, skip: FieldSet | undefined): void {
  for (const field of Object.keys(value)) {
    const child = value[field];
    const fieldSchema = schemaOfField(schema, field);
    if (child === undefined || fieldSchema === undefined) continue;
    const element = `f:${field}`;
    const skipped = skip?.[element];
    if (skipped === undefined || !isMember(skipped)) node[element] = wholeNode(child, fieldSchema, skipped);
  }
}

function addItems(node: Building, list: readonly unknown[], schema: ListSchema): void {
  for (const [element, group] of groupItems(schema, list)) {
    node[element] = group.length === 1 ? wholeNode(group[0], schema.element, undefined) : {};
  }
}
