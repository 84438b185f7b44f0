import { gone, StatusError, timeout, type KubeObject } from '#apimachinery';
import { Compacted, type Store, type StoreEvent } from '../storage/store.ts';
import { Entry, type StoredForm } from './entry.ts';
import type { CacheEvent } from './event-batch.ts';
import { accepts } from './filter.ts';
import { History } from './history.ts';
import { ObjectIndex } from './object-index.ts';
import { followStore } from './store-watch.ts';
import { Watchers, type Watcher } from './watchers.ts';

export interface WatchCacheOptions {
  store: Store;
  /** `/registry/pods/`. */
  prefix: string;
  form: StoredForm;
  /** Field selectors by name; a watch on one exact value of such a field is found by an index. */
  fields: Readonly<Record<string, (object: KubeObject) => string>>;
  signal: AbortSignal;
  /** Told when the cache has to start over (the store went away); it does so by itself. */
  onRestart?(error: unknown): void;
}

/** How long a read waits for the cache to reach the revision that it asks for, in ms. */
const CATCH_UP_MS = 3000;
/** After a failure to fill the cache anew, in ms. */
const FILL_AGAIN_MS = 1000;

/**
 * All objects of one resource at their newest revision, fed by one watch on the store. Reads and watches are served from
 * here. It fills itself when first used; `ready` resolves then.
 */
export class WatchCache {
  readonly #options: WatchCacheOptions;
  readonly #index = new ObjectIndex();
  readonly #watchers: Watchers;
  readonly #changed = new Set<() => void>();
  readonly #waiting = new Set<{ revision: number; resolve: () => void }>();
  /** Objects of writes made in this process, by the very bytes that the store will hand back: saves parsing them again. */
  readonly #known = new WeakMap<Buffer, KubeObject>();
  #history = new History(0);
  #revision = 0;
  #filled: Promise<void> | undefined;
  #isReady = false;

  constructor(options: WatchCacheOptions) {
    this.#options = options;
    this.#watchers = new Watchers(options.fields);
  }

