import { emptyFieldSet, isMember, type FieldSet } from '../fieldset/field-set.ts';
import { jsonEqual } from '../object-equal.ts';
import { ownField } from '../own-field.ts';
import { scalarSchema, type ListSchema, type Schema } from '../patch/schema.ts';
import { formOf, groupItems, isHollow, isMap, itemElement, schemaOfField, type Json } from './list-items.ts';
import { wholeNode } from './whole-field-set.ts';

/** The fields in which two objects differ. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** What no manager owns: the object's identity and what the server writes. */
export const UNOWNED: FieldSet = {
  'f:apiVersion': {},
  'f:kind': {},
  'f:metadata': {
    'f:name': {},
    'f:namespace': {},
    'f:creationTimestamp': {},
    'f:selfLink': {},
    'f:uid': {},
    'f:clusterName': {},
    'f:generation': {},
    'f:managedFields': {},
    'f:resourceVersion': {},
  },
};

/** Compares field by field, leaving out the subtrees in `skip`. Undefined when nothing differs: then nothing is allocated for it. */
export function compareObjects(before: object, after: object, schema: Schema, skip: FieldSet = UNOWNED): Comparison | undefined {
  const walk = new Walk();
  walk.fields(before as Json, after as Json, schema, skip);
  return walk.result();
}

const LEAF: FieldSet = emptyFieldSet;
const NOTHING: Json = Object.freeze({});

class Walk {
  readonly #path: string[] = [];
  #added: FieldSet | undefined;
  #modified: FieldSet | undefined;
  #removed: FieldSet | undefined;

  result(): Comparison | undefined {
    if (!this.#added && !this.#modified && !this.#removed) return undefined;
    return { added: this.#added ?? emptyFieldSet, modified: this.#modified ?? emptyFieldSet, removed: this.#removed ?? emptyFieldSet };
  }

  fields(before: Json, after: Json, schema: Schema, skip: FieldSet | undefined): void {
    for (const field in after) this.#field(field, before, after, schema, skip);
    for (const field in before) {
      if (ownField(after, field) === undefined) this.#field(field, before, after, schema, skip);
    }
  }

  #field(field: string, before: Json, after: Json, schema: Schema, skip: FieldSet | undefined): void {
    let old = ownField(before, field);
    let now = ownField(after, field);
    if (old === now) return;
    const element = `f:${field}`;
    const skipped = skip?.[element];
    if (skipped !== undefined && isMember(skipped)) return;
    const fieldSchema = schemaOfField(schema, field);
    if (fieldSchema === undefined) return;
    if (schema.kind === 'struct' && schema.fields.get(field)?.always) {
      old ??= placeholder(fieldSchema);
      now ??= placeholder(fieldSchema);
    }
    this.#path.push(element);
    this.#value(old, now, fieldSchema, skipped);
    this.#path.pop();
  }

  #value(before: unknown, after: unknown, schema: Schema, skip: FieldSet | undefined): void {
    if (before === after) return;
    if (before === undefined) this.#added = inserted(this.#added, this.#path, wholeNode(after, schema, skip));
    else if (after === undefined) this.#removed = inserted(this.#removed, this.#path, wholeNode(before, schema, skip));
    else this.#change(before, after, schema, skip);
  }

  #change(before: unknown, after: unknown, schema: Schema, skip: FieldSet | undefined): void {
    const form = formOf(schema, after);
    const isLeaf = form === 'leaf' || (isHollow(before) && isHollow(after)) || !fits(form, before) || !fits(form, after);
    if (!isLeaf && form === 'map') this.fields(asMap(before), asMap(after), schema, skip);
    else if (!isLeaf) this.#items(before, after, schema as ListSchema);
    else if (!jsonEqual(before, after)) this.#modified = inserted(this.#modified, this.#path, LEAF);
  }

  #items(before: unknown, after: unknown, schema: ListSchema): void {
    const old = Array.isArray(before) ? (before as unknown[]) : [];
    const now = Array.isArray(after) ? (after as unknown[]) : [];
    if (schema.listType === 'map' ? this.#itemsInPlace(old, now, schema) : jsonEqual(old, now)) return;
    const oldGroups = groupItems(schema, old);
    for (const [element, group] of groupItems(schema, now)) {
      this.#group(element, oldGroups.get(element), group, schema);
      oldGroups.delete(element);
    }
    for (const [element, group] of oldGroups) this.#group(element, group, undefined, schema);
  }

  /** The usual case, the same items in the same places, without a look-up. */
  #itemsInPlace(old: unknown[], now: unknown[], schema: ListSchema): boolean {
    if (old.length !== now.length) return false;
    const { mapKeys = [] } = schema;
    for (let index = 0; index < old.length; index++) {
      const a = old[index];
      const b = now[index];
      if (a === b) continue;
      if (!isMap(a) || !isMap(b)) return false;
      for (const name of mapKeys) if (a[name] !== b[name]) return false;
    }
    for (let index = 0; index < old.length; index++) {
      if (jsonEqual(old[index], now[index])) continue;
      this.#group(itemElement(schema, now[index]), [old[index]], [now[index]], schema);
    }
    return true;
  }

  #group(element: string, before: unknown[] | undefined, after: unknown[] | undefined, schema: ListSchema): void {
    const single = (before?.length ?? 1) === 1 && (after?.length ?? 1) === 1;
    this.#path.push(element);
    if (single) this.#value(before?.[0], after?.[0], schema.element, undefined);
    else this.#value(before, after, scalarSchema, undefined);
    this.#path.pop();
  }
}

function placeholder(schema: Schema): unknown {
  return schema.kind === 'struct' ? NOTHING : schema.kind === 'scalar' ? undefined : null;
}

function fits(form: 'map' | 'list', value: unknown): boolean {
  return value === null || (form === 'list' ? Array.isArray(value) : isMap(value));
}

const asMap = (value: unknown): Json => (isMap(value) ? value : NOTHING);

interface Building {
  [element: string]: Building;
}

/** Puts a node where nothing is yet but, perhaps, nodes above it. */
function inserted(set: FieldSet | undefined, path: readonly string[], node: FieldSet): FieldSet {
  const top: Building = set ?? {};
  let at = top;
  for (let index = 0; index < path.length - 1; index++) at = at[path[index]!] ??= {};
  at[path.at(-1)!] = node;
  return top;
}
