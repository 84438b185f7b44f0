import {
  scalarSchema,
  untypedSchema,
  type FieldSchema,
  type ListSchema,
  type MapSchema,
  type Schema,
  type StructSchema,
} from '#apimachinery';
import type { FieldDescription, ScalarName, StructDescription, TypeDescription } from './types.ts';

const UNTYPED: ReadonlySet<ScalarName> = new Set(['RawExtension', 'any']);
/** Structs by value in Go: they are written even when a client leaves them out. */
const BY_VALUE: ReadonlySet<ScalarName> = new Set(['Time', 'MicroTime', 'Quantity', 'IntOrString', 'RawExtension']);

const schemas = new Map<StructDescription, StructSchema>();

/** The shape of a struct as patches and server-side apply look at it; one per struct, fields made on demand. */
export function mergeSchemaOf(struct: StructDescription, atomic = struct.atomic): StructSchema {
  if (atomic !== struct.atomic) return new LazyStruct(struct, atomic);
  let schema = schemas.get(struct);
  if (schema === undefined) schemas.set(struct, (schema = new LazyStruct(struct, atomic)));
  return schema;
}

class LazyStruct implements StructSchema {
  readonly kind = 'struct';
  readonly atomic: boolean;
  readonly #struct: StructDescription;
  #fields: ReadonlyMap<string, FieldSchema> | undefined;

  constructor(struct: StructDescription, atomic: boolean) {
    this.#struct = struct;
    this.atomic = atomic;
  }

  get fields(): ReadonlyMap<string, FieldSchema> {
    return (this.#fields ??= new Map(this.#struct.fields.map((field) => [field.name, fieldSchema(field)])));
  }
}

function fieldSchema(field: FieldDescription): FieldSchema {
  return {
    schema: typeSchema(field.type, field),
    patchStrategy: field.patchStrategy,
    patchMergeKey: field.patchMergeKey,
    default: field.default,
    always: isAlwaysThere(field),
  };
}

function isAlwaysThere(field: FieldDescription): boolean {
  const { type } = field;
  if (field.pointer || field.omitZero) return false;
  if (type.form === 'struct') return true;
  return !field.omitEmpty || (type.form === 'scalar' && BY_VALUE.has(type.scalar));
}

function typeSchema(type: TypeDescription, field?: FieldDescription): Schema {
  if (type.form === 'scalar') return UNTYPED.has(type.scalar) ? untypedSchema : scalarSchema;
  if (type.form === 'struct') {
    const mark = field?.structType ?? field?.mapType;
    return mergeSchemaOf(type.struct, mark === undefined ? type.struct.atomic : mark === 'atomic');
  }
  const element = type.element;
  if (type.form === 'map') {
    return { kind: 'map', element: typeSchema(element), atomic: field?.mapType === 'atomic' } satisfies MapSchema;
  }
  const keys = field?.listMapKeys;
  return { kind: 'list', element: typeSchema(element), listType: field?.listType, mapKeys: keys } satisfies ListSchema;
}
