/**
 * Keys are byte strings: each character is one byte (U+0000 to U+00FF), so that their order is the order of the bytes.
 * For ASCII this is the ordinary string. `keyOf` in `key-range.ts` makes one of any text.
 */
export type Key = string;

/** A key with its value as of some revision. `value` is shared: never change it. */
export interface KeyValue {
  key: Key;
  value: Buffer;
  createRevision: number;
  modRevision: number;
  /** Number of writes since the key was made; the first is 1. */
  version: number;
  /** 0n: none. */
  lease: bigint;
}

/** `rangeEnd` absent: the one key. `'\0'`: every key from `key` on. Otherwise up to, but without, `rangeEnd`. */
export interface KeyRange {
  key: Key;
  rangeEnd?: Key;
}

export type SortTarget = 'key' | 'version' | 'create' | 'mod' | 'value';

export interface RangeRequest extends KeyRange {
  /** 0 or absent: no limit. */
  limit?: number;
  /** 0 or absent: the newest. */
  revision?: number;
  sortOrder?: 'none' | 'ascend' | 'descend';
  sortTarget?: SortTarget;
  keysOnly?: boolean;
  countOnly?: boolean;
  minModRevision?: number;
  maxModRevision?: number;
  minCreateRevision?: number;
  maxCreateRevision?: number;
}

export interface RangeResult {
  kvs: KeyValue[];
  /** The limit cut the result short. */
  more: boolean;
  /** Keys in the range, whatever the limit and filters. */
  count: number;
}

export interface PutRequest {
  key: Key;
  value: Buffer;
  lease?: bigint;
  prevKv?: boolean;
  /** Keep the value that is there; it is an error when there is none. */
  ignoreValue?: boolean;
  /** Keep the lease that is there; it is an error when there is no such key. */
  ignoreLease?: boolean;
}

export interface PutResult {
  prevKv?: KeyValue;
}

export interface DeleteRequest extends KeyRange {
  prevKv?: boolean;
}

export interface DeleteResult {
  deleted: number;
  prevKvs: KeyValue[];
}

export type CompareResult = 'equal' | 'greater' | 'less' | 'not-equal';

/** Holds when every key of the range (for a single key: the key, as absent when it is) compares so. */
export type Compare = KeyRange & { result: CompareResult } & (
    | { target: 'version' | 'create' | 'mod'; value: number }
    | { target: 'lease'; value: bigint }
    | { target: 'value'; value: Buffer }
  );

export type Operation =
  | ({ type: 'range' } & RangeRequest)
  | ({ type: 'put' } & PutRequest)
  | ({ type: 'delete' } & DeleteRequest)
  | ({ type: 'txn' } & TxnRequest);

export interface TxnRequest {
  compare: readonly Compare[];
  success: readonly Operation[];
  failure: readonly Operation[];
}

export type OperationResult =
  | ({ type: 'range' } & RangeResult)
  | ({ type: 'put' } & PutResult)
  | ({ type: 'delete' } & DeleteResult)
  | ({ type: 'txn' } & TxnResult);

export interface TxnResult {
  succeeded: boolean;
  responses: OperationResult[];
}

/** What a request found or did, and the store's revision after it. */
export type Answer<T> = T & { revision: number };

/** One change of one key. Shared between watchers: never change it. */
export interface EtcdEvent {
  readonly type: 'put' | 'delete';
  readonly key: Key;
  /** Empty for a delete. */
  readonly value: Buffer;
  readonly modRevision: number;
  /** 0 for a delete. */
  readonly createRevision: number;
  /** 0 for a delete. */
  readonly version: number;
  readonly lease: bigint;
  /** The key before this change; read when first asked for, undefined when there was none or it is compacted away. */
  readonly previous: KeyValue | undefined;
}

export interface WatchRequest extends KeyRange {
  /** The first revision to deliver; 0 or absent: what comes from now on. */
  startRevision?: number;
  noPut?: boolean;
  noDelete?: boolean;
}

