import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pod } from '../test-cluster.ts';
import { SchedulingQueue } from './scheduling-queue.ts';

describe('the scheduling queue', () => {
  let queue: SchedulingQueue;
  beforeEach(() => {
    vi.useFakeTimers();
    queue = new SchedulingQueue(() => undefined);
  });
  afterEach(() => {
    queue.stop();
    vi.useRealTimers();
  });
  const next = (): string | undefined => queue.take()?.pod.metadata.name;

  it('hands out the highest priority first, and among equals the one that came first', () => {
    for (const [name, priority] of [
      ['low', 0],
      ['high', 10],
      ['also-high', 10],
    ] as const) {
      queue.set(pod(name, { priority }));
      vi.advanceTimersByTime(1);
    }
    expect([next(), next(), next(), next()]).toEqual(['high', 'also-high', 'low', undefined]);
  });

  it('forgets pods that were deleted while they waited', () => {
    queue.set(pod('a'));
    queue.delete('default/a');
    expect(next()).toBeUndefined();
  });

  it('keeps an unschedulable pod until the cluster changes and its back-off is over', () => {
    queue.giveBack(pod('a'), 1, 'unschedulable');
    vi.advanceTimersByTime(60_000);
    expect(next()).toBeUndefined();
    queue.wake('node');
    expect(next()).toBe('a');
  });

  it('leaves a pod alone that the change cannot help', () => {
    queue.giveBack(pod('a'), 1, 'unschedulable', new Set(['node']));
    vi.advanceTimersByTime(1000);
    queue.wake('podGone');
    expect(next()).toBeUndefined();
    queue.wake('node');
    expect(next()).toBe('a');
  });

  it('backs off for 1 s, doubling up to 10 s', () => {
    queue.giveBack(pod('a'), 3, 'error');
    vi.advanceTimersByTime(3999);
    expect(next()).toBeUndefined();
    vi.advanceTimersByTime(1);
    expect(next()).toBe('a');
    queue.giveBack(pod('a'), 9, 'error');
    vi.advanceTimersByTime(10_000);
    expect(next()).toBe('a');
  });

  it('tries a pod again after five minutes even when nothing happened', () => {
    queue.giveBack(pod('a'), 1, 'unschedulable');
    vi.advanceTimersByTime(5 * 60_000);
    expect(next()).toBe('a');
  });

  it('does not try a pod again because its status tells that it is unschedulable', () => {
    queue.giveBack(pod('a'), 1, 'unschedulable');
    vi.advanceTimersByTime(1000);
    queue.set({ ...pod('a'), status: { conditions: [{ type: 'PodScheduled', status: 'False' }] } });
    expect(next()).toBeUndefined();
  });

  it('tries an updated pod again', () => {
    queue.giveBack(pod('a'), 1, 'unschedulable');
    vi.advanceTimersByTime(1000);
    queue.set(pod('a', { priority: 1 }));
    expect(next()).toBe('a');
  });
});
