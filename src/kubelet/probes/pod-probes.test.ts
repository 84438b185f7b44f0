import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Pod } from '#api/generated/core-v1.ts';
import { SimulatedRuntime } from '../cri/index.ts';
import type { RuntimePod } from '../pods/runtime-pod.ts';
import { PodProbes } from './pod-probes.ts';

const pod = { metadata: { name: 'web' }, spec: { containers: [{ name: 'c', image: 'x', resources: {} }] }, status: {} } as unknown as Pod;

/** A pod whose only container has started at this time (ms). */
function started(at: number): RuntimePod {
  const status = { id: 'id', state: 'CONTAINER_RUNNING', startedAt: at * 1e6, metadata: { name: 'c' } };
  return { running: [status], newest: () => status, ips: ['10.244.0.2'] } as unknown as RuntimePod;
}

let now: number;
beforeEach(() => {
  now = 1_000_000;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  vi.spyOn(Date, 'now').mockImplementation(() => now);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test('a container without a readiness probe gets ready, and is looked at then, even when the timer comes early', () => {
  const changed = vi.fn<() => void>();
  const probes = new PodProbes({ runtime: new SimulatedRuntime().runtime, hostIP: '192.0.2.1', changed, unhealthy: () => undefined });
  probes.sync(pod, started(now));
  expect(probes.ready('id')).toBe(false);
  // The timer's time is over, but by the clock two milliseconds are missing.
  now += 98;
  vi.advanceTimersByTime(100);
  expect(changed).not.toHaveBeenCalled();
  now += 2;
  vi.advanceTimersByTime(2);
  expect(changed).toHaveBeenCalledOnce();
  expect(probes.ready('id')).toBe(true);
});

test('a container that has run for long is ready at once', () => {
  const changed = vi.fn<() => void>();
  const probes = new PodProbes({ runtime: new SimulatedRuntime().runtime, hostIP: '192.0.2.1', changed, unhealthy: () => undefined });
  probes.sync(pod, started(now - 5000));
  expect(probes.ready('id')).toBe(true);
  expect(changed).not.toHaveBeenCalled();
});
