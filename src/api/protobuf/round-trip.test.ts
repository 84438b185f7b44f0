import { assert, constantFrom, nat, property } from 'fast-check';
import { expect, it } from 'vitest';
import {
  factsOf,
  codecOf,
  groupVersions,
  type FieldDescription,
  type ScalarName,
  type StructDescription,
  type TypeDescription,
} from '../schema/index.ts';
import { decodeProtobuf, encodeProtobuf } from './index.ts';

const TEXTS = ['', 'a', 'name-1', 'grüße', '日本', '😀', '"quoted"', 'x'.repeat(300), '__proto__', '0'];
const QUANTITIES = ['0', '100m', '1536Mi', '12k', '-3', '1500', '3e6'];
const TIMES = ['2026-01-02T03:04:05Z', '1969-12-31T23:59:59Z', '0999-01-01T00:00:00Z', '2200-06-30T12:00:00Z'];
const INT32 = [0, 1, -1, 127, 128, 65_535, 2 ** 31 - 1, -(2 ** 31)];
const INT64 = [...INT32, 2 ** 31, -(2 ** 31) - 1, 2 ** 53 - 1, -(2 ** 53) + 1, 10 ** 15];
const FREE: unknown[] = [{ a: [1, 'b', null, { c: true }] }, {}, { 'f:metadata': { '.': {} } }];
const VALUES: Readonly<Record<ScalarName, readonly unknown[]>> = {
  string: TEXTS,
  bool: [true, false],
  int32: INT32,
  int64: INT64,
  float64: [0, -1.5, 1e300, 0.1],
  bytes: ['', 'YQ==', 'YWI=', '////'],
  Time: TIMES,
  MicroTime: TIMES.map((time) => time.replace('Z', '.000120Z')),
  Quantity: QUANTITIES,
  IntOrString: [0, 8080, -5, '', 'http', '25%'],
  RawExtension: FREE,
  FieldsV1: FREE,
  JSON: [...FREE, 'text', 3, [1]],
  any: FREE,
  JSONSchemaPropsOrArray: [{ type: 'string' }, [{ type: 'string' }, {}], []],
  JSONSchemaPropsOrBool: [true, false, { type: 'string' }],
  JSONSchemaPropsOrStringArray: [['a', 'b'], [], { type: 'string' }],
};

/** Makes up objects; the seed decides everything. */
class Inventor {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed ^ 0x9e3779b9) >>> 0 || 1;
  }

  #below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    this.#state >>>= 0;
    return this.#state % limit;
  }

  struct(struct: StructDescription, depth: number): Record<string, unknown> {
    const fields = struct.fields.filter((field) => field.name !== 'kind' && field.name !== 'apiVersion' && this.#wants(field, depth));
    return Object.fromEntries(fields.map((field) => [field.name, this.#value(field.type, depth + 1)]));
  }

  #wants(field: FieldDescription, depth: number): boolean {
    if (depth === 0) return true;
    return this.#below(field.type.form === 'scalar' ? 2 : 2 + depth) === 0 && depth < 9;
  }

  #value(type: TypeDescription, depth: number): unknown {
    if (type.form === 'struct') return this.struct(type.struct, depth);
    if (type.form === 'list') return Array.from({ length: this.#below(3) }, () => this.#value(type.element, depth));
    if (type.form === 'map')
      return Object.fromEntries(Array.from({ length: this.#below(3) }, () => [this.#key(), this.#value(type.element, depth)]));
    const values = VALUES[type.scalar];
    return values[this.#below(values.length)];
  }

  #key(): string {
    return ['b', 'a', 'ä', 'app.kubernetes.io/name', ''][this.#below(5)] ?? '';
  }
}

const kinds = groupVersions().flatMap(({ group, version }) => {
  const facts = factsOf(group, version);
  const names = [...(facts?.structNames() ?? [])].filter((name) => facts?.struct(name)?.isKind === true && !/^Table|List$/.test(name));
  return names.map((kind) => ({ group, version, kind }));
});

it('any object of any kind is the same after a second decoding, and after a way through protobuf', () => {
  assert(
    property(constantFrom(...kinds), nat(), ({ group, version, kind }, seed) => {
      const codec = codecOf(group, version, kind);
      if (codec === undefined) throw new Error(`no codec for ${kind}`);
      const invented = {
        kind,
        apiVersion: group === '' ? version : `${group}/${version}`,
        ...new Inventor(seed).struct(codec.description, 0),
      };
      const text = JSON.stringify(invented);
      const { object, problems } = codec.decode(invented, { findProblems: true, text });
      const decoded = JSON.stringify(object);
      expect(problems).toEqual([]);
      expect(JSON.stringify(codec.decode(object).object)).toBe(decoded);
      expect(JSON.stringify(decodeProtobuf(encodeProtobuf(object) ?? Buffer.alloc(0)))).toBe(decoded);
    }),
    { numRuns: 400 },
  );
});
