import { assert, integer, nat, property, uniqueArray } from 'fast-check';
import { expect, test } from 'vitest';
import { NO_END } from './key-range.ts';
import { SortedEntries } from './sorted-entries.ts';

function keysBetween(entries: SortedEntries<{ key: string }>, start: string, end: string): string[] {
  const keys: string[] = [];
  entries.each(start, end, ({ key }) => void keys.push(key));
  return keys;
}

test('holds what a sorted array would, over many chunks', () => {
  const keys = uniqueArray(
    integer({ min: 0, max: 9999 }).map((n) => `k${n}`),
    { minLength: 0, maxLength: 3000, size: 'max' },
  );
  assert(
    property(keys, nat(9999), nat(9999), (added, from, to) => {
      const entries = new SortedEntries<{ key: string }>();
      for (const key of added) entries.add({ key });
      const removed = added.filter((_, index) => index % 3 === 0);
      for (const key of removed) entries.remove(key);
      const left = added.filter((_, index) => index % 3 !== 0).sort();
      expect(entries.size).toBe(left.length);
      expect(keysBetween(entries, '', NO_END)).toEqual(left);
      const [start, end] = [`k${from}`, `k${to}`];
      expect(keysBetween(entries, start, end)).toEqual(left.filter((key) => key >= start && key < end));
    }),
    { numRuns: 8 },
  );
});

test('stops when the visitor has seen enough', () => {
  const entries = new SortedEntries<{ key: string }>();
  for (let i = 0; i < 2000; i++) entries.add({ key: String(i).padStart(4, '0') });
  const seen: string[] = [];
  entries.each('0600', NO_END, ({ key }) => seen.push(key) < 3);
  expect(seen).toEqual(['0600', '0601', '0602']);
});
