import { CompactedError, type Etcd, keyOf, type Operation } from '#etcd';
import { Change, stored } from './change.ts';
import { LeasePool } from './lease-pool.ts';
import { guarded, guardedRevision, listRequest, listResult, rangeUnder } from './requests.ts';
import { Compacted, FutureRevision, type ListResult, type Store, type StoredValue } from './store.ts';

/** The store over an etcd in this process. Closing it leaves the etcd open: that belongs to who opened it. */
export function embeddedStore(etcd: Etcd): Store {
  return new EmbeddedStore(etcd);
}

class EmbeddedStore implements Store {
  readonly local = true;
  readonly #etcd: Etcd;
  readonly #leases: LeasePool;
  readonly #progress = new Set<() => void>();
  readonly #watches = new Set<() => void>();

  constructor(etcd: Etcd) {
    this.#etcd = etcd;
    this.#leases = new LeasePool((ttl) => etcd.grantLease({ ttl }).then(({ id }) => id));
  }

  async get(key: string): Promise<StoredValue | undefined> {
    const kv = this.#etcd.get(keyOf(key));
    return kv && stored(kv);
  }

  async list(prefix: string, options: { limit?: number; after?: string; revision?: number } = {}): Promise<ListResult> {
    try {
      return listResult(this.#etcd.range(listRequest(prefix, options)), options.revision);
    } catch (error) {
      throw this.#translated(error, options.revision);
    }
  }

  async count(prefix: string): Promise<number> {
    return this.#etcd.range({ ...rangeUnder(prefix), countOnly: true }).count;
  }

  create(key: string, value: Buffer, options: { ttlSeconds?: number } = {}): Promise<number> {
    return this.#put(key, value, 0, options.ttlSeconds);
  }

  update(key: string, value: Buffer, expected: number, options: { ttlSeconds?: number } = {}): Promise<number> {
    return this.#put(key, value, expected, options.ttlSeconds);
  }

  delete(key: string, expected: number): Promise<number> {
    return this.#guarded(key, expected, { type: 'delete', key: keyOf(key) });
  }

  async revision(): Promise<number> {
    return this.#etcd.revision;
  }

  watch(prefix: string, after: number, handlers: Parameters<Store['watch']>[2], signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return resolve();
      const end = (settle: () => void) => {
        watcher.close();
        this.#progress.delete(progress);
        this.#watches.delete(stop);
        signal.removeEventListener('abort', stop);
        settle();
      };
      const stop = () => end(resolve);
      const watcher = this.#etcd.watch(
        { ...rangeUnder(prefix), startRevision: after + 1 },
        {
          onEvents: (events, revision) =>
            handlers.onEvents(
              events.map((event) => new Change(event)),
              revision,
            ),
          onEnd: (error) => end(() => reject(this.#translated(error))),
        },
      );
      const progress = () => {
        if (watcher.synced) handlers.onProgress?.(watcher.progress);
      };
      this.#progress.add(progress);
      this.#watches.add(stop);
      signal.addEventListener('abort', stop);
    });
  }

  requestProgress(): void {
    for (const progress of this.#progress) progress();
  }

  async compact(revision: number): Promise<void> {
    try {
      await this.#etcd.compact(revision);
    } catch (error) {
      throw this.#translated(error, revision);
    }
  }

  async size(): Promise<number> {
    return this.#etcd.status().dbSize;
  }

  async close(): Promise<void> {
    for (const end of this.#watches) end();
  }

  #put(key: string, value: Buffer, expected: number, ttlSeconds = 0): Promise<number> {
    return this.#leases.write(ttlSeconds, (lease) => this.#guarded(key, expected, { type: 'put', key: keyOf(key), value, lease }));
  }

  async #guarded(key: string, expected: number, operation: Operation & { key: string }): Promise<number> {
    return guardedRevision(key, await this.#etcd.txn(guarded(expected, operation)));
  }

  #translated(error: unknown, revision = 0): unknown {
    if (error instanceof CompactedError) return new Compacted(error.compactRevision);
    if (revision > this.#etcd.revision) return new FutureRevision(this.#etcd.revision);
    return error;
  }
}
