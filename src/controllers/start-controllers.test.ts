import { fakeClient, resources } from '#client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CONTROLLERS, selectControllers, startControllers } from './index.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test.each([
  [['*'], ['deployment-controller', 'garbage-collector-controller'], []],
  [['*', '-garbagecollector'], ['deployment-controller'], ['garbage-collector-controller']],
  [['-deployment-controller', '*'], ['replicaset-controller'], ['deployment-controller']],
  [['deployment'], ['deployment-controller'], ['replicaset-controller']],
])('--controllers=%s', (wanted, contained, missing) => {
  const names = selectControllers(wanted);
  expect(names).toEqual(expect.arrayContaining(contained));
  for (const name of missing) expect(names).not.toContain(name);
});

test('a name that no controller has is refused', () => {
  expect(() => selectControllers(['*', '-deploymnt'])).toThrow('"deploymnt" is not in the list of known controllers');
});

test('all controllers start on an empty cluster, write nothing but their due, and end with the signal', async () => {
  const client = fakeClient();
  client.serve(...Object.values(resources));
  const stop = new AbortController();
  const ended = startControllers({ client, signal: stop.signal });
  await vi.advanceTimersByTimeAsync(5_000);
  expect(client.actions.filter(({ resource }) => resource !== 'leases.coordination.k8s.io')).toEqual([]);
  stop.abort();
  await ended;
});

test('only the leader works', async () => {
  const client = fakeClient([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } }]);
  client.serve(...Object.values(resources));
  const first = new AbortController();
  const second = new AbortController();
  const run = (identity: string, { signal }: AbortController) =>
    startControllers({ client, signal, controllers: ['serviceaccount'], leaderElection: { identity } });
  const runs = [run('a', first)];
  await vi.advanceTimersByTimeAsync(100);
  runs.push(run('b', second));
  await vi.advanceTimersByTimeAsync(5_000);
  expect(client.actions.filter(({ resource }) => resource === 'serviceaccounts')).toHaveLength(1);
  expect(client.objects(resources.leases)[0]).toMatchObject({
    metadata: { name: 'kube-controller-manager', namespace: 'kube-system' },
    spec: { holderIdentity: 'a' },
  });
  first.abort();
  second.abort();
  await vi.advanceTimersByTimeAsync(5_000);
  await Promise.all(runs);
});

test('every controller is known by a name of its own', () => {
  expect(Object.keys(CONTROLLERS).every((name) => name.endsWith('-controller'))).toBe(true);
});
