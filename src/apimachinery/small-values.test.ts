import { expect, test } from 'vitest';
import {
  clone,
  deepFreeze,
  fnv32a,
  formatDuration,
  generateName,
  intValue,
  jsonEqual,
  objectEqual,
  parseDuration,
  percentOf,
  safeEncode,
  scaledValue,
  applyMergePatch,
  createMergePatch,
  parseLabelSelector,
} from './index.ts';

test.each([
  ['0', 0, '0s'],
  ['1h30m', 5_400_000, '1h30m0s'],
  ['250ms', 250, '250ms'],
  ['1.5s', 1500, '1.5s'],
  ['-2m', -120_000, '-2m0s'],
  ['100us', 0.1, '100µs'],
  ['72h3m0.5s', 259_380_500, '72h3m0.5s'],
])('duration %s is %d ms, printed %s', (text, milliseconds, printed) => {
  expect(parseDuration(text)).toBeCloseTo(milliseconds, 9);
  expect(formatDuration(milliseconds)).toBe(printed);
});

test.each([
  ['', 'time: invalid duration ""'],
  ['1', 'time: missing unit in duration "1"'],
  ['1d', 'time: unknown unit "d" in duration "1d"'],
  ['x', 'time: invalid duration "x"'],
  ['1s-', 'time: unknown unit "s-" in duration "1s-"'],
])('%o is no duration', (text, message) => {
  expect(() => parseDuration(text)).toThrow(new Error(message));
});

test('a percentage is of the total, rounded as asked', () => {
  expect(scaledValue('25%', 10, 'up')).toBe(3);
  expect(scaledValue('25%', 10, 'down')).toBe(2);
  expect(scaledValue(4, 10, 'up')).toBe(4);
  expect(() => scaledValue('4', 10, 'up')).toThrow('invalid value for IntOrString: invalid type: string is not a percentage');
  expect(percentOf('7%')).toBe(7);
  expect(percentOf(7)).toBeUndefined();
  expect(intValue('80')).toBe(80);
  expect(intValue('http')).toBe(0);
});

test('generated names fit a label and use the alphabet without vowels', () => {
  expect(generateName('web-')).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  expect(generateName('x'.repeat(100))).toHaveLength(63);
});

test('FNV-1a has its published values', () => {
  expect(fnv32a('')).toBe(0x811c9dc5);
  expect(fnv32a('a')).toBe(0xe40c292c);
  expect(fnv32a('foobar')).toBe(0xbf9cf968);
  expect(safeEncode('0123456789')).toHaveLength(10);
});

test('nothing, null and empty containers mean the same', () => {
  expect(objectEqual({ a: undefined, b: [], c: {} }, { d: null })).toBe(true);
  expect(objectEqual({ a: { b: [] } }, {})).toBe(true);
  expect(objectEqual({ a: 0 }, {})).toBe(false);
  expect(objectEqual({ a: '' }, {})).toBe(false);
  expect(objectEqual([1, 2], [2, 1])).toBe(false);
  expect(objectEqual({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(true);
});

test('as JSON, null and empty containers are values', () => {
  expect(jsonEqual({ a: undefined }, {})).toBe(true);
  expect(jsonEqual({ a: null }, {})).toBe(false);
  expect(jsonEqual({ a: [] }, { a: {} })).toBe(false);
  expect(jsonEqual({ a: [1, { b: 'x' }] }, { a: [1, { b: 'x' }] })).toBe(true);
});

test('a clone shares nothing, and leaves out what is undefined', () => {
  const original = deepFreeze({ a: [{ b: 1 }], c: undefined, __proto__x: 1 });
  const copy = clone(original);
  expect(copy).toEqual(original);
  expect('c' in copy).toBe(false);
  copy.a[0]!.b = 2;
  expect(original.a[0]!.b).toBe(1);
  expect(() => ((original.a as unknown[])[0] = 1)).toThrow(TypeError);
});

test('a field named __proto__ stays a field', () => {
  const copy = clone(JSON.parse('{"__proto__":{"x":1}}')) as Record<string, unknown>;
  expect(Object.hasOwn(copy, '__proto__')).toBe(true);
  expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
});

test('keys may be called like what every object inherits', () => {
  const labels = JSON.parse('{"constructor":"x","__proto__":"y"}') as Record<string, string>;
  expect(objectEqual({}, labels)).toBe(false);
  expect(jsonEqual({}, labels)).toBe(false);
  expect(jsonEqual(labels, {})).toBe(false);
  expect(jsonEqual(clone(labels), labels)).toBe(true);
  expect(parseLabelSelector('constructor').matches({})).toBe(false);
  expect(parseLabelSelector('!toString').matches({})).toBe(true);
  const patch = createMergePatch({}, labels);
  expect(Object.keys(applyMergePatch({}, patch))).toEqual(['constructor', '__proto__']);
  expect(applyMergePatch(labels, createMergePatch(labels, {}))).toEqual({});
});