  /** Starts filling the cache on first use. Rejects when the store cannot be read. */
  ready(): Promise<void> {
    if (this.#filled === undefined) {
      this.#filled = this.#fill();
      this.#filled.catch(() => {
        this.#filled = undefined;
      });
    }
    return this.#filled;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** The newest revision that the cache knows to be complete. */
  get revision(): number {
    return this.#revision;
  }

  get size(): number {
    return this.#index.size;
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  /** Without waiting for anything; after the store was lost, what was known before until the cache is filled again. */
  get(namespace: string, name: string): Entry | undefined {
    return this.#index.get(namespace, name);
  }

  /** In the order of keys; the caller must finish before it lets other code run. */
  list(namespace?: string): Iterable<Entry> {
    return this.#index.list(namespace);
  }

  /** The same as an array of the caller's own. */
  all(namespace?: string): Entry[] {
    return this.#index.all(namespace);
  }

  /** Says which object the bytes of a write are, just before they are handed to the store. */
  expect(value: Buffer, object: KubeObject): void {
    this.#known.set(value, object);
  }

  /** Makes an entry of stored bytes; `object` when it is known already. */
  entry(value: Buffer, revision: number): Entry {
    const known = this.#known.get(value);
    if (known === undefined) {
      const read = this.#options.form.read(value, revision);
      return new Entry(this.#options.form, read.object, read.value, revision);
    }
    known.metadata.resourceVersion = String(revision);
    return new Entry(this.#options.form, known, value, revision);
  }

  /** An entry of a value that has been replaced; whatever object was written as it may be shared under its own revision. */
  #pastEntry(value: Buffer, revision: number): Entry {
    return new Entry(this.#options.form, this.#options.form.decode(value, revision), value, revision);
  }

  /** Resolves when every write acknowledged before the call can be seen here. */
  async fresh(): Promise<void> {
    await this.ready();
    if (!this.#options.store.local) await this.reached(await this.#options.store.revision());
  }

  /** Resolves when the cache has reached `revision`; throws 504 when that takes too long. */
  async reached(revision: number): Promise<void> {
    await this.ready();
    if (this.#revision >= revision) return;
    if (this.#options.store.local) {
      // This resource may not have changed for long while others did: the store knows.
      const newest = await this.#options.store.revision();
      if (newest >= revision) {
        this.#advance(newest);
        return;
      }
    } else this.#options.store.requestProgress();
    await this.#wait(revision);
  }

  /**
   * Resolves when `entry` is no longer the newest: another write, at `revision` if that is known, is on its way. Throws 504
   * when it does not come.
   */
  async after(entry: Entry, revision: number | undefined): Promise<void> {
    if (revision !== undefined) return await this.reached(revision);
    if (this.get(entry.namespace, entry.name) !== entry) return;
    await new Promise<void>((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        stop();
        settle();
      };
      const timer = setTimeout(() => finish(() => reject(timeout(`${entry.name} was changed, but not told so`, 1))), CATCH_UP_MS);
      const stop = this.onChange(() => {
        if (this.get(entry.namespace, entry.name) !== entry) finish(resolve);
      });
    });
  }

  /** Asks the store how far it is: an idle resource's watchers may then be told a newer revision. */
  requestProgress(): void {
    this.#options.store.requestProgress();
  }

  /** Calls back after every change; returns the way to stop. */
  onChange(callback: () => void): () => void {
    this.#changed.add(callback);
    return () => this.#changed.delete(callback);
  }

  /**
   * Tells `watcher` every change after `after`. With `after` undefined it is told of present objects first. Returns the
   * way to stop. Throws 410 when the changes after that revision are forgotten.
   */
  async watch(watcher: Watcher, after: number | undefined): Promise<() => void> {
    await this.ready();
    if (after === undefined) return this.#watchFromNow(watcher, true);
    if (after > this.#revision) await this.#reachedOrNow(after);
    const missed = this.#history.after(after);
    if (missed === undefined) return this.#watchFromStore(watcher, after);
    if (missed.length > 0) new OneWatcher(this.#options.fields, watcher).dispatch(missed);
    return this.#watchFromNow(watcher, false);
  }

  #watchFromNow(watcher: Watcher, initial: boolean): () => void {
    if (initial) {
      const present = this.all(watcher.filter.namespace).filter((entry) => accepts(watcher.filter, entry));
      if (present.length > 0)
        watcher.deliver(
          present.map((entry) => ({ type: 'ADDED', entry })),
          undefined,
        );
    }
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** A revision before this cache's time: the store remembers more. Follows it until the cache's own history takes over. */
  async #watchFromStore(watcher: Watcher, after: number): Promise<() => void> {
    const stop = new AbortController();
    const target = this.#revision;
    const one = new OneWatcher(this.#options.fields, watcher);
    const previous = new Map<string, Entry>();
    let last = after;
    try {
      await followStore(
        this.#options.store,
        this.#options.prefix,
        after,
        target,
        (events) => {
          last = (events.at(-1) as StoreEvent).revision;
          one.dispatch(events.map((event) => this.#toCacheEvent(event, previous.get(event.key), previous)));
        },
        stop.signal,
      );
    } catch (error) {
      if (error instanceof Compacted) throw tooOld(after, error.compactRevision);
      throw error;
    }
    return this.watch(watcher, Math.max(last, target));
  }

  async #reachedOrNow(revision: number): Promise<void> {
    try {
      await this.reached(revision);
    } catch {
      // A watch from the future simply waits there; upstream's clients never ask for one.
    }
  }

  async #fill(): Promise<void> {
    const { store, prefix, signal } = this.#options;
    const { items, revision } = await store.list(prefix);
    this.#index.replaceWith(items.map((item) => this.entry(item.value, item.modRevision)));
    this.#history = new History(revision);
    this.#revision = revision;
    this.#isReady = true;
    void this.#follow(signal);
    for (const callback of this.#changed) callback();
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { store, prefix } = this.#options;
    try {
      await store.watch(
        prefix,
        this.#revision,
        {
          onEvents: (events, revision) => this.#apply(events, revision),
          onProgress: (revision) => this.#advance(revision),
        },
        signal,
      );
      this.#endAll();
    } catch (error) {
      this.#options.onRestart?.(error);
      this.#restart(error);
    }
  }

  /**
   * The store lost us: watchers must begin anew, and so do we. Authorizers go on with what was known meanwhile; requests
   * wait until it is known again.
   */
  #restart(error: unknown): void {
    this.#endAll(error instanceof Error ? error : new Error(String(error)));
    this.#isReady = false;
    this.#filled = undefined;
    this.#fillAgain();
  }

  #fillAgain(): void {
    if (this.#options.signal.aborted) return;
    this.ready().catch(() => {
      setTimeout(() => this.#fillAgain(), FILL_AGAIN_MS).unref();
    });
  }

  #endAll(error?: Error): void {
    for (const watcher of this.#watchers.all()) watcher.end(error);
  }

  #apply(events: readonly StoreEvent[], revision: number): void {
    const changes: CacheEvent[] = [];
    for (const event of events) {
      const { namespace, name } = this.#place(event.key);
      const change = this.#toCacheEvent(event, this.#index.get(namespace, name));
      if (change.current === undefined) this.#index.delete(namespace, name);
      else this.#index.set(change.current);
      changes.push(change);
    }
    this.#history.add(changes);
    this.#advance(revision);
    this.#watchers.dispatch(changes);
    for (const callback of this.#changed) callback();
  }

  #toCacheEvent(event: StoreEvent, previous: Entry | undefined, memory?: Map<string, Entry>): CacheEvent {
    const before = previous ?? (event.previous === undefined ? undefined : this.#pastEntry(event.previous, event.revision - 1));
    if (event.type === 'delete') {
      memory?.delete(event.key);
      const known = before ?? this.#pastEntry(event.value, event.revision);
      return { revision: event.revision, previous: known, current: undefined, last: known.at(event.revision) };
    }
    const current = this.entry(event.value, event.revision);
    memory?.set(event.key, current);
    return { revision: event.revision, previous: event.created ? undefined : before, current, last: undefined };
  }

  #place(key: string): { namespace: string; name: string } {
    const rest = key.slice(this.#options.prefix.length);
    const slash = rest.indexOf('/');
    return slash < 0 ? { namespace: '', name: rest } : { namespace: rest.slice(0, slash), name: rest.slice(slash + 1) };
  }

  #advance(revision: number): void {
    if (revision <= this.#revision) return;
    this.#revision = revision;
    for (const waiter of this.#waiting) if (waiter.revision <= revision) waiter.resolve();
  }

  #wait(revision: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter = { revision, resolve: () => done(resolve) };
      const timer = setTimeout(() => done(() => reject(tooLarge(revision, this.#revision))), CATCH_UP_MS);
      const done = (settle: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(waiter);
        settle();
      };
      this.#waiting.add(waiter);
    });
  }
}

/** The answer to a request for a revision that does not come in time. */
export function tooLarge(wanted: number, current: number): StatusError {
  const { status } = timeout(`Too large resource version: ${wanted}, current: ${current}`, 1);
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }];
  return new StatusError({ ...status, details: { ...status.details, causes } });
}

function tooOld(revision: number, oldest: number): Error {
  return gone(`too old resource version: ${revision} (${oldest})`);
}

/** Dispatches to a single watcher, before it joins the others. */
class OneWatcher {
  readonly #watchers: Watchers;

  constructor(fields: WatchCacheOptions['fields'], watcher: Watcher) {
    this.#watchers = new Watchers(fields);
    this.#watchers.add(watcher);
  }

  dispatch(events: readonly CacheEvent[]): void {
    this.#watchers.dispatch(events);
  }
}
