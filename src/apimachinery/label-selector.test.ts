import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { everything, formatLabelSelector, nothing, parseLabelSelector, selectorOf } from './index.ts';

test.each<[string, Record<string, string>, boolean]>([
  ['', {}, true],
  ['a=b', { a: 'b' }, true],
  ['a==b', { a: 'c' }, false],
  ['a=', { a: '' }, true],
  ['a=', {}, false],
  ['a!=b', {}, true],
  ['a!=b', { a: 'b' }, false],
  ['a', { a: 'anything' }, true],
  ['!a', { a: '' }, false],
  ['!a', {}, true],
  ['a in (x, y)', { a: 'y' }, true],
  ['a in (x,y)', {}, false],
  ['a notin (x,y)', {}, true],
  ['a notin (x,y)', { a: 'x' }, false],
  ['a in (,x)', { a: '' }, true],
  ['n>1', { n: '2' }, true],
  ['n>1', { n: '1' }, false],
  ['n<1', { n: 'x' }, false],
  ['n<1', {}, false],
  ['a=b,c!=d,e in (x,y),!f,g notin (z),n>1', { a: 'b', e: 'x', n: '12345678901234567' }, true],
  ['in', { in: '1' }, true],
  ['a = in', { a: 'in' }, true],
  ['example.com/a = b ', { 'example.com/a': 'b' }, true],
])('%o on %o is %o', (text, labels, expected) => {
  expect(parseLabelSelector(text).matches(labels)).toBe(expected);
});

test.each([
  ['=', "found '=', expected: !, identifier, or 'end of string'"],
  ['a=b c', "found 'c', expected: ',' or 'end of string'"],
  ['a,', "found '', expected: identifier after ','"],
  ['x y', "unable to parse requirement: found 'y', expected: in, notin, =, ==, !=, gt, lt"],
  ['a in', "unable to parse requirement: found '' expected: '('"],
  ['a in (', "unable to parse requirement: found '', expected: ',', ')' or identifier"],
  ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
  ['a in ()', "unable to parse requirement: values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty"],
  ['n>x', "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer"],
  ['!', "unable to parse requirement: found '', expected: identifier"],
])('%o is refused', (text, message) => {
  expect(() => parseLabelSelector(text)).toThrow(expect.objectContaining({ code: 400, message }));
});

test('a bad key or value is told as a field error', () => {
  expect(() => parseLabelSelector('a*b')).toThrow(/^unable to parse requirement: <nil>: Invalid value: "a\*b": name part must consist of/);
  expect(() => parseLabelSelector('a=b/c')).toThrow(
    /^unable to parse requirement: values\[0\]\[a\]: Invalid value: "b\/c": a valid label must be/,
  );
});

test('the string form is sorted by key and parses to itself', () => {
  expect(String(parseLabelSelector('z=1,a in (y,x),!m'))).toBe('a in (x,y),!m,z=1');
  const name = fc.stringMatching(/^[a-z]{1,3}$/);
  const term = fc.oneof(
    fc.tuple(name, fc.constantFrom('=', '!=', '=='), name).map((parts) => parts.join('')),
    fc
      .tuple(name, fc.constantFrom(' in ', ' notin '), fc.array(name, { minLength: 1 }))
      .map(([key, op, values]) => `${key}${op}(${values.join(',')})`),
    name,
    name.map((key) => `!${key}`),
  );
  fc.assert(
    fc.property(fc.array(term), (terms) => {
      const text = String(parseLabelSelector(terms.join(',')));
      expect(String(parseLabelSelector(text))).toBe(text);
    }),
  );
});

test('no selector selects nothing, an empty one everything', () => {
  expect(selectorOf(undefined)).toBe(nothing);
  expect(selectorOf({})).toBe(everything);
  expect(nothing.matches({})).toBe(false);
  expect(everything.matches(undefined)).toBe(true);
});

test('a selector of an object has a string form', () => {
  const matchExpressions = [
    { key: 'e', operator: 'Exists' },
    { key: 'd', operator: 'NotIn', values: ['y', 'x'] },
  ];
  expect(formatLabelSelector({ matchLabels: { z: '1', a: '2' }, matchExpressions })).toBe('a=2,d notin (x,y),e,z=1');
  expect(formatLabelSelector({})).toBe('<none>');
  expect(() => selectorOf({ matchExpressions: [{ key: 'a', operator: 'Like' }] })).toThrow('"Like" is not a valid label selector operator');
});
