import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { serviceUnavailable } from '#apimachinery';
import { fakeClient, LeadershipLost, resources, runAsLeader, type FakeClient } from './index.ts';

let client: FakeClient;
let stop: AbortController;

beforeEach(() => {
  vi.useFakeTimers();
  client = fakeClient();
  stop = new AbortController();
});
afterEach(() => {
  stop.abort();
  vi.useRealTimers();
});

interface Run {
  leading: boolean;
  stop: AbortController;
  ended: Promise<unknown>;
}

function candidate(identity: string): Run {
  const run: Run = { leading: false, stop: new AbortController(), ended: Promise.resolve() };
  const signal = AbortSignal.any([stop.signal, run.stop.signal]);
  const lead = (leading: AbortSignal): Promise<void> => {
    run.leading = true;
    return new Promise((resolve) =>
      leading.addEventListener('abort', () => {
        run.leading = false;
        resolve();
      }),
    );
  };
  const ended = runAsLeader({ client, namespace: 'kube-system', name: 'test', identity, signal }, lead);
  run.ended = ended.catch((error: unknown) => error);
  return run;
}

const lease = () => client.objects(resources.leases)[0]!;

test('one of two leads, and the other follows when the first gives the lease back', async () => {
  const a = candidate('a');
  await vi.advanceTimersByTimeAsync(0);
  const b = candidate('b');
  await vi.advanceTimersByTimeAsync(30_000);
  expect([a.leading, b.leading]).toEqual([true, false]);
  expect(lease().spec).toMatchObject({ holderIdentity: 'a', leaseDurationSeconds: 15, leaseTransitions: 0 });
  a.stop.abort();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(b.leading).toBe(true);
  expect(lease().spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
});

test('a leader that cannot renew for ten seconds stops, and says so', async () => {
  const a = candidate('a');
  await vi.advanceTimersByTimeAsync(5_000);
  client.react('leases.coordination.k8s.io', () => {
    throw serviceUnavailable('away');
  });
  await vi.advanceTimersByTimeAsync(13_000);
  expect(a.leading).toBe(false);
  expect(await a.ended).toBeInstanceOf(LeadershipLost);
});

test('a leader that died is followed after its lease has run out', async () => {
  await client.resource(resources.leases).create({
    metadata: { namespace: 'kube-system', name: 'test' },
    spec: { holderIdentity: 'dead', leaseDurationSeconds: 15, leaseTransitions: 3 },
  });
  const b = candidate('b');
  await vi.advanceTimersByTimeAsync(14_000);
  expect(b.leading).toBe(false);
  await vi.advanceTimersByTimeAsync(6_000);
  expect(b.leading).toBe(true);
  expect(lease().spec.leaseTransitions).toBe(4);
});
