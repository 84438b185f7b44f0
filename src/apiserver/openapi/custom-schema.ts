import type { Dialect } from './scalar-schemas.ts';
import type { JsonSchema, ServedKind } from './served-kind.ts';

/** What the second version of OpenAPI, as clients check it, has no words for. */
const NOT_IN_V2 = new Set(['oneOf', 'anyOf', 'allOf', 'not', 'nullable', 'default', 'x-kubernetes-validations']);

/** The schema of a custom resource as it is published: with the fields that every object has. */
export function customSchema(
  served: ServedKind,
  dialect: Dialect,
  objectMeta: JsonSchema,
  typeMeta: Record<string, JsonSchema>,
): JsonSchema {
  const own = dialect === 2 ? forV2(served.customSchema ?? {}) : { ...served.customSchema };
  const { group, version, kind } = served;
  const gvk = [{ group, kind, version }];
  if (own['type'] === undefined || (own['x-kubernetes-preserve-unknown-fields'] === true && dialect === 2)) {
    return { type: 'object', 'x-kubernetes-group-version-kind': gvk };
  }
  const metadata = dialect === 2 ? objectMeta : { allOf: [objectMeta], description: 'Standard metadata of an object.' };
  const properties = { ...(own['properties'] as JsonSchema | undefined), ...typeMeta, metadata };
  return { ...own, properties, 'x-kubernetes-group-version-kind': gvk };
}

/** The schema of a list of custom resources. */
export function customListSchema(
  served: ServedKind,
  item: JsonSchema,
  listMeta: JsonSchema,
  typeMeta: Record<string, JsonSchema>,
): JsonSchema {
  const { group, version, kind, listKind = `${kind}List` } = served;
  return {
    description: `${listKind} is a list of ${kind}`,
    properties: { ...typeMeta, items: { description: `List of ${served.resource}.`, items: item, type: 'array' }, metadata: listMeta },
    required: ['items'],
    type: 'object',
    'x-kubernetes-group-version-kind': [{ group, kind: listKind, version }],
  };
}

function forV2(schema: JsonSchema): JsonSchema {
  if (schema['x-kubernetes-int-or-string'] === true) return without(schema, 'type');
  if (schema['nullable'] === true) return without(schema, 'type', 'items', 'properties', 'additionalProperties', 'required');
  return without(schema);
}

function without(schema: JsonSchema, ...names: string[]): JsonSchema {
  const entries = Object.entries(schema).filter(([name]) => !NOT_IN_V2.has(name) && !names.includes(name));
  return Object.fromEntries(entries.map(([name, value]) => [name, inner(name, value)]));
}

function inner(name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  if (name === 'items' || name === 'additionalProperties') return forV2(value as JsonSchema);
  if (name !== 'properties') return value;
  return Object.fromEntries(Object.entries(value as JsonSchema).map(([field, schema]) => [field, forV2(schema as JsonSchema)]));
}
