import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { runController, WorkQueue } from './index.ts';

let stop: AbortController;
let queue: WorkQueue;

beforeEach(() => {
  vi.useFakeTimers();
  stop = new AbortController();
  queue = new WorkQueue(stop.signal);
});

afterEach(() => {
  stop.abort();
  vi.useRealTimers();
});

test('a key stands in the queue once', async () => {
  queue.add('a');
  queue.add('a');
  expect(queue.length).toBe(1);
  expect(await queue.next()).toBe('a');
  expect(queue.length).toBe(0);
});

test('a key that is added while it is worked on comes again after that', async () => {
  queue.add('a');
  await queue.next();
  queue.add('a');
  expect(queue.length).toBe(0);
  queue.done('a');
  expect(await queue.next()).toBe('a');
});

test('the earliest of several delays counts', async () => {
  queue.addAfter('a', 5000);
  queue.addAfter('a', 1000);
  queue.addAfter('a', 9000);
  await vi.advanceTimersByTimeAsync(999);
  expect(queue.length).toBe(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(queue.length).toBe(1);
  await queue.next();
  queue.done('a');
  await vi.advanceTimersByTimeAsync(20_000);
  expect(queue.length).toBe(0);
});

test('failures wait 5 ms, 10 ms, … and at most 1000 s', async () => {
  queue.addRateLimited('a');
  await vi.advanceTimersByTimeAsync(5);
  expect(await queue.next()).toBe('a');
  queue.done('a');
  queue.addRateLimited('a');
  await vi.advanceTimersByTimeAsync(9);
  expect(queue.length).toBe(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(queue.length).toBe(1);
  expect(queue.failures('a')).toBe(2);
  queue.forget('a');
  expect(queue.failures('a')).toBe(0);
});

test('an abort releases waiting workers', async () => {
  const waiting = queue.next();
  stop.abort();
  expect(await waiting).toBeUndefined();
  expect(await queue.next()).toBeUndefined();
});

test('a controller works on different keys at once and on one key by one worker', async () => {
  const running = new Set<string>();
  let most = 0;
  const seen: string[] = [];
  const ended = runController({
    name: 'test',
    queue,
    workers: 3,
    signal: stop.signal,
    async reconcile({ namespace, name }) {
      const key = `${namespace}/${name}`;
      expect(running.has(key)).toBe(false);
      running.add(key);
      most = Math.max(most, running.size);
      await new Promise((resolve) => setTimeout(resolve, 10));
      running.delete(key);
      seen.push(key);
    },
  });
  queue.add('n/a');
  queue.add('n/b');
  await vi.advanceTimersByTimeAsync(1);
  queue.add('n/a');
  await vi.advanceTimersByTimeAsync(100);
  expect(seen).toEqual(['n/a', 'n/b', 'n/a']);
  expect(most).toBe(2);
  stop.abort();
  await ended;
});

test('a reconcile that throws is tried again, and one that asks to be is looked at later', async () => {
  let calls = 0;
  const errors: unknown[] = [];
  void runController({
    name: 'test',
    queue,
    signal: stop.signal,
    onError: (error) => errors.push(error),
    async reconcile() {
      calls++;
      if (calls === 1) throw new Error('once');
      return calls === 2 ? { requeueAfter: 1000 } : undefined;
    },
  });
  queue.add('a');
  await vi.advanceTimersByTimeAsync(5);
  expect(calls).toBe(2);
  expect(errors).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1000);
  expect(calls).toBe(3);
  await vi.advanceTimersByTimeAsync(100_000);
  expect(calls).toBe(3);
});
