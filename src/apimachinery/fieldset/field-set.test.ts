import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeFieldSet,
  deepFreeze,
  differenceOf,
  eachPath,
  fieldSetsEqual,
  formatFieldPath,
  hasPath,
  intersectionOf,
  isEmptyFieldSet,
  keyElement,
  leavesOf,
  sortedFieldSet,
  unionOf,
  valueElement,
  withoutSubtrees,
  type FieldSet,
} from '../index.ts';

function pathsOf(set: FieldSet): Set<string> {
  const paths = new Set<string>();
  eachPath(set, (path) => paths.add(path.join(' ')));
  return paths;
}

function setOf(paths: readonly (readonly string[])[]): FieldSet {
  return paths.reduce<FieldSet>(
    (set, path) =>
      unionOf(
        set,
        path.reduceRight<FieldSet>((below, element) => ({ [element]: below }), {}),
      ),
    {},
  );
}

const element = fc.constantFrom('f:a', 'f:b', 'k:{"name":"x"}', 'v:"y"', 'i:0');
const path = fc.array(element, { minLength: 1, maxLength: 3 });
const anySet = fc.array(path, { maxLength: 6 }).map((paths) => deepFreeze(setOf(paths)));
const plus = (a: Set<string>, b: Set<string>): Set<string> => new Set([...a, ...b]);
const minus = (a: Set<string>, b: Set<string>): Set<string> => new Set([...a].filter((item) => !b.has(item)));
const both = (a: Set<string>, b: Set<string>): Set<string> => new Set([...a].filter((item) => b.has(item)));

test('operations do to the sets what they do to sets of paths', () => {
  fc.assert(
    fc.property(anySet, anySet, (a, b) => {
      expect(pathsOf(unionOf(a, b))).toEqual(plus(pathsOf(a), pathsOf(b)));
      expect(pathsOf(differenceOf(a, b))).toEqual(minus(pathsOf(a), pathsOf(b)));
      expect(pathsOf(intersectionOf(a, b))).toEqual(both(pathsOf(a), pathsOf(b)));
    }),
  );
});

test('a set has one form, whichever way it came about', () => {
  fc.assert(
    fc.property(anySet, anySet, anySet, (a, b, c) => {
      expect(fieldSetsEqual(unionOf(a, b), unionOf(b, a))).toBe(true);
      expect(fieldSetsEqual(intersectionOf(a, b), intersectionOf(b, a))).toBe(true);
      expect(fieldSetsEqual(unionOf(differenceOf(a, b), intersectionOf(a, b)), a)).toBe(true);
      expect(fieldSetsEqual(unionOf(unionOf(a, b), c), unionOf(a, unionOf(b, c)))).toBe(true);
      expect(fieldSetsEqual(differenceOf(a, unionOf(b, c)), differenceOf(differenceOf(a, b), c))).toBe(true);
      expect(isEmptyFieldSet(differenceOf(a, a))).toBe(true);
      expect(decodeFieldSet(JSON.parse(JSON.stringify(a)))).toEqual(sortedFieldSet(a));
    }),
  );
});

test('what changes nothing gives back the very same set', () => {
  fc.assert(
    fc.property(anySet, anySet, (a, b) => {
      expect(unionOf(unionOf(a, b), b)).toEqual(unionOf(a, b));
      const whole = unionOf(a, b);
      expect(isEmptyFieldSet(whole) || unionOf(whole, a) === whole).toBe(true);
      const rest = differenceOf(a, b);
      expect(isEmptyFieldSet(rest) || differenceOf(rest, b) === rest).toBe(true);
    }),
  );
});

test('a path is a member when its node is empty or has a dot', () => {
  const set: FieldSet = { 'f:a': { '.': {}, 'f:b': {} }, 'f:c': { 'f:d': {} } };
  expect(hasPath(set, ['f:a'])).toBe(true);
  expect(hasPath(set, ['f:a', 'f:b'])).toBe(true);
  expect(hasPath(set, ['f:c'])).toBe(false);
  expect(hasPath(set, ['f:c', 'f:d'])).toBe(true);
  expect(hasPath(set, [])).toBe(false);
  expect(leavesOf(set)).toEqual({ 'f:a': { 'f:b': {} }, 'f:c': { 'f:d': {} } });
});

test('a difference leaves what is below a member, taking subtrees does not', () => {
  const set: FieldSet = { 'f:a': { '.': {}, 'f:b': {} }, 'f:c': {} };
  expect(differenceOf(set, { 'f:a': {} })).toEqual({ 'f:a': { 'f:b': {} }, 'f:c': {} });
  expect(withoutSubtrees(set, { 'f:a': {} })).toEqual({ 'f:c': {} });
  expect(differenceOf(set, { 'f:a': { 'f:b': {} } })).toEqual({ 'f:a': {}, 'f:c': {} });
});

test('elements are written in the order fields, keys, values, indices', () => {
  const set = decodeFieldSet({
    'i:10': {},
    'i:9': {},
    'v:1': {},
    'k:{"b":1,"a":"x"}': { 'f:z': {}, '.': {} },
    'f:b': {},
    'f:a': { '.': {} },
  });
  expect(JSON.stringify(set)).toBe('{"f:a":{},"f:b":{},"k:{\\"a\\":\\"x\\",\\"b\\":1}":{".":{},"f:z":{}},"v:1":{},"i:9":{},"i:10":{}}');
});

test.each([[1], [null], [[]], [{ x: {} }], [{ 'k:[]': {} }], [{ 'i:x': {} }], [{ 'v:{': {} }], [{ 'f:a': 1 }]])(
  '%j is no field set',
  (value) => {
    expect(() => decodeFieldSet(value)).toThrow(Error);
  },
);

test('paths read as in messages', () => {
  const path = ['f:spec', 'f:ports', keyElement({ protocol: 'TCP', containerPort: 80 }), 'f:name'];
  expect(formatFieldPath(path)).toBe('.spec.ports[containerPort=80,protocol="TCP"].name');
  expect(formatFieldPath(['f:finalizers', valueElement('a/b'), 'i:3'])).toBe('.finalizers[="a/b"][3]');
});
