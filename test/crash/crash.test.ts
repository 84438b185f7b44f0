import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isGone } from '#apimachinery';
import type { ConfigMap } from '#api/generated/core-v1.ts';
import { kubeconfigClient, resources, type Client } from '#client';
import { TestCluster } from '../e2e/cluster.ts';
import { NAMESPACE, writeUntilGone, type Confirmed } from './writers.ts';

const ROUNDS = Number(process.env['SKIFF_CRASH_ROUNDS'] ?? 20);
const WRITERS = 16;

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await TestCluster.start();
});
afterAll(async () => await cluster?.delete());

/** A watcher that remembers the last revision it saw, and goes on from there after each crash. */
class Watcher {
  readonly counts = new Map<string, number>();
  #revision = '';
  failure: unknown;

  /** Follows until the server goes away or the signal aborts. */
  async follow(client: Client, signal: AbortSignal): Promise<void> {
    const configMaps = client.resource(resources.configMaps);
    if (this.#revision === '') this.#revision = (await configMaps.list({ namespace: NAMESPACE })).metadata.resourceVersion ?? '';
    try {
      for await (const { object } of configMaps.watch({ namespace: NAMESPACE, resourceVersion: this.#revision, signal })) this.#see(object);
    } catch (error) {
      // The connection breaks off with the server. That a revision is gone would be its answer.
      if (isGone(error)) this.failure = error;
    }
  }

  #see({ metadata, data }: ConfigMap): void {
    const count = Number(data?.count ?? 0);
    const before = this.counts.get(metadata.name);
    // Each step is an event of its own: none is missing, none comes twice, none goes back.
    if (before !== undefined && count !== before + 1 && count !== before)
      this.failure ??= new Error(`${metadata.name} went from ${before} to ${count}`);
    this.counts.set(metadata.name, count);
    this.#revision = metadata.resourceVersion ?? this.#revision;
  }
}

async function stored(client: Client): Promise<Map<string, number>> {
  const { items } = await client.resource(resources.configMaps).list({ namespace: NAMESPACE });
  return new Map(items.map((item) => [item.metadata.name, Number(item.data?.count ?? 0)]));
}

test(
  `${ROUNDS} times kill -9 of the control plane while ${WRITERS} clients write: nothing confirmed is lost, watches go on`,
  { timeout: 600_000 },
  async () => {
    const confirmed: Confirmed = new Map();
    const watcher = new Watcher();
    for (let round = 0; round < ROUNDS; round++) {
      const client = await kubeconfigClient(cluster.kubeconfig);
      const stop = new AbortController();
      const following = watcher.follow(client, stop.signal);
      const writing = Array.from(
        { length: WRITERS },
        async (_, index) => await writeUntilGone(client, `writer-${index}`, confirmed, stop.signal),
      );
      await delay(50 + Math.random() * 400);
      process.kill(await cluster.pid('control-plane'), 'SIGKILL');
      stop.abort();
      await Promise.all([following, ...writing]);
      await client.close();
      await cluster.up();
      await check(confirmed);
    }
    const client = await kubeconfigClient(cluster.kubeconfig);
    const stop = new AbortController();
    const following = watcher.follow(client, stop.signal);
    const all = await stored(client);
    await expect
      .poll(() => [...all].filter(([name, count]) => watcher.counts.get(name) !== count && name.startsWith('writer-')), { timeout: 20_000 })
      .toEqual([]);
    stop.abort();
    await following;
    await client.close();
    expect(watcher.failure).toBeUndefined();
    expect([...confirmed.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(ROUNDS * WRITERS);
  },
);

/** Compares what is stored with what was confirmed, and takes over what was written without an answer. */
async function check(confirmed: Confirmed): Promise<void> {
  const client = await kubeconfigClient(cluster.kubeconfig);
  const there = await stored(client);
  const lost = [...confirmed].filter(([name, count]) => (there.get(name) ?? 0) < count);
  expect(lost).toEqual([]);
  for (const [name, count] of there) if (confirmed.has(name)) confirmed.set(name, count);
  await client.close();
}
