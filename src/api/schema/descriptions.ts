import { FactFile, type FactField, type FactStruct, type FactType } from './facts.ts';
import texts from '../generated/facts.json' with { type: 'json' };
import type { FieldDescription, ScalarName, StructDescription, TypeDescription } from './types.ts';

const BUILTIN: Readonly<Record<string, ScalarName>> = {
  string: 'string',
  bool: 'bool',
  int32: 'int32',
  int64: 'int64',
  float64: 'float64',
  Time: 'Time',
  MicroTime: 'MicroTime',
  Quantity: 'Quantity',
  IntOrString: 'IntOrString',
  RawExtension: 'RawExtension',
  FieldsV1: 'FieldsV1',
  JSON: 'JSON',
  any: 'any',
  JSONSchemaPropsOrArray: 'JSONSchemaPropsOrArray',
  JSONSchemaPropsOrBool: 'JSONSchemaPropsOrBool',
  JSONSchemaPropsOrStringArray: 'JSONSchemaPropsOrStringArray',
};

/** How messages name the types that are not of the declaring package. */
const GO_NAMES: Readonly<Record<string, string>> = {
  Time: 'v1.Time',
  MicroTime: 'v1.MicroTime',
  Quantity: 'resource.Quantity',
  IntOrString: 'intstr.IntOrString',
  RawExtension: 'runtime.RawExtension',
  FieldsV1: 'v1.FieldsV1',
};

const files = new Map<string, FactFile>();
const structs = new Map<string, Struct>();
const fileOfGroupVersion = new Map<string, string>();
for (const [file, text] of Object.entries(texts)) {
  const [, group = '', version = ''] = /^group (\S+)\nversion (\S+)/.exec(text) ?? [];
  fileOfGroupVersion.set(`${group === '""' ? '' : group}/${version}`, file);
}

/** The group-versions that are described: `apps-v1` and what it stands for. */
export function groupVersions(): { file: string; group: string; version: string }[] {
  return [...fileOfGroupVersion].map(([key, file]) => {
    const slash = key.indexOf('/');
    return { file, group: key.slice(0, slash), version: key.slice(slash + 1) };
  });
}

/** The file of facts of a group-version, if there is one. */
export function factsOf(group: string, version: string): FactFile | undefined {
  const file = fileOfGroupVersion.get(`${group}/${version}`);
  return file === undefined ? undefined : fileNamed(file);
}

/** Where a kind is described. Kinds of the API machinery (Status, DeleteOptions, …) are found in every described group. */
export function kindDescription(group: string, version: string, kind: string): StructDescription | undefined {
  const file = group === 'meta.k8s.io' ? 'meta-v1' : fileOfGroupVersion.get(`${group}/${version}`);
  if (file === undefined) return undefined;
  const found = structDescription(file, kind) ?? structDescription('meta-v1', kind);
  return found?.isKind === true || kind === 'WatchEvent' ? found : undefined;
}

/** A struct by its file and name, through aliases. */
export function structDescription(file: string, name: string): StructDescription | undefined {
  const id = `${file}.${name}`;
  const known = structs.get(id);
  if (known !== undefined) return known;
  const facts = fileNamed(file);
  if (facts?.has(name) !== true) {
    const target = facts?.alias(name)?.type;
    return target?.form === 'plain' ? structDescription(target.file || file, target.name) : undefined;
  }
  const struct = new Struct(facts, name);
  structs.set(id, struct);
  return struct;
}

function fileNamed(file: string): FactFile | undefined {
  const known = files.get(file);
  if (known !== undefined || !(file in texts)) return known;
  const facts = new FactFile(file, (texts as Record<string, string>)[file] ?? '');
  files.set(file, facts);
  return facts;
}

/** Reads its facts when somebody asks for more than the name: most of what a kind refers to never occurs in an object. */
class Struct implements StructDescription {
  readonly name: string;
  readonly #facts: FactFile;
  #struct: FactStruct | undefined;
  #fields: readonly FieldDescription[] | undefined;
  #declared: readonly FieldDescription[] | undefined;

