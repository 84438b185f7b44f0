import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { isGone, type KubeObject } from '#apimachinery';
import type { Store } from '../storage/index.ts';
import { temporaryStore } from '../storage/store.fixture.ts';
import { StoredForm } from './entry.ts';
import type { Delivery } from './event-batch.ts';
import { WatchCache } from './watch-cache.ts';
import type { Watcher } from './watchers.ts';

const form = new StoredForm('v1', 'ConfigMap');
let store: Store;
let dispose: () => Promise<void>;
let prefix = '';
let counter = 0;

beforeAll(async () => {
  ({ store, dispose } = await temporaryStore());
});

afterAll(async () => {
  await dispose();
});

beforeEach(() => {
  prefix = `/registry/things-${++counter}/`;
});

function cacheOf(from: Store = store, onRestart?: (error: unknown) => void): WatchCache {
  return new WatchCache({ store: from, prefix, form, fields: {}, signal: new AbortController().signal, onRestart });
}

function value(name: string, more: object = {}): Buffer {
  const object: KubeObject = { metadata: { name, namespace: 'n' }, ...more };
  return form.encode(object);
}

const put = (name: string, more?: object): Promise<number> => store.create(`${prefix}n/${name}`, value(name, more));

class Recorder implements Watcher {
  readonly filter = {};
  readonly told: string[] = [];
  ended: Error | undefined;

  deliver(deliveries: readonly Delivery[]): void {
    for (const { type, entry } of deliveries) this.told.push(`${type} ${entry.name} ${entry.object.metadata.resourceVersion}`);
  }

  end(error?: Error): void {
    this.ended = error;
  }
}

test('a write that was acknowledged is in the cache', async () => {
  const cache = cacheOf();
  await cache.ready();
  const revision = await put('a');
  expect([cache.get('n', 'a')?.revision, cache.revision >= revision]).toEqual([revision, true]);
});

test('a watch goes on from any revision that the store remembers, each change once', async () => {
  const first = await put('a');
  const second = await put('b');
  const third = await store.delete(`${prefix}n/a`, first);
  // This cache begins later than the changes.
  const cache = cacheOf();
  const recorder = new Recorder();
  await cache.watch(recorder, first);
  const fourth = await put('c');
  expect(recorder.told).toEqual([`ADDED b ${second}`, `DELETED a ${third}`, `ADDED c ${fourth}`]);
});

test('what is replayed leaves the objects of the present alone', async () => {
  const cache = cacheOf();
  await cache.ready();
  const bytes = value('a');
  const object = form.decode(bytes, 0);
  cache.expect(bytes, object);
  const first = await store.create(`${prefix}n/a`, bytes);
  await store.update(`${prefix}n/a`, value('a', { data: { k: 'v' } }), first);
  const late = cacheOf();
  await late.watch(new Recorder(), first);
  expect(object.metadata.resourceVersion).toBe(String(first));
});

test('a compacted revision is 410', async () => {
  const first = await put('a');
  await store.update(`${prefix}n/a`, value('a', { data: { k: 'v' } }), first);
  const cache = cacheOf();
  await cache.ready();
  await store.compact(await store.revision());
  expect(isGone(await cache.watch(new Recorder(), first - 1).catch((error: unknown) => error))).toBe(true);
});

test('after the store was lost watchers are ended, what was known is still told, and then it is known anew', async () => {
  await put('a');
  let lose: (error: Error) => void = () => undefined;
  const fragile: Store = Object.assign(Object.create(store) as Store, {
    local: true,
    list: (...args: Parameters<Store['list']>) => store.list(...args),
    watch: (...args: Parameters<Store['watch']>) =>
      Promise.race([
        store.watch(...args),
        new Promise<never>((_, reject) => {
          lose = reject;
        }),
      ]),
  });
  const restarted = Promise.withResolvers<void>();
  const cache = cacheOf(fragile, () => restarted.resolve());
  const recorder = new Recorder();
  await cache.watch(recorder, undefined);
  lose(new Error('the store went away'));
  await restarted.promise;
  expect([cache.isReady, cache.get('n', 'a')?.name]).toEqual([false, 'a']);
  await cache.ready();
  expect([recorder.ended?.message, cache.isReady, cache.size]).toEqual(['the store went away', true, 1]);
});

test('waiting for an entry to be replaced ends with the change', async () => {
  const cache = cacheOf();
  await cache.ready();
  const revision = await put('a');
  const entry = cache.get('n', 'a');
  if (entry === undefined) throw new Error('the entry is not there');
  const waiting = cache.after(entry, undefined);
  await store.delete(`${prefix}n/a`, revision);
  await waiting;
  expect(cache.get('n', 'a')).toBeUndefined();
});
