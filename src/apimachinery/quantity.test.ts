import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalQuantity, isQuantity, parseQuantity, Quantity } from './index.ts';

test.each([
  ['1.5Gi', '1536Mi'],
  ['0.5', '500m'],
  ['100m', '100m'],
  ['1000m', '1'],
  ['1e3', '1e3'],
  ['1E3', '1e3'],
  ['12e6', '12e6'],
  ['1.1Ki', '1127'],
  ['512Ki', '512Ki'],
  ['1024Ki', '1Mi'],
  ['0.5Ki', '512'],
  ['0Mi', '0'],
  ['.5', '500m'],
  ['5.', '5'],
  ['1000000', '1M'],
  ['1024', '1024'],
  ['12000', '12k'],
  ['0.0000000001', '1n'],
  ['-1.5', '-1500m'],
  ['+5', '5'],
  ['100000k', '100M'],
  ['10E', '9223372036854775807'],
  ['123456789012345678901234567890', '9223372036854775807'],
])('%s is written %s', (text, canonical) => {
  expect(canonicalQuantity(text)).toBe(canonical);
  expect(canonicalQuantity(canonical)).toBe(canonical);
});

const FORMAT = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
test.each([
  ['', FORMAT],
  ['1.1.1', FORMAT],
  ['a', FORMAT],
  ['1 ', FORMAT],
  ['1x', FORMAT],
  ['1mi', "unable to parse quantity's suffix"],
  ['1KiB', FORMAT],
])('%o is no quantity', (text, message) => {
  expect(() => parseQuantity(text)).toThrow(new Error(message));
  expect(isQuantity(text)).toBe(false);
});

test('values are rounded up, away from zero', () => {
  expect(parseQuantity('1500m').value()).toBe(2);
  expect(parseQuantity('-1500m').value()).toBe(-2);
  expect(parseQuantity('1u').milliValue()).toBe(1);
  expect(parseQuantity('64Mi').value()).toBe(64 * 1024 * 1024);
  expect(parseQuantity('2').milliValue()).toBe(2000);
});

test('a sum keeps the format of the first that is not zero', () => {
  expect(String(parseQuantity('1Gi').add(parseQuantity('512Mi')))).toBe('1536Mi');
  expect(String(Quantity.of(0).add(parseQuantity('1Gi')))).toBe('1Gi');
  expect(String(parseQuantity('1').sub(parseQuantity('100m')))).toBe('900m');
  expect(String(parseQuantity('1Mi').sub(parseQuantity('1Mi')))).toBe('0');
});

test('arithmetic is exact and ordered', () => {
  const nano = fc.bigInt({ min: -(10n ** 27n), max: 10n ** 27n });
  const any = fc.oneof(
    nano,
    nano.map((value) => (value / 10n ** 15n) * 1_000_000n),
    fc.bigInt({ min: -1000n, max: 1000n }).map((value) => value * 10n ** 9n),
  );
  fc.assert(
    fc.property(any, any, (a, b) => {
      const [x, y] = [Quantity.ofNano(a), Quantity.ofNano(b)];
      expect(x.add(y).nanoValue()).toBe(a + b);
      expect(x.sub(y).nanoValue()).toBe(a - b);
      expect(Math.sign(x.compare(y))).toBe(a < b ? -1 : a > b ? 1 : 0);
      expect(parseQuantity(String(x)).nanoValue()).toBe(a);
      expect(x.add(y).sub(y).compare(x)).toBe(0);
    }),
  );
});