  constructor(facts: FactFile, name: string) {
    this.name = name;
    this.#facts = facts;
  }

  get file(): string {
    return this.#facts.file;
  }

  get version(): string {
    return this.#facts.version;
  }

  get isKind(): boolean {
    return this.#read()?.isKind ?? false;
  }

  get atomic(): boolean {
    return this.#read()?.atomic ?? false;
  }

  #read(): FactStruct | undefined {
    return (this.#struct ??= this.#facts.struct(this.name));
  }

  get declared(): readonly FieldDescription[] {
    return (this.#declared ??= (this.#read()?.fields ?? []).map((field) => describeField(this.#facts, field)));
  }

  get fields(): readonly FieldDescription[] {
    return (this.#fields ??= [...(this.isKind ? TYPE_META : []), ...this.declared.flatMap(flatten)]);
  }
}

function flatten(field: FieldDescription): readonly FieldDescription[] {
  if (field.name !== '' || field.type.form !== 'struct') return [field];
  return field.type.struct.fields;
}

const STRING: TypeDescription = { form: 'scalar', scalar: 'string', goName: 'string' };
const TYPE_META: readonly FieldDescription[] = ['kind', 'apiVersion'].map((name, index) => ({
  name,
  type: STRING,
  pointer: false,
  omitEmpty: true,
  omitZero: false,
  number: index + 1,
  optional: true,
  required: false,
}));

function describeField(facts: FactFile, field: FactField): FieldDescription {
  const { marks } = field;
  return {
    name: field.name,
    type: describeType(facts, field.type),
    pointer: field.type.pointer,
    omitEmpty: field.omitEmpty,
    omitZero: field.words.includes('omitzero'),
    number: Number(marks['pb'] ?? 0),
    patchStrategy: marks['patch']?.split(',') as FieldDescription['patchStrategy'],
    patchMergeKey: marks['key'],
    listType: marks['list'] as FieldDescription['listType'],
    listMapKeys: marks['keys']?.split(','),
    mapType: marks['map'] as FieldDescription['mapType'],
    structType: marks['struct'] as FieldDescription['structType'],
    default: marks['default'] === undefined ? undefined : JSON.parse(marks['default']),
    optional: field.words.includes('optional'),
    required: field.words.includes('required'),
  };
}

function describeType(facts: FactFile, type: FactType): TypeDescription {
  if (type.element?.name === 'byte' && type.form === 'list') return { form: 'scalar', scalar: 'bytes', goName: '[]uint8' };
  if (type.element !== undefined) {
    const element = describeType(facts, type.element);
    return type.form === 'list' ? { form: 'list', element, wrapped: false } : { form: 'map', element };
  }
  const scalar = BUILTIN[type.name];
  if (scalar !== undefined) return { form: 'scalar', scalar, goName: GO_NAMES[type.name] ?? type.name };
  return describeNamed(type.file === '' ? facts : fileNamed(type.file), type.name);
}

function describeNamed(facts: FactFile | undefined, name: string): TypeDescription {
  const alias = facts?.alias(name);
  if (facts !== undefined && alias !== undefined) {
    if (alias.type !== undefined) return describeAlias(facts, alias.type);
    const values = alias.closed ? alias.values : undefined;
    return { form: 'scalar', scalar: 'string', goName: `${facts.version}.${name}`, enum: values };
  }
  const struct = facts === undefined ? undefined : structDescription(facts.file, name);
  if (struct === undefined) throw new Error(`the facts do not describe ${facts?.file}.${name}`);
  return { form: 'struct', struct };
}

function describeAlias(facts: FactFile, type: FactType): TypeDescription {
  const target = describeType(facts, type);
  return target.form === 'list' ? { ...target, wrapped: true } : target;
}
