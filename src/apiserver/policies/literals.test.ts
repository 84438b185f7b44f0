import { describe, expect, it } from 'vitest';
import { withoutTypedLiterals } from './literals.ts';

describe('typed literals', () => {
  const cases: [string, string][] = [
    ['Object{}', '{}'],
    ['Object{spec: Object.spec{replicas: 3}}', '{"spec": {"replicas": 3}}'],
    ['[JSONPatch{op: "add", path: "/a", value: 1}]', '[{"op": "add", "path": "/a", "value": 1}]'],
    ['Object{a: {b: c, "d": e}}', '{"a": {b: c, "d": e}}'],
    ['Object{a: f(x, y), b: [p, q]}', '{"a": f(x, y), "b": [p, q]}'],
    ['Object{a__dot__b: 1, `c/d`: 2, __namespace__: 3}', '{"a.b": 1, "c/d": 2, "namespace": 3}'],
    ['has(object.x) ? Object{a: cond ? y : z} : Object {b: 1}', 'has(object.x) ? {"a": cond ? y : z} :  {"b": 1}'],
    ['"Object{a: 1}" + r\'JSONPatch{\'', '"Object{a: 1}" + r\'JSONPatch{\''],
    ['object.spec.Object', 'object.spec.Object'],
  ];
  it.each(cases)('%s', (expression, expected) => expect(withoutTypedLiterals(expression)).toBe(expected));
});
