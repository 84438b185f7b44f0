import { fieldDuplicate, fieldTooMany } from '#apimachinery';
import { report, reportMissing, type Check } from './check.ts';
import { itemsByKey, keyOfItem } from './correlate.ts';
import { additionalOf, fieldPath, isJson, itemsOf, type Json, type Schema } from './schema.ts';

/** Compiles the schema of a part. */
type Compile = (schema: Schema) => Check | undefined;

/** The checks of objects: how many fields, which ones, and what is in them. */
export function objectChecks(schema: Schema, compile: Compile): Check[] {
  const { minProperties, maxProperties, required = [] } = schema;
  const checks: ((value: Json, old: Json | undefined, path: string, run: Parameters<Check>[3]) => void)[] = [];
  if (minProperties !== undefined)
    checks.push((value, _old, path, run) => {
      const count = Object.keys(value).length;
      if (count < minProperties) report(run, path, count, `should have at least ${minProperties} properties`);
    });
  if (maxProperties !== undefined)
    checks.push((value, _old, path, run) => {
      const count = Object.keys(value).length;
      if (count > maxProperties) run.errors.push(fieldTooMany(path, count, maxProperties));
    });
  if (required.length > 0)
    checks.push((value, _old, path, run) => {
      for (const name of required) if (!Object.hasOwn(value, name) || value[name] === undefined) reportMissing(run, fieldPath(path, name));
    });
  const fields = fieldCheck(schema, compile);
  if (fields !== undefined) checks.push(fields);
  return checks.map((check) => (value, old, path, run) => {
    if (isJson(value)) check(value, isJson(old) ? old : undefined, path, run);
  });
}

type FieldCheck = (value: Json, old: Json | undefined, path: string, run: Parameters<Check>[3]) => void;

function fieldCheck(schema: Schema, compile: Compile): FieldCheck | undefined {
  const properties = new Map<string, Check>();
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    const check = compile(child);
    if (check !== undefined) properties.set(name, check);
  }
  const named = new Set(Object.keys(schema.properties ?? {}));
  const free = additionalOf(schema);
  const others = free === undefined ? undefined : compile(free);
  if (others === undefined && properties.size === 0) return undefined;
  return (value, old, path, run) => {
    for (const name of Object.keys(value)) {
      const check = properties.get(name) ?? (named.has(name) ? undefined : others);
      check?.(value[name], old === undefined || !Object.hasOwn(old, name) ? undefined : old[name], fieldPath(path, name), run);
    }
  };
}

/** The checks of lists: how many items, what they are, and that none is there twice. */
export function listChecks(schema: Schema, compile: Compile): Check[] {
  const { minItems, maxItems } = schema;
  const checks: ((value: unknown[], old: unknown, path: string, run: Parameters<Check>[3]) => void)[] = [];
  if (minItems !== undefined)
    checks.push((value, _old, path, run) => {
      if (value.length < minItems) report(run, path, value.length, `should have at least ${minItems} items`);
    });
  if (maxItems !== undefined)
    checks.push((value, _old, path, run) => {
      if (value.length > maxItems) run.errors.push(fieldTooMany(path, value.length, maxItems));
    });
  const items = itemsOf(schema);
  const item = items === undefined ? undefined : compile(items);
  if (item !== undefined)
    checks.push((value, old, path, run) => {
      const before = run.ratcheting ? itemsByKey(schema, old) : undefined;
      value.forEach((each, i) => item(each, before?.get(keyOfItem(schema, each) ?? ''), `${path}[${i}]`, run));
    });
  const listType = schema['x-kubernetes-list-type'];
  if (listType === 'set' || listType === 'map') checks.push(duplicateCheck(schema));
  return checks.map((check) => (value, old, path, run) => {
    if (Array.isArray(value)) check(value, old, path, run);
  });
}

function duplicateCheck(schema: Schema): (value: unknown[], old: unknown, path: string, run: Parameters<Check>[3]) => void {
  return (value, _old, path, run) => {
    const seen = new Set<string>();
    for (const [i, item] of value.entries()) {
      const key = keyOfItem(schema, item);
      if (key === undefined) continue;
      if (seen.has(key)) run.errors.push(fieldDuplicate(`${path}[${i}]`, JSON.parse(key)));
      seen.add(key);
    }
  };
}
