import { expect, test } from 'vitest';
import { contains, keyOf, NO_END, prefixEnd, prefixRange, textOf } from './key-range.ts';

test('a prefix ends where its last byte is counted up', () => {
  expect(prefixEnd('/a/')).toBe('/a0');
  expect(prefixEnd('a\xff')).toBe('b');
  expect(prefixEnd('\xff\xff')).toBe(NO_END);
  expect(prefixRange('')).toEqual({ key: '\0', rangeEnd: NO_END });
});

test('keys are in the order of their bytes, whatever text they are', () => {
  const texts = ['z', 'ä', 'ﬀ', '😀'];
  const keys = texts.map(keyOf);
  expect(keys.map(textOf)).toEqual(texts);
  expect([...keys].sort()).toEqual(keys);
  expect(keyOf('/registry/pods')).toBe('/registry/pods');
});

test('a range without an end is one key', () => {
  expect(contains({ key: 'a' }, 'a')).toBe(true);
  expect(contains({ key: 'a' }, 'ab')).toBe(false);
  expect(contains({ key: 'a', rangeEnd: NO_END }, '\xff')).toBe(true);
  expect(contains({ key: 'a', rangeEnd: 'c' }, 'c')).toBe(false);
});
