import { expect, test } from 'vitest';
import { BackOff } from './back-off.ts';

test('waits double from ten seconds to five minutes and are forgotten after ten quiet minutes', () => {
  let now = 0;
  const backOff = new BackOff({ now: () => now });
  const waits = Array.from({ length: 7 }, () => {
    const wait = backOff.fail('a') - now;
    now += wait;
    return wait / 1000;
  });
  expect(waits).toEqual([10, 20, 40, 80, 160, 300, 300]);
  now += 601_000;
  expect(backOff.fail('a') - now).toBe(10_000);
});

test('a wait may begin with an event of its own', () => {
  let now = 0;
  const backOff = new BackOff({ now: () => now });
  backOff.fail('a');
  now = 100_000;
  expect(backOff.blockedSince('a', 95_000)).toBe(105_000);
  expect(backOff.blockedSince('a', 80_000)).toBeUndefined();
});
