import type { Documentation, FieldDescription, StructDescription, TypeDescription } from '#api';
import { definitionName } from './names.ts';
import { inlineScalar, scalarDefinition, scalarName, zeroOf, type Dialect } from './scalar-schemas.ts';
import type { JsonSchema } from './served-kind.ts';

/** The group-versions and kinds under which a type is served. */
export type GroupVersionKinds = (struct: StructDescription) => readonly { group: string; version: string; kind: string }[];

/** What the fields are that all kinds have. */
const STANDARD: Readonly<Record<string, string>> = {
  metadata: 'The standard metadata, which all objects have.',
  spec: 'What is wanted.',
  status: 'What was last observed. Written by the system.',
};

/** Collects the schemas of types, and of all types that they are made of. */
export class Definitions {
  readonly #schemas = new Map<string, JsonSchema>();
  readonly #dialect: Dialect;
  readonly #documentation: Documentation;
  readonly #kinds: GroupVersionKinds;

  constructor(dialect: Dialect, documentation: Documentation, kinds: GroupVersionKinds) {
    this.#dialect = dialect;
    this.#documentation = documentation;
    this.#kinds = kinds;
  }

  /** All schemas so far, sorted by name. */
  all(): Record<string, JsonSchema> {
    return Object.fromEntries([...this.#schemas].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** A reference to a type, whose schema is added. */
  ref(struct: StructDescription): JsonSchema {
    const name = definitionName(struct);
    if (!this.#schemas.has(name)) {
      this.#schemas.set(name, {});
      this.#schemas.set(name, this.#struct(struct));
    }
    return this.refTo(name);
  }

  /** Adds a schema that is made elsewhere. */
  add(name: string, schema: JsonSchema): JsonSchema {
    this.#schemas.set(name, schema);
    return this.refTo(name);
  }

  refTo(name: string): JsonSchema {
    return { $ref: `#/${this.#dialect === 2 ? 'definitions' : 'components/schemas'}/${name}` };
  }

  #struct(struct: StructDescription): JsonSchema {
    const schema: JsonSchema = {};
    const description = this.#documentation.ofType(struct);
    if (description !== '') schema['description'] = description;
    const fields = struct.fields.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    if (fields.length > 0) schema['properties'] = Object.fromEntries(fields.map((field) => [field.name, this.#field(struct, field)]));
    const required = struct.fields.filter(isRequired).map((field) => field.name);
    if (required.length > 0) schema['required'] = required;
    schema['type'] = 'object';
    const kinds = this.#kinds(struct);
    if (kinds.length > 0) schema['x-kubernetes-group-version-kind'] = kinds.map(({ group, version, kind }) => ({ group, kind, version }));
    if (struct.atomic) schema['x-kubernetes-map-type'] = 'atomic';
    return schema;
  }

  #field(struct: StructDescription, field: FieldDescription): JsonSchema {
    const extra: JsonSchema = {};
    const value = this.#defaultOf(field);
    if (value !== undefined) extra['default'] = value;
    const description = this.#documentation.ofField(struct, field.name) || this.#describeByType(field);
    if (description !== '') extra['description'] = description;
    return { ...this.#type(field.type, extra), ...extensions(field) };
  }

  /**
   * The client's models say nothing of fields that hold one struct: the first sentence on the struct has to do. In the
   * third version clients read that text off the struct themselves and would show it twice.
   */
  #describeByType({ name, type }: FieldDescription): string {
    if (type.form !== 'struct') return '';
    if (name in STANDARD || this.#dialect === 3) return STANDARD[name] ?? '';
    return /^.*?\.(?= |$)/s.exec(this.#documentation.ofType(type.struct))?.[0] ?? '';
  }

  #defaultOf(field: FieldDescription): unknown {
    if (field.default !== undefined) return field.default;
    if (this.#dialect === 2 || field.pointer) return undefined;
    const { type } = field;
    if (type.form === 'struct') return {};
    if (type.form !== 'scalar') return undefined;
    const zero = zeroOf(type);
    return field.omitEmpty && scalarName(type) === undefined ? undefined : zero;
  }

  #type(type: TypeDescription, extra: JsonSchema = {}): JsonSchema {
    if (type.form === 'list') return { ...extra, items: this.#element(type.element), type: 'array' };
    if (type.form === 'map') return { additionalProperties: this.#element(type.element), ...extra, type: 'object' };
    if (type.form === 'struct') return this.#reference(this.ref(type.struct), extra);
    const name = scalarName(type);
    if (name === undefined) return { ...extra, ...inlineScalar(type) };
    return this.#reference(this.add(name, scalarDefinition(type, this.#dialect)), extra);
  }

  #element(type: TypeDescription): JsonSchema {
    if (this.#dialect === 2 || type.form === 'list' || type.form === 'map') return this.#type(type);
    const zero = type.form === 'struct' ? {} : zeroOf(type);
    return this.#type(type, zero === undefined ? {} : { default: zero });
  }

  /** In the third version nothing may stand beside a reference. */
  #reference(ref: JsonSchema, extra: JsonSchema): JsonSchema {
    if (this.#dialect === 2) return { ...ref, ...extra };
    return Object.keys(extra).length === 0 ? ref : { allOf: [ref], ...extra };
  }
}

const isRequired = (field: FieldDescription): boolean => field.required || (!field.omitEmpty && !field.optional);

function extensions(field: FieldDescription): JsonSchema {
  const schema: JsonSchema = {};
  if (field.listMapKeys !== undefined) schema['x-kubernetes-list-map-keys'] = field.listMapKeys;
  if (field.listType !== undefined) schema['x-kubernetes-list-type'] = field.listType;
  const mapType = field.mapType ?? field.structType;
  if (mapType !== undefined) schema['x-kubernetes-map-type'] = mapType;
  if (field.patchMergeKey !== undefined) schema['x-kubernetes-patch-merge-key'] = field.patchMergeKey;
  if (field.patchStrategy !== undefined) schema['x-kubernetes-patch-strategy'] = field.patchStrategy.join(',');
  return schema;
}
