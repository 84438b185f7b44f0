import type { FieldDescription, ScalarName, StructDescription, TypeDescription } from '../schema/types.ts';
import { compileFunction } from '../schema/compile.ts';
import type { Reader } from './reader.ts';
import { read } from './special.ts';

/** Reads the fields of a message into `target` and answers with it. */
export type StructReader = (reader: Reader, target: Record<string, unknown>) => Record<string, unknown>;

const MESSAGES: Readonly<Partial<Record<ScalarName, keyof typeof read>>> = {
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
const SCALARS: Readonly<Partial<Record<ScalarName, { name: string; wireType: number; zero: string }>>> = {
  string: { name: 'string', wireType: 2, zero: "''" },
  bytes: { name: 'base64', wireType: 2, zero: "''" },
  bool: { name: 'bool', wireType: 0, zero: 'false' },
  int32: { name: 'int32', wireType: 0, zero: '0' },
  int64: { name: 'int64', wireType: 0, zero: '0' },
  float64: { name: 'double', wireType: 1, zero: '0' },
};

const readers = new Map<StructDescription, StructReader>();

/** The protobuf reader of a struct, compiled when it is first asked for. */
export function structReader(struct: StructDescription): StructReader {
  let reader = readers.get(struct);
  if (reader === undefined) readers.set(struct, (reader = compile(struct)));
  return reader;
}

function compile(struct: StructDescription): StructReader {
  const source = new ReaderSource(struct);
  const cases = struct.declared.filter((field) => field.number > 0).map((field) => source.cases(field));
  const text = `const inner = [];
${source.functions.join('')}return function ${struct.name}(r, o) {
  while (r.at < r.end) {
    const t = r.uint32();
    switch (t) {
${cases.join('')}      default: r.skipField(t);
    }
  }
  return o;
};`;
  const { structs } = source;
  const need = (index: number): StructReader => structReader(structs[index] as StructDescription);
  return compileFunction(text, { read, need }) as StructReader;
}

const tagOf = (number: number, wireType: number): number => number * 8 + wireType;

/** Statements for one struct's fields; `r` is the reader, `o` the object, `t` the tag. */
class ReaderSource {
  readonly structs: StructDescription[] = [];
  /** Declarations that the cases call. */
  readonly functions: string[] = [];
  readonly #struct: StructDescription;

  constructor(struct: StructDescription) {
    this.#struct = struct;
  }

  cases(field: FieldDescription): string {
    const { type, number } = field;
    const place = `o[${JSON.stringify(field.name)}]`;
    if (field.name === '' && type.form === 'struct') {
      return `      case ${tagOf(number, 2)}: ${this.#inner(type.struct)}(r.message(), o); break;\n`;
    }
    if (type.form === 'list' && !type.wrapped) return this.#list(type.element, number, place);
    if (type.form === 'map') {
      const entry = this.#entryReader(type.element);
      return `      case ${tagOf(number, 2)}: ${entry}(r.message(), ${place} ??= {}); break;\n`;
    }
    return `      case ${tagOf(number, wireTypeOf(type))}: ${place} = ${this.#value(type)}; break;\n`;
  }

  #list(element: TypeDescription, number: number, place: string): string {
    const wireType = wireTypeOf(element);
    const one = `      case ${tagOf(number, wireType)}: (${place} ??= []).push(${this.#value(element)}); break;\n`;
    if (wireType !== 0) return one;
    const method = element.form === 'scalar' ? SCALARS[element.scalar]?.name : undefined;
    return `${one}      case ${tagOf(number, 2)}: { const p = r.message(); const l = ${place} ??= []; while (p.at < p.end) l.push(p.${method}()); break; }\n`;
  }

  /** A function that reads one entry of a map into it. */
  #entryReader(element: TypeDescription): string {
    const name = `entry${this.functions.length}`;
    const zero = element.form === 'scalar' ? (SCALARS[element.scalar]?.zero ?? 'undefined') : element.form === 'list' ? '[]' : '{}';
    this.functions.push(`function ${name}(r, m) {
  let k = '', v = ${zero};
  while (r.at < r.end) {
    const t = r.uint32();
    if (t === 10) k = r.string();
    else if (t === ${tagOf(2, wireTypeOf(element))}) v = ${this.#value(element)};
    else r.skipField(t);
  }
  if (k !== '__proto__') m[k] = v;
}
`);
    return name;
  }

  #value(type: TypeDescription): string {
    if (type.form === 'struct') return `${this.#inner(type.struct)}(r.message(), {})`;
    if (type.form === 'list') return this.#wrapped(type.element);
    if (type.form === 'map') throw new Error(`${this.#struct.name}: maps in maps have no form in protobuf`);
    const scalar = SCALARS[type.scalar];
    if (scalar !== undefined) return `r.${scalar.name}()`;
    const method = MESSAGES[type.scalar];
    if (method === undefined) throw new Error(`${this.#struct.name}: ${type.scalar} has no form in protobuf`);
    return `read.${method}(r.message()${method.startsWith('or') ? `, ${this.#inner(this.#struct)}` : ''})`;
  }

  /** A list that is a message of its own, with the items as field 1. */
  #wrapped(element: TypeDescription): string {
    const name = `items${this.functions.length}`;
    this.functions.push(`function ${name}(r) {
  const l = [];
  while (r.at < r.end) {
    const t = r.uint32();
    if (t === ${tagOf(1, wireTypeOf(element))}) l.push(${this.#value(element)});
    else r.skipField(t);
  }
  return l;
}
`);
    return `${name}(r.message())`;
  }

  #inner(struct: StructDescription): string {
    let index = this.structs.indexOf(struct);
    if (index < 0) index = this.structs.push(struct) - 1;
    return `(inner[${index}] ??= need(${index}))`;
  }
}

function wireTypeOf(type: TypeDescription): number {
  return type.form === 'scalar' ? (SCALARS[type.scalar]?.wireType ?? 2) : 2;
}
