import { compileFunction } from './compile.ts';
import * as scalars from './scalars.ts';
import type { FieldDescription, ScalarName, StructDescription, TypeDescription } from './types.ts';

/** What the decoders of one run tell each other. */
export interface DecodeState {
  /** Compare the number of fields read with the number of fields given. */
  counting: boolean;
  /** Some object had a field that its type does not have. */
  hasUnknown: boolean;
}

export type StructDecoder = (value: unknown, state: DecodeState) => Record<string, unknown>;

/** What stands for itself needs no function; `any` sorts of values are passed on as they are. */
const CHECKS: Readonly<Partial<Record<ScalarName, keyof typeof scalars>>> = {
  int32: 'int32',
  int64: 'int64',
  float64: 'float64',
  bytes: 'bytes',
  Time: 'time',
  MicroTime: 'microTime',
  Quantity: 'quantity',
  IntOrString: 'intOrString',
  FieldsV1: 'object',
};

/** What a value stands for that is absent, and whether `omitempty` leaves it out. `undefined`: absent in any case. */
const ZERO: Readonly<Record<ScalarName, string | undefined>> = {
  string: "''",
  bool: 'false',
  int32: '0',
  int64: '0',
  float64: '0',
  bytes: "''",
  Time: 'null',
  MicroTime: 'null',
  Quantity: "'0'",
  IntOrString: '0',
  RawExtension: 'null',
  FieldsV1: undefined,
  JSON: undefined,
  any: undefined,
  JSONSchemaPropsOrArray: undefined,
  JSONSchemaPropsOrBool: undefined,
  JSONSchemaPropsOrStringArray: undefined,
};

/** To `omitempty` these are never empty: they are structs by value in Go. */
const NEVER_EMPTY: ReadonlySet<ScalarName> = new Set(['Time', 'MicroTime', 'Quantity', 'IntOrString', 'RawExtension']);

const decoders = new Map<StructDescription, StructDecoder>();

/** The decoder of a struct, compiled when it is first asked for; the structs inside are compiled when they first occur. */
export function decoderOf(struct: StructDescription): StructDecoder {
  let decoder = decoders.get(struct);
  if (decoder === undefined) decoders.set(struct, (decoder = compile(struct)));
  return decoder;
}

function compile(struct: StructDescription): StructDecoder {
  const source = new DecoderSource(struct);
  const body = struct.fields.map((field) => source.field(field)).join('');
  const text = `const { int32, int64, float64, string, bool, bytes, time, microTime, quantity, intOrString, object, map, list, MISMATCH } = scalars;
const inner = [];
return function ${struct.name}(v, s) {
  object(v);
  const o = {};
  let n = 0, f, x;
${body}  if (s.counting) {
    let k = 0;
    for (const _ in v) k++;
    if (k !== n) s.hasUnknown = true;
  }
  return o;
};`;
  const { structs } = source;
  const need = (index: number): StructDecoder => decoderOf(structs[index] as StructDescription);
  return compileFunction(text, { scalars, need, unions, EMPTY: {} }) as StructDecoder;
}

/** The two-faced types of JSON schemas; they occur only in the struct that they refer to. */
const unions = {
  orArray(value: unknown, state: DecodeState, decode: StructDecoder): unknown {
    return Array.isArray(value) ? value.map((item: unknown) => decode(item, state)) : decode(value, state);
  },
  orBool(value: unknown, state: DecodeState, decode: StructDecoder): unknown {
    return typeof value === 'boolean' ? value : decode(value, state);
  },
  orStrings(value: unknown, state: DecodeState, decode: StructDecoder): unknown {
    return Array.isArray(value) ? value.map(scalars.string) : decode(value, state);
  },
};

const UNIONS: Readonly<Partial<Record<ScalarName, keyof typeof unions>>> = {
  JSONSchemaPropsOrArray: 'orArray',
  JSONSchemaPropsOrBool: 'orBool',
  JSONSchemaPropsOrStringArray: 'orStrings',
};

