import type { Compare, KeyValue, Operation, OperationResult, RangeRequest, RangeResult, TxnRequest, TxnResult } from '#etcd';

/** What is to be true of etcd, written as plainly as possible: every revision's whole state, in ordinary maps. */

export interface ModelChange {
  revision: number;
  type: 'put' | 'delete';
  key: string;
  value: string;
  previous: string | undefined;
}

interface ModelKey {
  value: string;
  create: number;
  mod: number;
  version: number;
  lease: bigint;
}

export type State = ReadonlyMap<string, ModelKey>;

const inRange = (key: string, from: string, end: string | undefined) =>
  end === undefined ? key === from : key >= from && (end === '\0' || key < end);

const FIELD = { version: 'version', create: 'create', mod: 'mod' } as const;

export class Model {
  revision = 1;
  compacted = 0;
  readonly changes: ModelChange[] = [];
  readonly leases = new Set<bigint>();
  #state = new Map<string, ModelKey>();
  readonly #states = new Map<number, State>([[1, new Map()]]);

  /** Undefined: the store must refuse (no such lease). The model is then as before. */
  txn(request: TxnRequest): (TxnResult & { revision: number }) | undefined {
    const before = { state: new Map(this.#state), changes: this.changes.length };
    const revision = this.revision + 1;
    try {
      const result = this.#txn(request, revision);
      if (this.changes.length > before.changes) this.#close(revision);
      return { ...result, revision: this.revision };
    } catch {
      this.#state = before.state;
      this.changes.length = before.changes;
      return undefined;
    }
  }

  revoke(id: bigint): void {
    this.leases.delete(id);
    const keys = [...this.#state].filter(([, { lease }]) => lease === id).map(([key]) => key);
    if (keys.length === 0) return;
    for (const key of keys.sort()) this.#delete(key, this.revision + 1);
    this.#close(this.revision + 1);
  }

  keysOf(lease: bigint): string[] {
    return [...this.#state]
      .filter(([, key]) => key.lease === lease)
      .map(([key]) => key)
      .sort();
  }

  compact(revision: number): void {
    this.compacted = revision;
    for (const old of this.#states.keys()) if (old < revision) this.#states.delete(old);
  }

  range(request: RangeRequest): RangeResult {
    const state = request.revision ? this.#states.get(request.revision) : this.#state;
    if (state === undefined) throw new Error(`the model has no revision ${request.revision}`);
    const inside = [...state].filter(([key]) => inRange(key, request.key, request.rangeEnd)).map(keyValue);
    inside.sort((a, b) => (a.key < b.key ? -1 : 1));
    if (request.countOnly) return { kvs: [], more: false, count: inside.length };
    const kept = inside.filter((kv) => within(kv, request));
    if (request.sortTarget && request.sortTarget !== 'key') kept.sort((a, b) => sortValue(a, b, request));
    if (request.sortOrder === 'descend') kept.reverse();
    const limit = request.limit || Infinity;
    const kvs = kept.slice(0, limit).map((kv) => (request.keysOnly ? { ...kv, value: Buffer.alloc(0) } : kv));
    return { kvs, more: kept.length > limit, count: inside.length };
  }

  #close(revision: number): void {
    this.revision = revision;
    this.#states.set(revision, new Map(this.#state));
  }

  #txn(request: TxnRequest, revision: number): TxnResult {
    const succeeded = request.compare.every((compare) => this.#holds(compare));
    const operations = succeeded ? request.success : request.failure;
    return { succeeded, responses: operations.map((operation) => this.#run(operation, revision)) };
  }

  #run(operation: Operation, revision: number): OperationResult {
    if (operation.type === 'txn') return { type: 'txn', ...this.#txn(operation, revision) };
    if (operation.type === 'range') return { type: 'range', ...this.range(operation) };
    if (operation.type === 'put') return { type: 'put', ...this.#put(operation, revision) };
    const gone = [...this.#state].filter(([key]) => inRange(key, operation.key, operation.rangeEnd)).map(keyValue);
    gone.sort((a, b) => (a.key < b.key ? -1 : 1));
    for (const { key } of gone) this.#delete(key, revision);
    return { type: 'delete', deleted: gone.length, prevKvs: operation.prevKv ? gone : [] };
  }

  #put(put: Extract<Operation, { type: 'put' }>, revision: number): { prevKv?: KeyValue } {
    const old = this.#state.get(put.key);
    const lease = put.lease ?? 0n;
    if (lease !== 0n && !this.leases.has(lease)) throw new Error('no such lease');
    const value = put.value.toString('latin1');
    const made = { value, create: old?.create ?? revision, mod: revision, version: (old?.version ?? 0) + 1, lease };
    this.#state.set(put.key, made);
    this.changes.push({ revision, type: 'put', key: put.key, value, previous: old?.value });
    return { prevKv: put.prevKv && old ? keyValue([put.key, old]) : undefined };
  }

  #delete(key: string, revision: number): void {
    this.changes.push({ revision, type: 'delete', key, value: '', previous: this.#state.get(key)?.value });
    this.#state.delete(key);
  }

  #holds(compare: Compare): boolean {
    const keys = [...this.#state].filter(([key]) => inRange(key, compare.key, compare.rangeEnd)).map(([, key]) => key);
    const zero = { value: undefined, create: 0, mod: 0, version: 0, lease: 0n };
    return (keys.length === 0 ? [zero] : keys).every((key) => {
      const actual = compare.target === 'value' ? key.value : compare.target === 'lease' ? key.lease : key[FIELD[compare.target]];
      const wanted = compare.target === 'value' ? compare.value.toString('latin1') : compare.value;
      if (actual === undefined) return false;
      if (compare.result === 'equal') return actual === wanted;
      if (compare.result === 'not-equal') return actual !== wanted;
      return compare.result === 'less' ? actual < wanted : actual > wanted;
    });
  }
}

function keyValue([key, { value, create, mod, version, lease }]: [string, ModelKey]): KeyValue {
  return { key, value: Buffer.from(value, 'latin1'), createRevision: create, modRevision: mod, version, lease };
}

function within(kv: KeyValue, request: RangeRequest): boolean {
  const { minModRevision = 0, maxModRevision, minCreateRevision = 0, maxCreateRevision } = request;
  return (
    kv.modRevision >= minModRevision &&
    kv.modRevision <= (maxModRevision || Infinity) &&
    kv.createRevision >= minCreateRevision &&
    kv.createRevision <= (maxCreateRevision || Infinity)
  );
}

/** Keys that are equal in what is sorted by stay in the order of their names. */
function sortValue(a: KeyValue, b: KeyValue, { sortTarget }: RangeRequest): number {
  if (sortTarget === 'version') return a.version - b.version;
  if (sortTarget === 'create') return a.createRevision - b.createRevision;
  if (sortTarget === 'mod') return a.modRevision - b.modRevision;
  return Buffer.compare(a.value, b.value);
}
