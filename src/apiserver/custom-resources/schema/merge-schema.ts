import { metadataSchema } from '#api';
import {
  scalarSchema,
  untypedSchema,
  type FieldSchema,
  type ListSchema,
  type Schema as MergeSchema,
  type StructSchema,
} from '#apimachinery';
import { additionalOf, itemsOf, keepsUnknown, type Schema } from './schema.ts';

/** How a custom resource's objects merge: for server-side apply and the books on managed fields. */
export function mergeSchemaOf(schema: Schema): StructSchema {
  let made: StructSchema | undefined;
  return {
    kind: 'struct',
    // Many definitions are never used.
    get fields() {
      return (made ??= resourceSchema(schema)).fields;
    },
    additional: keepsUnknown(schema) ? untypedSchema : undefined,
  };
}

function resourceSchema(schema: Schema): StructSchema {
  const fields = fieldsOf(schema);
  fields.set('apiVersion', { schema: scalarSchema });
  fields.set('kind', { schema: scalarSchema });
  fields.set('metadata', { schema: metadataSchema(), always: true });
  return { kind: 'struct', fields, additional: keepsUnknown(schema) ? untypedSchema : undefined };
}

function fieldsOf({ properties = {} }: Schema): Map<string, FieldSchema> {
  return new Map(Object.entries(properties).map(([name, child]) => [name, { schema: compile(child), default: child.default }]));
}

function compile(schema: Schema): MergeSchema {
  switch (schema.type) {
    case 'object':
      return compileObject(schema);
    case 'array':
      return compileList(schema);
    case undefined:
    case '':
      return schema['x-kubernetes-int-or-string'] === true ? scalarSchema : untypedSchema;
    default:
      return scalarSchema;
  }
}

function compileObject(schema: Schema): MergeSchema {
  const atomic = schema['x-kubernetes-map-type'] === 'atomic';
  if (schema['x-kubernetes-embedded-resource'] === true) return { ...resourceSchema(schema), atomic };
  const free = additionalOf(schema);
  if (free !== undefined) return { kind: 'map', element: compile(free), atomic };
  const fields = fieldsOf(schema);
  if (!keepsUnknown(schema)) return { kind: 'struct', fields, atomic };
  if (fields.size === 0 && !atomic) return untypedSchema;
  return { kind: 'struct', fields, additional: untypedSchema, atomic };
}

function compileList(schema: Schema): ListSchema {
  const listType = schema['x-kubernetes-list-type'] as ListSchema['listType'];
  const items = itemsOf(schema);
  return {
    kind: 'list',
    element: items === undefined ? untypedSchema : compile(items),
    listType,
    mapKeys: schema['x-kubernetes-list-map-keys'],
  };
}
