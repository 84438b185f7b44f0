import type { FieldDescription, ScalarName, StructDescription, TypeDescription } from '../schema/types.ts';
import { compileFunction } from '../schema/compile.ts';
import { write } from './special.ts';
import type { Writer } from './writer.ts';

/** Writes the fields of an object, without tag and length. */
export type StructWriter = (object: unknown, writer: Writer) => void;

/** What is a message in protobuf though it is one value in JSON. */
const MESSAGES: Readonly<Partial<Record<ScalarName, keyof typeof write>>> = {
  Time: 'time',
  MicroTime: 'microTime',
  Quantity: 'quantity',
  IntOrString: 'intOrString',
  RawExtension: 'raw',
  FieldsV1: 'raw',
  JSON: 'raw',
  JSONSchemaPropsOrArray: 'orArray',
  JSONSchemaPropsOrBool: 'orBool',
  JSONSchemaPropsOrStringArray: 'orStrings',
};

const writers = new Map<StructDescription, StructWriter>();

/** The protobuf writer of a struct, compiled when it is first asked for. */
export function structWriter(struct: StructDescription): StructWriter {
  let writer = writers.get(struct);
  if (writer === undefined) writers.set(struct, (writer = compile(struct)));
  return writer;
}

function compile(struct: StructDescription): StructWriter {
  const source = new WriterSource(struct);
  const fields = struct.declared.filter((field) => field.number > 0).toSorted((a, b) => b.number - a.number);
  const text = `const inner = [];
return function ${struct.name}(o, w) {
  let v, m;
${fields.map((field) => source.field(field)).join('')}};`;
  const { structs } = source;
  const need = (index: number): StructWriter => structWriter(structs[index] as StructDescription);
  return compileFunction(text, { write, need, EMPTY: {} }) as StructWriter;
}

/** Field number and wire type in one. */
const tagOf = (number: number, wireType: number): number => number * 8 + wireType;

/** Statements for one struct's fields, last field first; `o` is the object, `w` the writer. */
class WriterSource {
  /** The structs inside, by their index in the compiled text. */
  readonly structs: StructDescription[] = [];
  readonly #struct: StructDescription;
  #depth = 0;

  constructor(struct: StructDescription) {
    this.#struct = struct;
  }

  field(field: FieldDescription): string {
    if (field.name === '') return `  m = w.mark(); ${this.#inside(field.type, 'o')}; w.close(${tagOf(field.number, 2)}, m);\n`;
    const load = `  v = o[${JSON.stringify(field.name)}];\n`;
    const isThere = 'v !== undefined && v !== null';
    if (field.type.form === 'list') return `${load}  if (${isThere}) ${this.#list(field.type.element, field.number)}\n`;
    if (field.type.form === 'map') return `${load}  if (${isThere}) ${this.#map(field.type.element, field.number)}\n`;
    const isBytes = field.type.form === 'scalar' && field.type.scalar === 'bytes';
    const statement = this.#value(field.type, field.number, 'v');
    if (field.pointer) return `${load}  if (${isThere}) { ${statement} }\n`;
    if (isBytes) return `${load}  if (${isThere} && v !== '') { ${statement} }\n`;
    return `${load}  ${this.#value(field.type, field.number, `(v ?? ${zeroOf(field.type)})`)}\n`;
  }

  #list(element: TypeDescription, number: number): string {
    return `for (let i = v.length - 1; i >= 0; i--) { ${this.#value(element, number, 'v[i]')} }`;
  }

  #map(element: TypeDescription, number: number): string {
    return `for (const k of Object.keys(v).sort().reverse()) {
    const e = w.mark();
    ${this.#value(element, 2, 'v[k]')}
    w.string(10, k);
    w.close(${tagOf(number, 2)}, e);
  }`;
  }

  /** Statement that writes one value with its tag. */
  #value(type: TypeDescription, number: number, value: string): string {
    if (type.form === 'scalar') {
      const method = SCALARS[type.scalar];
      if (method !== undefined) return `w.${method.name}(${tagOf(number, method.wireType)}, ${value});`;
    }
    const mark = `m${this.#depth++}`;
    return `const ${mark} = w.mark(); ${this.#inside(type, value)}; w.close(${tagOf(number, 2)}, ${mark});`;
  }

  /** Expression that writes the inside of a message. */
  #inside(type: TypeDescription, value: string): string {
    if (type.form === 'struct') return `${this.#inner(type.struct)}(${value}, w)`;
    if (type.form === 'list')
      return `{ const l = ${value}; for (let j = l.length - 1; j >= 0; j--) { ${this.#value(type.element, 1, 'l[j]')} } }`;
    if (type.form === 'map') throw new Error(`${this.#struct.name}: maps in maps have no form in protobuf`);
    const method = MESSAGES[type.scalar];
    if (method === undefined) throw new Error(`${this.#struct.name}: ${type.scalar} has no form in protobuf`);
    return `write.${method}(w, ${value}${method.startsWith('or') ? `, ${this.#inner(this.#struct)}` : ''})`;
  }

  #inner(struct: StructDescription): string {
    let index = this.structs.indexOf(struct);
    if (index < 0) index = this.structs.push(struct) - 1;
    return `(inner[${index}] ??= need(${index}))`;
  }
}

const SCALARS: Readonly<Partial<Record<ScalarName, { name: string; wireType: number }>>> = {
  string: { name: 'string', wireType: 2 },
  bytes: { name: 'base64', wireType: 2 },
  bool: { name: 'bool', wireType: 0 },
  int32: { name: 'integer', wireType: 0 },
  int64: { name: 'integer', wireType: 0 },
  float64: { name: 'double', wireType: 1 },
};

function zeroOf(type: TypeDescription): string {
  if (type.form !== 'scalar') return 'EMPTY';
  if (type.scalar === 'string') return "''";
  if (type.scalar === 'bool') return 'false';
  return /^(int|float)/.test(type.scalar) ? '0' : 'undefined';
}
