import { CompactedError, connectEtcd, type EndpointOptions, type EtcdClient, EtcdError, keyOf, type Operation } from '#etcd';
import { Change, stored } from './change.ts';
import { LeasePool } from './lease-pool.ts';
import { hasReliableProgress, ProgressCheck } from './remote-progress.ts';
import { guarded, guardedRevision, listRequest, listResult, rangeUnder } from './requests.ts';
import { Compacted, FutureRevision, type ListResult, type Store, type StoredValue } from './store.ts';

/** Any key does to learn the revision; this one holds nothing. */
const NO_KEY = '\0';

/** The store over a real etcd cluster (or this project's own over its gRPC face). Closing it closes the connections. */
export function remoteStore(options: EndpointOptions): Store {
  return new RemoteStore(connectEtcd(options));
}

class RemoteStore implements Store {
  readonly local = false;
  readonly #client: Promise<EtcdClient>;
  readonly #leases: LeasePool;
  readonly #watches = new Set<ProgressCheck>();
  #reliableProgress: Promise<boolean> | undefined;

  constructor(client: Promise<EtcdClient>) {
    this.#client = client;
    this.#leases = new LeasePool(async (ttl) => (await client).grantLease(ttl));
  }

  async get(key: string): Promise<StoredValue | undefined> {
    const { kvs } = await (await this.#client).range({ key: keyOf(key) });
    return kvs[0] && stored(kvs[0]);
  }

  async list(prefix: string, options: { limit?: number; after?: string; revision?: number } = {}): Promise<ListResult> {
    try {
      return listResult(await (await this.#client).range(listRequest(prefix, options)), options.revision);
    } catch (error) {
      throw await this.#translated(error);
    }
  }

  async count(prefix: string): Promise<number> {
    return (await (await this.#client).range({ ...rangeUnder(prefix), countOnly: true })).count;
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
    return (await (await this.#client).range({ key: NO_KEY, keysOnly: true })).revision;
  }

  async watch(prefix: string, after: number, handlers: Parameters<Store['watch']>[2], signal: AbortSignal): Promise<void> {
    const range = rangeUnder(prefix);
    const client = await this.#client;
    const check = new ProgressCheck(client, range, after, (revision) => handlers.onProgress?.(revision));
    this.#watches.add(check);
    try {
      await client.watch(
        range,
        after,
        {
          onEvents: (events, revision) => {
            check.delivered(events, revision);
            handlers.onEvents(
              events.map((event) => new Change(event)),
              revision,
            );
          },
          onProgress: (revision) => check.reported(revision),
        },
        signal,
      );
    } catch (error) {
      throw await this.#translated(error);
    } finally {
      check.close();
      this.#watches.delete(check);
    }
  }

  requestProgress(): void {
    this.#reliableProgress ??= this.#hasReliableProgress();
    void this.#askForProgress(this.#reliableProgress);
  }

  async #hasReliableProgress(): Promise<boolean> {
    const { version } = await (await this.#client).status();
    return hasReliableProgress(version);
  }

  async #askForProgress(reliable: Promise<boolean>): Promise<void> {
    try {
      if (await reliable) (await this.#client).requestProgress();
      else for (const watch of this.#watches) void watch.run();
    } catch {
      // No member answers: whoever waits for the progress asks again.
      this.#reliableProgress = undefined;
    }
  }

  async compact(revision: number): Promise<void> {
    try {
      await (await this.#client).compact(revision);
    } catch (error) {
      throw await this.#translated(error);
    }
  }

  async size(): Promise<number> {
    return (await (await this.#client).status()).dbSize;
  }

  async close(): Promise<void> {
    (await this.#client).close();
  }

  #put(key: string, value: Buffer, expected: number, ttlSeconds = 0): Promise<number> {
    return this.#leases.write(ttlSeconds, (lease) => this.#guarded(key, expected, { type: 'put', key: keyOf(key), value, lease }));
  }

  async #guarded(key: string, expected: number, operation: Operation & { key: string }): Promise<number> {
    return guardedRevision(key, await (await this.#client).txn(guarded(expected, operation)));
  }

  async #translated(error: unknown): Promise<unknown> {
    // A range is refused without naming the revision; a watch names it.
    if (error instanceof CompactedError) return new Compacted(error.compactRevision);
    if (error instanceof EtcdError && error.message.includes('future revision')) return new FutureRevision(await this.revision());
    return error;
  }
}
