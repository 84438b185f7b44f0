import { describe, expect, it } from 'vitest';
import type { ValidationRule } from '#api/generated/apiextensions-v1.ts';
import type { Schema } from '../schema/schema.ts';
import { compileRules } from './compile-rules.ts';

const string: Schema = { type: 'string' };
const integer: Schema = { type: 'integer' };

function check(properties: Record<string, Schema>, rules: ValidationRule[], spec: object, old?: object): string[] {
  const schema: Schema = { type: 'object', properties: { spec: { type: 'object', properties, 'x-kubernetes-validations': rules } } };
  return (compileRules(schema)?.({ spec }, old === undefined ? undefined : { spec: old }) ?? []).map(String);
}

const FIELDS: Record<string, Schema> = {
  min: integer,
  max: integer,
  name: string,
  'dashed-name': string,
  namespace: string,
  port: { 'x-kubernetes-int-or-string': true },
  since: { type: 'string', format: 'date-time' },
  labels: { type: 'object', additionalProperties: string },
  items: { type: 'array', items: { type: 'object', properties: { key: string, value: integer } } },
  ref: { type: 'object', properties: { name: string } },
};

describe('a rule', () => {
  it.each<[string, object]>([
    ['self.min <= self.max', { min: 1, max: 2 }],
    ['!has(self.name) || self.name.startsWith("a")', {}],
    ['self.__namespace__ == "x" && self.dashed__dash__name == "y"', { namespace: 'x', 'dashed-name': 'y' }],
    ['type(self.port) == int ? self.port < 10 : self.port == "http"', { port: 'http' }],
    ['self.since > timestamp("2020-01-01T00:00:00Z")', { since: '2026-01-01T00:00:00Z' }],
    ['self.labels.all(k, self.labels[k] != "")', { labels: { a: 'b' } }],
    ['"a" in self.labels && self.labels["a"] == "b"', { labels: { a: 'b' } }],
    [
      'self.items.exists(i, i.key == "x" && i.value > 1)',
      {
        items: [
          { key: 'w', value: 9 },
          { key: 'x', value: 2 },
        ],
      },
    ],
    ['self.items.filter(i, i.key == "x").size() == 1', { items: [{ key: 'x' }] }],
    ['self.items.map(i, i.value).sum() == 3', { items: [{ value: 1 }, { value: 2 }] }],
    ['self.?name.orValue("none") == "none"', {}],
    ['quantity("1Gi").compareTo(quantity("500Mi")) > 0', {}],
    ['isURL("https://a/b") && url("https://a:8/b").getPort() == "8"', {}],
    ['cidr("10.0.0.0/8").containsIP("10.1.2.3") && !isIP("x")', {}],
    ['"%s=%d".format(["a", 1]) == "a=1"', {}],
    ['self.name.matches("^[a-z]+$") && self.name.find("b+") == "bb"', { name: 'abba' }],
  ])('holds: %s', (rule, spec) => {
    expect(check(FIELDS, [{ rule }], spec)).toEqual([]);
  });

  it('that fails is told with its message, its path and its reason', () => {
    const spec = { min: 2, max: 1 };
    const rule = 'self.min <= self.max';
    expect(check(FIELDS, [{ rule }], spec)).toEqual(['spec: Invalid value: "object": failed rule: self.min <= self.max']);
    expect(check(FIELDS, [{ rule, message: 'too small' }], spec)).toEqual(['spec: Invalid value: "object": too small']);
    expect(check(FIELDS, [{ rule, message: 'x', messageExpression: '"max is " + string(self.max)' }], spec)).toEqual([
      'spec: Invalid value: "object": max is 1',
    ]);
    expect(check(FIELDS, [{ rule, message: 'no', fieldPath: '.max', reason: 'FieldValueForbidden' }], spec)).toEqual([
      'spec.max: Forbidden: no',
    ]);
  });

  it('that cannot be evaluated says why', () => {
    expect(check(FIELDS, [{ rule: 'self.name == "a"' }], {})).toEqual([
      'spec: Invalid value: "object": no such key: name evaluating rule: self.name == "a"',
    ]);
  });

  it('with oldSelf is asked only on updates', () => {
    const rules = [{ rule: 'self.name == oldSelf.name', message: 'name is immutable' }];
    expect(check(FIELDS, rules, { name: 'a' })).toEqual([]);
    expect(check(FIELDS, rules, { name: 'a' }, { name: 'a' })).toEqual([]);
    expect(check(FIELDS, rules, { name: 'b' }, { name: 'a' })).toEqual(['spec: Invalid value: "object": name is immutable']);
  });

  it('compares objects and lists as wholes', () => {
    const rules = [{ rule: 'self.ref == oldSelf.ref && self.items == oldSelf.items', message: 'changed' }];
    const old = { ref: { name: 'a' }, items: [{ key: 'k', value: 1 }] };
    expect(check(FIELDS, rules, { ref: { name: 'a' }, items: [{ value: 1, key: 'k' }], max: 1 }, old)).toEqual([]);
    expect(check(FIELDS, rules, { ...old, ref: { name: 'b' } }, old)).toHaveLength(1);
    expect(check(FIELDS, rules, { ...old, items: [] }, old)).toHaveLength(1);
  });

  it('with optionalOldSelf is asked on creation, too', () => {
    const rules = [{ rule: 'oldSelf.hasValue() || self.min > 0', optionalOldSelf: true, message: 'must start positive' }];
    expect(check(FIELDS, rules, { min: 0 })).toEqual(['spec: Invalid value: "object": must start positive']);
    expect(check(FIELDS, rules, { min: 0 }, { min: 1 })).toEqual([]);
  });

  it('is not held against what has not changed', () => {
    const rules = [{ rule: 'self.min <= self.max' }];
    expect(check(FIELDS, rules, { min: 2, max: 1 }, { min: 2, max: 1 })).toEqual([]);
    expect(check(FIELDS, rules, { min: 3, max: 1 }, { min: 2, max: 1 })).toHaveLength(1);
  });

  it('in a map-like list meets the old item with the same key', () => {
    const item: Schema = {
      type: 'object',
      properties: { name: string, size: integer },
      'x-kubernetes-validations': [{ rule: 'self.size >= oldSelf.size', message: 'must not shrink' }],
    };
    const list: Schema = { type: 'array', items: item, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] };
    const old = {
      l: [
        { name: 'a', size: 1 },
        { name: 'b', size: 5 },
      ],
    };
    expect(
      check(
        { l: list },
        [{ rule: 'true' }],
        {
          l: [
            { name: 'b', size: 4 },
            { name: 'c', size: 0 },
          ],
        },
        old,
      ),
    ).toEqual(['spec.l[0]: Invalid value: "object": must not shrink']);
  });

  it('that does too much is stopped', () => {
    const items = Array.from({ length: 400 }, (_, value) => ({ key: 'k', value }));
    const rule = 'self.items.all(a, self.items.all(b, self.items.all(c, a.value + b.value + c.value >= 0)))';
    const [error] = check(FIELDS, [{ rule }], { items });
    expect(error).toContain('no further validation rules will be run due to call cost exceeds limit for rule');
  });
});

describe('the root of an object', () => {
  it('shows its name and type', () => {
    const schema: Schema = { type: 'object', 'x-kubernetes-validations': [{ rule: 'self.metadata.name == "only" && self.kind == "K"' }] };
    const rules = compileRules(schema);
    expect(rules?.({ kind: 'K', metadata: { name: 'only' } }, undefined)).toEqual([]);
    expect(rules?.({ kind: 'K', metadata: { name: 'x' } }, undefined).map(String)).toEqual([
      '<nil>: Invalid value: "object": failed rule: self.metadata.name == "only" && self.kind == "K"',
    ]);
  });
});
