import { describe, expect, it } from 'vitest';
import { deepFreeze } from '#apimachinery';
import { compileDefaults } from './defaults.ts';
import { duplicateFields } from './duplicate-fields.ts';
import { mergeSchemaOf } from './merge-schema.ts';
import { compilePruning } from './prune.ts';
import type { Schema } from './schema.ts';
import { compileValidation } from './validate.ts';

const object = (properties: Record<string, Schema>, more: Schema = {}): Schema => ({ type: 'object', properties, ...more });
const spec = (properties: Record<string, Schema>, more: Schema = {}): Schema => object({ spec: object(properties, more) });
const string: Schema = { type: 'string' };
const integer: Schema = { type: 'integer' };
const ANY: Schema = { 'x-kubernetes-preserve-unknown-fields': true };

function pruned(schema: Schema, value: object): { value: unknown; unknown: string[] } {
  const unknown: string[] = [];
  return { value: compilePruning(schema)(deepFreeze(value), '', (path) => unknown.push(path)), unknown };
}

describe('pruning', () => {
  it('drops fields that the schema does not name, and tells which', () => {
    const schema = spec({
      a: string,
      list: { type: 'array', items: object({ b: string }) },
      map: object({}, { additionalProperties: object({ c: string }) }),
    });
    const value = { kind: 'X', apiVersion: 'g/v1', x: 1, spec: { a: 'a', y: 1, list: [{ b: 'b', z: 1 }], map: { k: { c: 'c', w: 1 } } } };
    expect(pruned(schema, value)).toEqual({
      value: { kind: 'X', apiVersion: 'g/v1', spec: { a: 'a', list: [{ b: 'b' }], map: { k: { c: 'c' } } } },
      unknown: ['x', 'spec.y', 'spec.list[0].z', 'spec.map.k.w'],
    });
  });

  it('keeps what is to be preserved, but prunes within what is specified there', () => {
    const schema = spec({ free: { type: 'object', ...ANY }, half: object({ known: object({ a: string }) }, ANY), any: ANY });
    const value = { spec: { free: { x: { y: [1] } }, half: { known: { a: 'a', b: 'b' }, other: { c: 1 } }, any: [{}] } };
    expect(pruned(schema, value)).toEqual({
      value: { spec: { free: { x: { y: [1] } }, half: { known: { a: 'a' }, other: { c: 1 } }, any: [{}] } },
      unknown: ['spec.half.known.b'],
    });
  });

  it('keeps type and metadata of embedded resources', () => {
    const schema = spec({ template: object({ spec: object({}) }, { 'x-kubernetes-embedded-resource': true }) });
    const template = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', nonsense: 1 }, spec: { x: 1 } };
    expect(pruned(schema, { spec: { template } }).value).toEqual({
      spec: { template: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec: {} } },
    });
  });

  it('takes null for absence where null may not be', () => {
    const schema = spec({ a: string, b: { type: 'string', nullable: true } });
    expect(pruned(schema, { spec: { a: null, b: null } }).value).toEqual({ spec: { b: null } });
  });

  it('does not let a key named __proto__ change an object', () => {
    const { value } = pruned(spec({}, ANY), JSON.parse('{"spec":{"__proto__":{"polluted":true}}}') as object);
    expect(Object.getOwnPropertyNames((value as { spec: object }).spec)).toEqual(['__proto__']);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe('duplicate fields', () => {
  it('are found by their paths in the text', () => {
    expect(duplicateFields('{"spec":{"a":1,"a":2,"l":[{"b":"\\"{:","b":1}]},"spec":{}}')).toEqual(['spec.a', 'spec.l[0].b', 'spec']);
    expect(duplicateFields('{"a":{"x":1},"b":{"x":1}}')).toEqual([]);
  });
});

describe('defaults', () => {
  const fill = (schema: Schema, value: object): object => {
    compileDefaults(schema)?.(value);
    return value;
  };

  it('fill in what is absent, from the outside in', () => {
    const schema = spec({ a: { type: 'integer', default: 1 }, inner: object({ b: { type: 'string', default: 'x' } }, { default: {} }) });
    expect(fill(schema, { spec: {} })).toEqual({ spec: { a: 1, inner: { b: 'x' } } });
    expect(fill(schema, {})).toEqual({});
  });

  it('reach into lists and maps, and leave what is there', () => {
    const item = object({ protocol: { type: 'string', default: 'TCP' } });
    const schema = spec({ ports: { type: 'array', items: item }, byName: object({}, { additionalProperties: item }) });
    expect(fill(schema, { spec: { ports: [{}, { protocol: 'UDP' }], byName: { a: {} } } })).toEqual({
      spec: { ports: [{ protocol: 'TCP' }, { protocol: 'UDP' }], byName: { a: { protocol: 'TCP' } } },
    });
  });

  it('take the place of null unless null is allowed', () => {
    const schema = spec({ a: { type: 'string', default: 'x' }, b: { type: 'string', default: 'x', nullable: true } });
    expect(fill(schema, { spec: { a: null, b: null } })).toEqual({ spec: { a: 'x', b: null } });
  });

  it('are copies', () => {
    const schema = spec({ list: { type: 'array', items: string, default: ['a'] } });
    const first = fill(schema, { spec: {} }) as { spec: { list: string[] } };
    first.spec.list.push('b');
    expect(fill(schema, { spec: {} })).toEqual({ spec: { list: ['a'] } });
  });

  it('cost nothing where there are none', () => {
    expect(compileDefaults(spec({ a: string }))).toBeUndefined();
  });
});

describe('validation', () => {
  const errors = (schema: Schema, value: object, old?: object): string[] => compileValidation(schema)(value, old).map(String);

  it.each<[Schema, unknown, string]>([
    [integer, 'x', 'spec.f: Invalid value: "string": spec.f in body must be of type integer: "string"'],
    [integer, 1.5, 'spec.f: Invalid value: "number": spec.f in body must be of type integer: "number"'],
    [string, 1, 'spec.f: Invalid value: "integer": spec.f in body must be of type string: "integer"'],
    [string, null, 'spec.f: Invalid value: "null": spec.f in body must be of type string: "null"'],
    [object({}), [], 'spec.f: Invalid value: "array": spec.f in body must be of type object: "array"'],
    [
      { 'x-kubernetes-int-or-string': true },
      true,
      'spec.f: Invalid value: "boolean": spec.f in body must be of type integer,string: "boolean"',
    ],
    [{ ...integer, minimum: 1 }, 0, 'spec.f: Invalid value: 0: spec.f in body should be greater than or equal to 1'],
    [{ ...integer, maximum: 5 }, 6, 'spec.f: Invalid value: 6: spec.f in body should be less than or equal to 5'],
    [{ ...integer, minimum: 1, exclusiveMinimum: true }, 1, 'spec.f: Invalid value: 1: spec.f in body should be greater than 1'],
    [{ ...integer, maximum: 5, exclusiveMaximum: true }, 5, 'spec.f: Invalid value: 5: spec.f in body should be less than 5'],
    [{ type: 'number', multipleOf: 0.5 }, 0.7, 'spec.f: Invalid value: 0.7: spec.f in body should be a multiple of 0.5'],
    [{ ...string, minLength: 2 }, 'é', 'spec.f: Invalid value: "é": spec.f in body should be at least 2 chars long'],
    [{ ...string, maxLength: 1 }, 'ab', 'spec.f: Too long: may not be more than 1 byte'],
    [{ ...string, pattern: '^a+$' }, 'b', 'spec.f: Invalid value: "b": spec.f in body should match \'^a+$\''],
    [{ ...string, format: 'date-time' }, 'now', 'spec.f: Invalid value: "now": spec.f in body must be of type date-time: "now"'],
    [{ ...string, enum: ['a', 'b'] }, 'x', 'spec.f: Unsupported value: "x": supported values: "a", "b"'],
    [{ type: 'array', items: string, minItems: 1 }, [], 'spec.f: Invalid value: 0: spec.f in body should have at least 1 items'],
    [{ type: 'array', items: string, maxItems: 1 }, ['a', 'b'], 'spec.f: Too many: 2: must have at most 1 item'],
    [
      { type: 'array', items: integer },
      [1, 'x'],
      'spec.f[1]: Invalid value: "string": spec.f[1] in body must be of type integer: "string"',
    ],
    [object({}, { minProperties: 1 }), {}, 'spec.f: Invalid value: 0: spec.f in body should have at least 1 properties'],
    [object({}, { maxProperties: 0 }), { a: 1 }, 'spec.f: Too many: 1: must have at most 0 items'],
    [object({ a: string }, { required: ['a'] }), {}, 'spec.f.a: Required value'],
    [
      object({}, { additionalProperties: integer }),
      { k: 'x' },
      'spec.f.k: Invalid value: "string": spec.f.k in body must be of type integer: "string"',
    ],
    [{ type: 'array', items: string, 'x-kubernetes-list-type': 'set' }, ['a', 'a'], 'spec.f[1]: Duplicate value: "a"'],
    [
      {
        type: 'array',
        items: object({ p: { ...integer, default: 1 } }),
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['p'],
      },
      [{ p: 1 }, {}],
      'spec.f[1]: Duplicate value: {"p":1}',
    ],
    [{ ...integer, not: { enum: [3] } }, 3, '<nil>: Invalid value: "": "spec.f" must not validate the schema (not)'],
    [
      { ...integer, oneOf: [{ minimum: 1 }, { minimum: 2 }] },
      3,
      '<nil>: Invalid value: "": "spec.f" must validate one and only one schema (oneOf). Found 2 valid alternatives',
    ],
    [
      { ...integer, allOf: [{ minimum: 1 }, { minimum: 5 }] },
      3,
      '<nil>: Invalid value: "": "spec.f" must validate all the schemas (allOf)',
    ],
    [{ ...integer, anyOf: [{ minimum: 5 }] }, 3, '<nil>: Invalid value: "": "spec.f" must validate at least one schema (anyOf)'],
  ])('of %j refuses %j as upstream does', (schema, value, expected) => {
    expect(errors(spec({ f: schema }), { spec: { f: value } })).toContain(expected);
  });

  it.each<[Schema, unknown]>([
    [{ type: 'number' }, 1],
    [{ ...string, nullable: true }, null],
    [{ 'x-kubernetes-int-or-string': true }, '80%'],
    [{ ...string, pattern: '(?i)^ABC[[:digit:]]$' }, 'abc1'],
    [{ ...string, format: 'ipv4' }, '10.0.0.1'],
    [{ ...string, format: 'cidr' }, 'fd00::/8'],
    [{ ...string, format: 'duration' }, '1h30m'],
    [{ ...string, format: 'uuid' }, '6ba7b810-9dad-11d1-80b4-00c04fd430c8'],
    [{ ...string, format: 'unheard-of' }, 'anything'],
    [{ ...integer, oneOf: [{ enum: [1] }, { enum: [2] }] }, 2],
    [ANY, { whatever: [1] }],
  ])('of %j accepts %j', (schema, value) => {
    expect(errors(spec({ f: schema }), { spec: { f: value } })).toEqual([]);
  });

  it('passes over what was wrong already and has not changed', () => {
    const schema = spec({ a: { ...integer, maximum: 1 }, b: { ...integer, maximum: 1 }, c: string });
    const old = { spec: { a: 5, b: 1, c: 'x' } };
    expect(errors(schema, { spec: { a: 5, b: 1, c: 'y' } }, old)).toEqual([]);
    expect(errors(schema, { spec: { a: 5, b: 7, c: 'x' } }, old)).toEqual([
      'spec.b: Invalid value: 7: spec.b in body should be less than or equal to 1',
    ]);
    expect(errors(schema, { spec: { a: 6, b: 1 } }, old)).toHaveLength(1);
  });

  it('finds unchanged items of map-like lists by their keys', () => {
    const items = object({ name: string, size: { ...integer, maximum: 1 } });
    const schema = spec({ l: { type: 'array', items, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] } });
    const old = { spec: { l: [{ name: 'a', size: 5 }] } };
    expect(
      errors(
        schema,
        {
          spec: {
            l: [
              { name: 'b', size: 1 },
              { name: 'a', size: 5 },
            ],
          },
        },
        old,
      ),
    ).toEqual([]);
    expect(errors(schema, { spec: { l: [{ name: 'b', size: 5 }] } }, old)).toHaveLength(1);
  });

  it('asks embedded resources for their type', () => {
    const schema = spec({ template: object({}, { 'x-kubernetes-embedded-resource': true }) });
    expect(errors(schema, { spec: { template: { metadata: { name: 'A B' } } } })).toEqual([
      'spec.template.apiVersion: Required value: must not be empty',
      'spec.template.kind: Required value: must not be empty',
      expect.stringContaining('spec.template.metadata.name: Invalid value: "A B"'),
    ]);
  });
});

describe('the schema for merging', () => {
  it('knows list types, map types and what is free', () => {
    const schema = mergeSchemaOf(
      spec({
        ports: { type: 'array', items: object({ name: string }), 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] },
        tags: { type: 'array', items: string, 'x-kubernetes-list-type': 'set' },
        args: { type: 'array', items: string },
        ref: object({ name: string }, { 'x-kubernetes-map-type': 'atomic' }),
        free: { type: 'object', ...ANY },
      }),
    );
    const inner = schema.fields.get('spec')?.schema;
    const fieldOf = (name: string) => (inner?.kind === 'struct' ? inner.fields.get(name)?.schema : undefined);
    expect(fieldOf('ports')).toMatchObject({ kind: 'list', listType: 'map', mapKeys: ['name'], element: { kind: 'struct' } });
    expect(fieldOf('tags')).toMatchObject({ kind: 'list', listType: 'set' });
    expect(fieldOf('args')).toMatchObject({ kind: 'list', listType: undefined });
    expect(fieldOf('ref')).toMatchObject({ kind: 'struct', atomic: true });
    expect(fieldOf('free')).toEqual({ kind: 'scalar', untyped: true });
    expect(schema.fields.get('metadata')?.schema.kind).toBe('struct');
  });
});
