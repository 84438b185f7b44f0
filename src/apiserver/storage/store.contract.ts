import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Compacted, FutureRevision, GuardFailed, type Store, type StoreEvent } from './store.ts';

/** A store for one test, and the way to get rid of it and of all that stands behind it. */
export interface StoreUnderTest {
  store: Store;
  dispose: () => Promise<void>;
}

const bytes = (text: string) => Buffer.from(text);

/** Collects what a watch delivers, and lets a test wait for some of it. */
function recorder() {
  const events: StoreEvent[] = [];
  const batches: { events: number; revision: number }[] = [];
  let progress = 0;
  let check = () => {};
  return {
    events,
    batches,
    handlers: {
      onEvents(batch: readonly StoreEvent[], revision: number) {
        events.push(...batch);
        batches.push({ events: batch.length, revision });
        check();
      },
      onProgress(revision: number) {
        progress = revision;
        check();
      },
    },
    until(holds: () => boolean): Promise<void> {
      return new Promise((resolve) => {
        check = () => {
          if (holds()) resolve();
        };
        check();
      });
    },
    get progress() {
      return progress;
    },
  };
}

async function failure<T extends Error>(type: abstract new (...args: never[]) => T, promise: Promise<unknown>): Promise<T> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(type);
  return error as T;
}