/** Writes the statements for one struct's fields. `v` is the input, `o` the output, `n` counts the fields seen. */
class DecoderSource {
  /** The structs inside, by their index in the compiled text. */
  readonly structs: StructDescription[] = [];
  readonly #struct: StructDescription;

  constructor(struct: StructDescription) {
    this.#struct = struct;
  }

  field(field: FieldDescription): string {
    const name = /^\w+$/.test(field.name) ? `.${field.name}` : `[${JSON.stringify(field.name)}]`;
    const present = this.#assign(field, `o${name}`);
    const absent = this.#absent(field, `o${name}`);
    const otherwise = absent === '' ? '' : ` else ${absent}`;
    return `  f = v${name};
  if (f !== undefined) n++;
  if (f !== undefined && f !== null) {
${present}  }${otherwise}
`;
  }

  #assign(field: FieldDescription, target: string): string {
    const { type } = field;
    if (type.form === 'list') return this.#assignList(type.element, target, field.omitEmpty);
    if (type.form === 'map') {
      const made = `x = map(f, ${this.#callback(type.element)});`;
      return `    ${made} ${field.omitEmpty ? `if (x !== undefined) ${target} = x` : `${target} = x ?? {}`};\n`;
    }
    const value = this.#value(type, 'f');
    const zero = type.form === 'scalar' && !NEVER_EMPTY.has(type.scalar) ? ZERO[type.scalar] : undefined;
    if (field.pointer || !field.omitEmpty || zero === undefined) return `    ${target} = ${value};\n`;
    return `    x = ${value}; if (x !== ${zero}) ${target} = x;\n`;
  }

  #assignList(element: TypeDescription, target: string, omitEmpty: boolean): string {
    const zero = this.#zero(element);
    const item = this.#value(element, 'f[i]');
    return `    if (!Array.isArray(f)) throw MISMATCH;
    ${omitEmpty ? 'if (f.length > 0) ' : ''}{
      x = [];
      for (let i = 0; i < f.length; i++) x.push(${zero === undefined ? item : `f[i] === null ? ${zero} : ${item}`});
      ${target} = x;
    }\n`;
  }

  /** Statement for a field that is not given, `''` for none. */
  #absent(field: FieldDescription, target: string): string {
    const { type } = field;
    if (field.pointer || field.omitZero) return '';
    if (type.form === 'scalar' && field.omitEmpty && !NEVER_EMPTY.has(type.scalar)) return '';
    if (field.omitEmpty && (type.form === 'list' || type.form === 'map')) return '';
    const zero = this.#zero(type);
    return zero === undefined ? '' : `${target} = ${zero};`;
  }

  #zero(type: TypeDescription): string | undefined {
    if (type.form === 'list') return '[]';
    if (type.form === 'map') return '{}';
    if (type.form === 'struct') return `${this.#inner(type.struct)}(EMPTY, s)`;
    return ZERO[type.scalar];
  }

  #callback(element: TypeDescription): string {
    if (element.form === 'scalar' && element.scalar === 'string') return "(e) => e === null ? '' : string(e)";
    const zero = this.#zero(element);
    return `(e) => ${zero === undefined ? '' : `e === null ? ${zero} : `}${this.#value(element, 'e')}`;
  }

  /** Expression for a present value. */
  #value(type: TypeDescription, source: string): string {
    if (type.form === 'struct') return `${this.#inner(type.struct)}(${source}, s)`;
    if (type.form === 'map') return `(map(${source}, ${this.#callback(type.element)}) ?? {})`;
    if (type.form === 'list') return `list(${source}, ${this.#callback(type.element)})`;
    const union = UNIONS[type.scalar];
    if (union !== undefined) return `unions.${union}(${source}, s, ${this.#inner(this.#struct)})`;
    const check = CHECKS[type.scalar] ?? (type.scalar === 'string' || type.scalar === 'bool' ? type.scalar : undefined);
    return check === undefined ? source : `${check}(${source})`;
  }

  #inner(struct: StructDescription): string {
    let index = this.structs.indexOf(struct);
    if (index < 0) index = this.structs.push(struct) - 1;
    return `(inner[${index}] ??= need(${index}))`;
  }
}