export interface WatchHandlers {
  /**
   * Events of whole revisions, in order; `revision` is the newest that they, and all before them, cover. Returning false
   * stops the flow (nothing is lost) until `Watcher.resume()`.
   */
  onEvents(events: readonly EtcdEvent[], revision: number): void | false;
  /** The watch has ended: `Compacted` (its revisions are gone) or the failure that stopped the store. */
  onEnd?(error: Error): void;
}

export interface Watcher {
  /** All events up to this revision have been delivered. */
  readonly progress: number;
  /** Nothing is being read back from the history: the watcher gets each event when it happens. */
  readonly synced: boolean;
  resume(): void;
  close(): void;
}

export interface LeaseStatus {
  id: bigint;
  /** Seconds. */
  grantedTtl: number;
  /** Whole seconds left; -1: there is no such lease. */
  ttl: number;
  keys: Key[];
}

export type AlarmType = 'NOSPACE' | 'CORRUPT';

export interface EtcdStatus {
  revision: number;
  compactRevision: number;
  /** Bytes of the file. */
  dbSize: number;
  /** Bytes of it that hold data. */
  dbSizeInUse: number;
  quotaBytes: number;
  alarms: AlarmType[];
}

export interface EtcdOptions {
  /** The data directory; made when it is not there. */
  dir: string;
  /** Beyond this size puts are refused (NOSPACE). Default 2 GiB; 0: no limit. */
  quotaBytes?: number;
  /** How long history is kept, in milliseconds. Default 5 minutes; 0: no automatic compaction. */
  retentionMs?: number;
  /** Told about what happens in the background (a failed compaction, the disk failing). */
  log?: (message: string, error?: unknown) => void;
}

/**
 * The store, in this process. A promise of a write resolves when the write is on disk; only then do reads and watchers
 * see it. Every method throws (or rejects with) EtcdError, whose texts and codes are etcd's own.
 */
export interface Etcd {
  /** The newest revision that is on disk. */
  readonly revision: number;
  /** History before this revision is gone; 0: nothing has been compacted. */
  readonly compactRevision: number;
  get(key: Key): KeyValue | undefined;
  range(request: RangeRequest): Answer<RangeResult>;
  put(request: PutRequest): Promise<Answer<PutResult>>;
  deleteRange(request: DeleteRequest): Promise<Answer<DeleteResult>>;
  txn(request: TxnRequest): Promise<Answer<TxnResult>>;
  watch(request: WatchRequest, handlers: WatchHandlers): Watcher;
  /** `id` 0n: one is chosen. `ttl` in seconds. */
  grantLease(request: { id?: bigint; ttl: number }): Promise<{ id: bigint; ttl: number }>;
  /** Ends the lease and deletes its keys; resolves with the revision. */
  revokeLease(id: bigint): Promise<number>;
  /** Starts the lease's time anew; returns its ttl in seconds, 0 when there is no such lease. */
  keepLeaseAlive(id: bigint): number;
  leaseStatus(id: bigint, options?: { keys?: boolean }): LeaseStatus;
  leases(): bigint[];
  /** Forgets the history before `revision`, but for what is still the newest then. `physical`: wait until it is off the disk. */
  compact(revision: number, options?: { physical?: boolean }): Promise<void>;
  status(): EtcdStatus;
  raise(alarm: AlarmType): Promise<void>;
  disarm(alarm: AlarmType): Promise<void>;
  /** Checksum of all that is live or in the history up to `revision` (0: now). */
  hashKv(revision?: number): Promise<{ hash: number; revision: number; compactRevision: number }>;
  /** Checksum of the whole store, as it is now. */
  hash(): Promise<number>;
  /** Rewrites the file without its free pages. Reads and writes wait meanwhile. */
  defragment(): Promise<void>;
  /** The whole store at one revision, as a file that etcd's own tools read. Writes go on meanwhile. `remaining`: bytes still to come. */
  snapshot(): AsyncIterable<{ bytes: Buffer; remaining: number }>;
  close(): Promise<void>;
}