/** What every engine must do, whatever is behind it. `make` gives an empty store. */
export function storeContract(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`${name} keeps the contract of a store`, () => {
    let store: Store;
    let dispose: () => Promise<void>;
    let stop: AbortController;

    beforeEach(async () => {
      ({ store, dispose } = await make());
      stop = new AbortController();
    });

    afterEach(async () => {
      stop.abort();
      await store.close();
      await dispose();
    });

    test('gives back what was created, with its revision', async () => {
      const revision = await store.create('/registry/pods/a/one', bytes('{"a":1}'));
      expect(await store.get('/registry/pods/a/one')).toEqual({
        key: '/registry/pods/a/one',
        value: bytes('{"a":1}'),
        modRevision: revision,
        createRevision: revision,
      });
      expect(await store.revision()).toBe(revision);
    });

    test('has nothing under a key that was never written', async () => {
      expect(await store.get('/registry/pods/a/none')).toBeUndefined();
    });

    test('keeps keys and values that are not ASCII', async () => {
      await store.create('/registry/roles/grün/日本', bytes('{"ü":"🙂"}'));
      const list = await store.list('/registry/roles/grün/');
      expect(list.items.map(({ key, value }) => [key, String(value)])).toEqual([['/registry/roles/grün/日本', '{"ü":"🙂"}']]);
    });

    test('keeps a value of a megabyte, and an empty one', async () => {
      const big = Buffer.alloc(1024 * 1024, 'x');
      await store.create('/registry/big', big);
      await store.create('/registry/empty', Buffer.alloc(0));
      expect((await store.get('/registry/big'))?.value.equals(big)).toBe(true);
      expect((await store.get('/registry/empty'))?.value.length).toBe(0);
    });

    test('refuses to create a key twice and tells what is there', async () => {
      const revision = await store.create('/registry/pods/a/one', bytes('1'));
      const refused = await failure(GuardFailed, store.create('/registry/pods/a/one', bytes('2')));
      expect(refused.current).toMatchObject({ value: bytes('1'), modRevision: revision });
    });

    test('updates only from the revision that the writer has seen', async () => {
      const created = await store.create('/registry/pods/a/one', bytes('1'));
      const updated = await store.update('/registry/pods/a/one', bytes('2'), created);
      expect(updated).toBeGreaterThan(created);
      const refused = await failure(GuardFailed, store.update('/registry/pods/a/one', bytes('3'), created));
      expect(refused.current).toMatchObject({ value: bytes('2'), modRevision: updated, createRevision: created });
      const absent = await failure(GuardFailed, store.update('/registry/pods/a/two', bytes('3'), created));
      expect(absent.current).toBeUndefined();
    });

    test('deletes only the revision that the deleter has seen', async () => {
      const created = await store.create('/registry/pods/a/one', bytes('1'));
      await failure(GuardFailed, store.delete('/registry/pods/a/one', created + 1));
      const deleted = await store.delete('/registry/pods/a/one', created);
      expect(deleted).toBe(created + 1);
      expect(await store.get('/registry/pods/a/one')).toBeUndefined();
      const gone = await failure(GuardFailed, store.delete('/registry/pods/a/one', created));
      expect(gone.current).toBeUndefined();
    });

    test('lets exactly one of many writers that start from the same revision win', async () => {
      const created = await store.create('/registry/pods/a/one', bytes('0'));
      const tries = Array.from({ length: 16 }, (_, i) => store.update('/registry/pods/a/one', bytes(`${i}`), created));
      const results = await Promise.allSettled(tries);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
      expect(reasons.every((reason) => reason instanceof GuardFailed)).toBe(true);
    });

    test('lists what is under a prefix in the order of keys', async () => {
      for (const name of ['b/2', 'a/1', 'b/1', 'c/1']) await store.create(`/registry/pods/${name}`, bytes(name));
      await store.create('/registry/podtemplates/a/1', bytes('other'));
      const all = await store.list('/registry/pods/');
      expect(all.items.map(({ value }) => String(value))).toEqual(['a/1', 'b/1', 'b/2', 'c/1']);
      expect(all).toMatchObject({ more: false, remaining: 0, revision: await store.revision() });
      expect(await store.count('/registry/pods/')).toBe(4);
      expect((await store.list('/registry/pods/b/')).items).toHaveLength(2);
      expect((await store.list('/registry/nothing/')).items).toEqual([]);
    });

    test('lists in pages that all show the revision of the first', async () => {
      for (let i = 0; i < 5; i++) await store.create(`/registry/pods/a/${i}`, bytes(`${i}`));
      const first = await store.list('/registry/pods/', { limit: 2 });
      expect(first).toMatchObject({ more: true, remaining: 3 });
      const last = first.items[1];
      await store.create('/registry/pods/a/25', bytes('late'));
      const { modRevision } = (await store.get('/registry/pods/a/3')) ?? { modRevision: 0 };
      await store.delete('/registry/pods/a/3', modRevision);
      const rest = await store.list('/registry/pods/', { after: last?.key, revision: first.revision });
      expect(rest.items.map(({ value }) => String(value))).toEqual(['2', '3', '4']);
      expect(rest.revision).toBe(first.revision);
    });

    test('refuses to list a revision that has been compacted, or is to come', async () => {
      const created = await store.create('/registry/pods/a/one', bytes('1'));
      const updated = await store.update('/registry/pods/a/one', bytes('2'), created);
      await store.update('/registry/pods/a/one', bytes('3'), updated);
      await store.compact(updated);
      await failure(Compacted, store.list('/registry/pods/', { revision: created }));
      expect((await store.list('/registry/pods/', { revision: updated })).items[0]?.value).toEqual(bytes('2'));
      await failure(FutureRevision, store.list('/registry/pods/', { revision: updated + 1000 }));
    });

    test('tells a watch of every change under its prefix, in order, and of no other', async () => {
      const seen = recorder();
      const from = await store.revision();
      const ended = store.watch('/registry/pods/', from, seen.handlers, stop.signal);
      const created = await store.create('/registry/pods/a/one', bytes('1'));
      await store.create('/registry/services/a/one', bytes('other'));
      const updated = await store.update('/registry/pods/a/one', bytes('2'), created);
      const deleted = await store.delete('/registry/pods/a/one', updated);
      await seen.until(() => seen.events.length >= 3);
      const key = '/registry/pods/a/one';
      const shown = seen.events.map(({ type, key, value, previous, revision, created }) => ({
        type,
        key,
        value: String(value),
        previous: previous && String(previous),
        revision,
        created,
      }));
      expect(shown).toEqual([
        { type: 'put', key, value: '1', previous: undefined, revision: created, created: true },
        { type: 'put', key, value: '2', previous: '1', revision: updated, created: false },
        { type: 'delete', key, value: '2', previous: undefined, revision: deleted, created: false },
      ]);
      expect(seen.batches.at(-1)?.revision).toBeGreaterThanOrEqual(deleted);
      stop.abort();
      await ended;
    });

    test('starts a watch in the past, misses nothing and repeats nothing', async () => {
      const revisions: number[] = [];
      const from = await store.revision();
      for (let i = 0; i < 20; i++) revisions.push(await store.create(`/registry/pods/a/${i}`, bytes(`${i}`)));
      const seen = recorder();
      const ended = store.watch('/registry/pods/', from, seen.handlers, stop.signal);
      for (let i = 20; i < 40; i++) revisions.push(await store.create(`/registry/pods/a/${i}`, bytes(`${i}`)));
      await seen.until(() => seen.events.length >= 40);
      expect(seen.events.map(({ revision }) => revision)).toEqual(revisions);
      stop.abort();
      await ended;
    });

    test('rejects a watch from a compacted revision', async () => {
      const created = await store.create('/registry/pods/a/one', bytes('1'));
      const updated = await store.update('/registry/pods/a/one', bytes('2'), created);
      const newest = await store.update('/registry/pods/a/one', bytes('3'), updated);
      await store.compact(newest);
      const ended = store.watch('/registry/pods/', created - 1, recorder().handlers, stop.signal);
      expect((await failure(Compacted, ended)).compactRevision).toBe(newest);
    });

    test('reports progress on request, also to a watch that has had no event', async () => {
      const seen = recorder();
      const ended = store.watch('/registry/pods/', await store.revision(), seen.handlers, stop.signal);
      const other = await store.create('/registry/services/a/one', bytes('other'));
      store.requestProgress();
      await seen.until(() => seen.progress >= other);
      expect(seen.events).toEqual([]);
      stop.abort();
      await ended;
    });

    test('ends a watch without an error when its signal aborts, before or after it began', async () => {
      await store.watch('/registry/pods/', 1, recorder().handlers, AbortSignal.abort());
      const ended = store.watch('/registry/pods/', await store.revision(), recorder().handlers, stop.signal);
      stop.abort();
      expect(await ended).toBeUndefined();
    });

    test('lets a key go when its time is over, and tells the watch', async () => {
      const seen = recorder();
      const from = await store.revision();
      const ended = store.watch('/registry/events/', from, seen.handlers, stop.signal);
      await store.create('/registry/events/a/one', bytes('1'), { ttlSeconds: 1 });
      await seen.until(() => seen.events.some(({ type }) => type === 'delete'));
      expect(await store.get('/registry/events/a/one')).toBeUndefined();
      stop.abort();
      await ended;
    });

    test('says how large it is', async () => {
      expect(await store.size()).toBeGreaterThan(0);
    });
  });
}
