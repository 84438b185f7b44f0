import { CompactedError, type Etcd, type EtcdError, type EtcdEvent, keyOf, type KeyValue, type Operation, prefixRange, textOf } from '#etcd';
import { Compacted, FutureRevision, GuardFailed, type ListResult, type Store, type StoredValue, type StoreEvent } from './store.ts';
import { LeasePool } from './lease-pool.ts';

/** The store over an etcd in this process. Closing it leaves the etcd open: that belongs to who opened it. */
export function embeddedStore(etcd: Etcd): Store {
  return new EmbeddedStore(etcd);
}

function stored(kv: KeyValue): StoredValue {
  return { key: textOf(kv.key), value: kv.value, modRevision: kv.modRevision, createRevision: kv.createRevision };
}

/** An event as the API server sees it; the value before a put is read only if somebody asks. */
class Change implements StoreEvent {
  readonly key: string;
  readonly #event: EtcdEvent;

  constructor(event: EtcdEvent) {
    this.key = textOf(event.key);
    this.#event = event;
  }

  get type(): 'put' | 'delete' {
    return this.#event.type;
  }

  get value(): Buffer {
    return this.#event.type === 'put' ? this.#event.value : (this.#event.previous?.value ?? this.#event.value);
  }

  get previous(): Buffer | undefined {
    return this.#event.type === 'put' ? this.#event.previous?.value : undefined;
  }

  get revision(): number {
    return this.#event.modRevision;
  }

  get created(): boolean {
    return this.#event.type === 'put' && this.#event.version === 1;
  }
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
    const { limit, after, revision } = options;
    const range = prefixRange(keyOf(prefix));
    // The smallest key after another is that key with a zero byte behind it.
    const key = after === undefined ? range.key : `${keyOf(after)}\0`;
    try {
      const result = this.#etcd.range({ key, rangeEnd: range.rangeEnd, limit, revision });
      return {
        items: result.kvs.map(stored),
        revision: revision || result.revision,
        more: result.more,
        remaining: result.count - result.kvs.length,
      };
    } catch (error) {
      throw this.#translated(error, revision);
    }
  }

  async count(prefix: string): Promise<number> {
    return this.#etcd.range({ ...prefixRange(keyOf(prefix)), countOnly: true }).count;
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
        { ...prefixRange(keyOf(prefix)), startRevision: after + 1 },
        {
          onEvents: (events, revision) => handlers.onEvents(events.map((event) => new Change(event)), revision),
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

  async #put(key: string, value: Buffer, expected: number, ttlSeconds: number | undefined): Promise<number> {
    const lease = ttlSeconds ? await this.#leases.lease(ttlSeconds) : 0n;
    return this.#guarded(key, expected, { type: 'put', key: keyOf(key), value, lease });
  }

  /** The one shape of writing that Kubernetes knows: this key is as I saw it, then change it, else tell me what it is. */
  async #guarded(key: string, expected: number, operation: Operation & { key: string }): Promise<number> {
    const { succeeded, revision, responses } = await this.#etcd.txn({
      compare: [{ key: operation.key, target: 'mod', result: 'equal', value: expected }],
      success: [operation],
      failure: [{ type: 'range', key: operation.key }],
    });
    if (succeeded) return revision;
    const [found] = responses;
    const kv = found?.type === 'range' ? found.kvs[0] : undefined;
    throw new GuardFailed(key, kv && stored(kv));
  }

  #translated(error: unknown, revision = 0): unknown {
    if (error instanceof CompactedError) return new Compacted(error.compactRevision);
    if (revision > this.#etcd.revision) return new FutureRevision(this.#etcd.revision);
    return error;
  }
}
