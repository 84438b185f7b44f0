import { compareHolds } from './compare.ts';
import { emptyKey, keyNotFound, leaseNotFound } from './errors.ts';
import type { KeyIndex, KeyRevision } from './key-index.ts';
import type { Change } from './record.ts';
import { eachSeen, keyValue, select, sequenced } from './select.ts';
import type {
  Compare,
  DeleteRequest,
  DeleteResult,
  KeyValue,
  Operation,
  OperationResult,
  PutRequest,
  PutResult,
  RangeRequest,
  TxnRequest,
  TxnResult,
} from './types.ts';

const NOTHING = Buffer.alloc(0);

/** What a transaction needs of the store that it runs in. */
export interface TransactionGround {
  index: KeyIndex;
  value(revision: KeyRevision): Buffer;
  hasLease(id: bigint): boolean;
  /** Range requests at a past revision inside a transaction. */
  range(request: RangeRequest): { kvs: KeyValue[]; more: boolean; count: number };
}

/**
 * One write revision in the making, on top of everything sequenced before it. It runs within one turn; if it throws, the
 * caller takes it back with `undo`.
 */
export class Transaction {
  readonly main: number;
  readonly changes: Change[] = [];
  readonly revisions: KeyRevision[] = [];
  readonly #ground: TransactionGround;

  constructor(main: number, ground: TransactionGround) {
    this.main = main;
    this.#ground = ground;
  }

  range(request: RangeRequest): { kvs: KeyValue[]; more: boolean; count: number } {
    if (request.key === '') throw emptyKey();
    if (request.revision) return this.#ground.range(request);
    return select(this.#ground.index, request, sequenced, this.#value);
  }

  put(request: PutRequest): PutResult {
    if (request.key === '') throw emptyKey();
    const before = this.#now(request.key);
    if ((request.ignoreValue || request.ignoreLease) && before === undefined) throw keyNotFound();
    const lease = request.ignoreLease ? (before as KeyRevision).lease : (request.lease ?? 0n);
    if (lease !== 0n && !this.#ground.hasLease(lease)) throw leaseNotFound();
    const prevKv = request.prevKv && before ? keyValue(before, this.#value(before)) : undefined;
    const value = request.ignoreValue ? this.#value(before as KeyRevision) : request.value;
    this.#change(request.key, value, before?.create ?? this.main, (before?.version ?? 0) + 1, lease, false);
    return { prevKv };
  }

  delete(request: DeleteRequest): DeleteResult {
    if (request.key === '') throw emptyKey();
    const gone: KeyRevision[] = [];
    eachSeen(this.#ground.index, request, sequenced, (seen) => void gone.push(seen));
    const prevKvs = request.prevKv ? gone.map((seen) => keyValue(seen, this.#value(seen))) : [];
    for (const { entry } of gone) this.#change(entry.key, NOTHING, 0, 0, 0n, true);
    return { deleted: gone.length, prevKvs };
  }

  txn(request: TxnRequest): TxnResult {
    const succeeded = request.compare.every((compare) => this.holds(compare));
    const operations = succeeded ? request.success : request.failure;
    return { succeeded, responses: operations.map((operation) => this.#run(operation)) };
  }

  holds(compare: Compare): boolean {
    const found: KeyValue[] = [];
    eachSeen(this.#ground.index, compare, sequenced, (seen) => {
      found.push(keyValue(seen, compare.target === 'value' ? this.#value(seen) : NOTHING));
    });
    return compareHolds(compare, found);
  }

  /** Takes back all that has been sequenced. */
  undo(): void {
    for (const revision of this.revisions.reverse()) this.#ground.index.undo(revision);
  }

  #run(operation: Operation): OperationResult {
    switch (operation.type) {
      case 'range':
        return { type: 'range', ...this.range(operation) };
      case 'put':
        return { type: 'put', ...this.put(operation) };
      case 'delete':
        return { type: 'delete', ...this.delete(operation) };
      case 'txn':
        return { type: 'txn', ...this.txn(operation) };
    }
  }

  #now(key: string): KeyRevision | undefined {
    const entry = this.#ground.index.entry(key);
    return entry && sequenced(entry);
  }

  #change(key: string, value: Buffer, create: number, version: number, lease: bigint, deleted: boolean): void {
    const change: Change = { key, value, sub: this.changes.length, create, version, lease, deleted };
    this.changes.push(change);
    this.revisions.push(this.#ground.index.sequence(key, this.main, change));
  }

  /** The transaction's own values are not in a record yet. */
  readonly #value = (revision: KeyRevision): Buffer =>
    revision.main === this.main ? (this.changes[revision.sub] as Change).value : this.#ground.value(revision);
}
