import { formatFieldPath } from '../fieldset/path.ts';
import type { FieldSet } from '../fieldset/field-set.ts';
import type { ListSchema, Schema } from '../patch/schema.ts';
import { formOf, isHollow, isMap, itemElement, schemaOfField } from './list-items.ts';

type Building = Record<string, FieldSet>;

/** An applied configuration that its schema does not allow. The message begins with the path. */
export class NotOfSchema extends Error {
  constructor(path: readonly string[], problem: string) {
    super(`${formatFieldPath(path)}: ${problem}`);
  }
}

/**
 * The fields that an applied configuration speaks of. Throws NotOfSchema for undeclared fields, for values of another
 * form than declared, and for items of lists without their keys or with the same ones.
 */
export function fieldSetOf(value: unknown, schema: Schema): FieldSet {
  return isMap(value) ? fieldsOf(value, schema, []) : {};
}

function nodeOf(value: unknown, schema: Schema, path: string[]): FieldSet {
  const form = formOf(schema, value);
  if (form === 'leaf' || value === null) return {};
  if (form === 'map') {
    if (!isMap(value)) throw new NotOfSchema(path, `expected map, got ${JSON.stringify(value)}`);
    return fieldsOf(value, schema, path);
  }
  if (!Array.isArray(value)) throw new NotOfSchema(path, `expected list, got ${JSON.stringify(value)}`);
  return itemsOf(value, schema as ListSchema, path);
}

function fieldsOf(value: Record<string, unknown>, schema: Schema, path: string[]): FieldSet {
  const node: Building = {};
  for (const field of Object.keys(value)) {
    const child = value[field];
    if (child === undefined) continue;
    path.push(`f:${field}`);
    const fieldSchema = schemaOfField(schema, field);
    if (fieldSchema === undefined) throw new NotOfSchema(path, 'field not declared in schema');
    const named = schema.kind === 'struct' && schema.fields.has(field);
    const below = nodeOf(child, fieldSchema, path);
    const owned = !named || formOf(fieldSchema, child) === 'leaf' || child === null || (isMap(child) && isHollow(child));
    insert(node, `f:${field}`, below, owned);
    path.pop();
  }
  return node;
}

function itemsOf(list: readonly unknown[], schema: ListSchema, path: string[]): FieldSet {
  const node: Building = {};
  list.forEach((item, index) => {
    checkKeys(item, index, schema, path);
    const element = itemElement(schema, item);
    path.push(element);
    if (node[element] !== undefined) throw new NotOfSchema(path.slice(0, -1), `duplicate entries for key ${formatFieldPath([element])}`);
    insert(node, element, schema.listType === 'set' ? {} : nodeOf(item, schema.element, path), true);
    path.pop();
  });
  return node;
}

/** A node that is empty would be read as a member: one that owns nothing must not appear. */
function insert(node: Building, element: string, below: FieldSet, owned: boolean): void {
  const hollow = isHollow(below);
  if (hollow && !owned) return;
  node[element] = owned && !hollow ? { '.': {}, ...below } : below;
}

function checkKeys(item: unknown, index: number, schema: ListSchema, path: readonly string[]): void {
  if (schema.listType !== 'map') return;
  if (!isMap(item)) throw new NotOfSchema(path, `element ${index}: associative list with keys may not have non-map elements`);
  const { mapKeys = [], element } = schema;
  for (const name of mapKeys) {
    const known = (item[name] ?? undefined) !== undefined || (element.kind === 'struct' && element.fields.get(name)?.default !== undefined);
    if (!known) {
      throw new NotOfSchema(
        path,
        `element ${index}: associative list with keys has an element that omits key field ${JSON.stringify(name)} (and doesn't have default value)`,
      );
    }
  }
}
