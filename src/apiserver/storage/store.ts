/** A value of the store at a revision. `value` is shared: never change it. */
export interface StoredValue {
  key: string;
  value: Buffer;
  /** The store's revision at which the key was last written: the object's resourceVersion. */
  modRevision: number;
  createRevision: number;
}

export interface StoreEvent {
  type: 'put' | 'delete';
  key: string;
  /** The new value of a put; for a delete the last value there was. */
  value: Buffer;
  /** The value before a put, when there was one. */
  previous: Buffer | undefined;
  /** Revision of this change (for a delete: of the deletion). */
  revision: number;
  /** A put that made the key. */
  created: boolean;
}

export interface ListResult {
  items: StoredValue[];
  /** The revision that the whole result is of. */
  revision: number;
  /** More keys follow the last item. */
  more: boolean;
  /** Number of keys left after the last item. */
  remaining: number;
}

/** A guarded write did not happen: the key exists already, is absent, or has another modRevision. */
export class GuardFailed extends Error {
  /** What is there now; undefined: nothing. */
  readonly current: StoredValue | undefined;

  constructor(key: string, current: StoredValue | undefined) {
    super(`guard failed for ${key}`);
    this.name = 'GuardFailed';
    this.current = current;
  }
}

/** The revision asked for has been compacted away (`compactRevision` is the oldest there is). */
export class Compacted extends Error {
  readonly compactRevision: number;

  constructor(compactRevision: number) {
    super(`required revision has been compacted (at ${compactRevision})`);
    this.name = 'Compacted';
    this.compactRevision = compactRevision;
  }
}

/** The revision asked for has not been reached yet. */
export class FutureRevision extends Error {
  readonly current: number;

  constructor(current: number) {
    super(`required revision is a future revision (now ${current})`);
    this.name = 'FutureRevision';
    this.current = current;
  }
}

/**
 * All that the API server wants of etcd. Two engines: `embedded` (in this process, on LMDB) and `remote` (a real etcd
 * over gRPC). A promise of a write resolves only when the write is durable. Keys are `/registry/<resource>/…`.
 */
export interface Store {
  /**
   * True for an engine in this process: whatever a write changed has been handed to every watch before the write is
   * acknowledged, so that a cache fed by a watch is never behind.
   */
  readonly local: boolean;
  get(key: string): Promise<StoredValue | undefined>;
  /** Keys under `prefix` in order. `after`: only keys greater than this one. `revision`: as of then. Throws Compacted, FutureRevision. */
  list(prefix: string, options?: { limit?: number; after?: string; revision?: number }): Promise<ListResult>;
  /** Number of keys under `prefix`. */
  count(prefix: string): Promise<number>;
  /** Resolves with the new modRevision. Throws GuardFailed when the key exists. `ttlSeconds`: the key goes by itself. */
  create(key: string, value: Buffer, options?: { ttlSeconds?: number }): Promise<number>;
  /** Throws GuardFailed unless the key's modRevision is `expected`. Resolves with the new modRevision. */
  update(key: string, value: Buffer, expected: number, options?: { ttlSeconds?: number }): Promise<number>;
  /** Throws GuardFailed unless the key's modRevision is `expected`. Resolves with the deletion's revision. */
  delete(key: string, expected: number): Promise<number>;
  /** The key's value would be stored otherwise today (encrypted with another key, or not at all): the same value is worth a write. Absent: never. */
  isStale?(key: string): Promise<boolean>;
  /** The newest revision; linearizable (a remote engine asks the cluster). */
  revision(): Promise<number>;
  /**
   * Changes under `prefix` with a revision greater than `after`, in batches of whole revisions, each revision once and in
   * order. `onProgress` says that all events up to a revision have been delivered (also without any event). The promise
   * settles when the watch ends: resolved after `signal` aborts, rejected with Compacted or the engine's failure.
   */
  watch(
    prefix: string,
    after: number,
    handlers: { onEvents(events: readonly StoreEvent[], revision: number): void; onProgress?(revision: number): void },
    signal: AbortSignal,
  ): Promise<void>;
  /** Asks every watch to report its progress soon (an embedded engine does so at once). */
  requestProgress(): void;
  /** Forgets all revisions before this one, but for the newest value of each key. */
  compact(revision: number): Promise<void>;
  /** Bytes on disk. */
  size(): Promise<number>;
  close(): Promise<void>;
}
