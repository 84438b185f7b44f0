import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SyncRunner } from './sync-runner.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A runner whose syncs take `cost` milliseconds; `starts` are the times at which they began. */
function runner(cost: number, failures = 0): { runner: SyncRunner; starts: number[]; errors: unknown[] } {
  const starts: number[] = [];
  const errors: unknown[] = [];
  const zero = performance.now();
  const sync = async (): Promise<void> => {
    starts.push(Math.round(performance.now() - zero));
    await new Promise((resolve) => setTimeout(resolve, cost));
    if (failures-- > 0) throw new Error('no');
  };
  return { runner: new SyncRunner({ sync, minPeriod: 1000, onError: (error) => errors.push(error) }), starts, errors };
}

test('a change after a rest goes out at once, and what comes with it goes along', async () => {
  const { runner: syncs, starts } = runner(5);
  syncs.request();
  syncs.request();
  await vi.advanceTimersByTimeAsync(5000);
  expect(starts).toEqual([3]);
  syncs.request();
  await vi.advanceTimersByTimeAsync(5000);
  expect(starts).toEqual([3, 5003]);
});

test('a change during a sync leads to another sync', async () => {
  const { runner: syncs, starts } = runner(5);
  syncs.request();
  await vi.advanceTimersByTimeAsync(4);
  syncs.request();
  await vi.advanceTimersByTimeAsync(5000);
  expect(starts).toHaveLength(2);
});

test('a stream of changes is held back to one costly sync a second', async () => {
  const { runner: syncs, starts } = runner(200);
  for (let n = 0; n < 1000; n++) {
    syncs.request();
    await vi.advanceTimersByTimeAsync(10);
  }
  expect(starts.length).toBeGreaterThanOrEqual(10);
  expect(starts.length).toBeLessThanOrEqual(12);
});

test('cheap syncs may follow each other quickly', async () => {
  const { runner: syncs, starts } = runner(2);
  for (let n = 0; n < 1000; n++) {
    syncs.request();
    await vi.advanceTimersByTimeAsync(10);
  }
  expect(starts.length).toBeGreaterThan(100);
});

test('a sync that fails is tried again without being asked for', async () => {
  const { runner: syncs, starts, errors } = runner(5, 2);
  syncs.request();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(starts).toHaveLength(3);
  expect(errors).toHaveLength(2);
});

test('after stop, nothing starts', async () => {
  const { runner: syncs, starts } = runner(5);
  syncs.request();
  await syncs.stop();
  syncs.request();
  await vi.advanceTimersByTimeAsync(5000);
  expect(starts).toEqual([]);
});
