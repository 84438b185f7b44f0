import { ChangeEvent, type ReadAt, readAt } from './change-event.ts';
import type { Disk, Tables } from './disk.ts';
import { CompactedError, emptyKey, futureRevision } from './errors.ts';
import { type Dropped, KeyIndex, type KeyRevision } from './key-index.ts';
import { type Change, recordSize } from './record.ts';
import { RecentRecords } from './recent-records.ts';
import { committed, keyValue, past, select } from './select.ts';
import { Transaction, type TransactionGround } from './transaction.ts';
import type { Answer, EtcdEvent, KeyValue, RangeRequest, RangeResult } from './types.ts';

const RECENT_BYTES = 4 * 1024 * 1024;
const COMPACT_STEP = 1000;

/** The leases, as far as writing keys concerns them. */
export interface LeaseKeys {
  has(id: bigint): boolean;
  attach(id: bigint, key: string): void;
  detach(id: bigint, key: string): void;
}

/**
 * Revisions and versions. A write gets its revision and changes the sequenced state at once; what is on disk follows in
 * the same order, and only that is read and published.
 */
export class Mvcc {
  readonly #disk: Disk;
  readonly #leases: LeaseKeys;
  readonly #publish: (events: EtcdEvent[], revision: number) => void;
  readonly #index = new KeyIndex();
  readonly #recent = new RecentRecords(RECENT_BYTES);
  readonly #ground: TransactionGround;
  readonly #readAt: ReadAt;
  /** The events of recent revisions, which watches that catch up share with those that saw them happen. */
  readonly #recentEvents = new WeakMap<readonly Change[], EtcdEvent[]>();
  #revision = 1;
  #sequenced = 1;
  #compactRevision = 0;
  #compaction: Promise<void> = Promise.resolve();
  #closed = false;

  /** `publish` gets the events of each revision once it is on disk, in order. */
  constructor(disk: Disk, leases: LeaseKeys, publish: (events: EtcdEvent[], revision: number) => void) {
    this.#disk = disk;
    this.#leases = leases;
    this.#publish = publish;
    this.#readAt = readAt((main, sub) => this.#valueIn(main, sub));
    this.#ground = {
      index: this.#index,
      value: (revision) => this.#value(revision),
      hasLease: (id) => leases.has(id),
      range: (request) => this.range(request),
    };
  }

  get revision(): number {
    return this.#revision;
  }

  get compactRevision(): number {
    return this.#compactRevision;
  }

  /** Fills the index from the disk. */
  load(): void {
    const { headers, meta } = this.#disk.tables;
    this.#compactRevision = (meta.get('compactRevision') as number | undefined) ?? 0;
    for (const { key: main, value: changes } of headers.getRange({ start: 1 })) {
      for (const change of changes) {
        this.#index.commit(this.#index.sequence(change.key, main, change));
      }
      this.#revision = main;
    }
    this.#revision = Math.max(this.#revision, (meta.get('revision') as number | undefined) ?? 1, this.#compactRevision);
    this.#sequenced = this.#revision;
    this.#index.each('', '\0', ({ key, head }) => {
      if (head !== undefined && head.lease !== 0n) this.#leases.attach(head.lease, key);
    });
    if (this.#compactRevision > 0) this.#dropLater(this.#compactRevision);
  }

  get(key: string): KeyValue | undefined {
    const entry = this.#index.entry(key);
    const seen = entry && committed(entry);
    return seen && keyValue(seen, this.#value(seen));
  }

  /** Throws CompactedError, or for a revision that is not there yet EtcdError. */
  range(request: RangeRequest): Answer<RangeResult> {
    if (request.key === '') throw emptyKey();
    const { revision = 0 } = request;
    if (revision > this.#revision) throw futureRevision();
    if (revision > 0 && revision < this.#compactRevision) throw new CompactedError(this.#compactRevision);
    const view = revision > 0 && revision !== this.#revision ? past(revision) : committed;
    const result = select(this.#index, request, view, (seen) => this.#value(seen));
    return { ...result, revision: this.#revision };
  }

  /**
   * Runs `body` at once and resolves with what it returned, when that, and all that it has seen, is on disk. `also` goes
   * into the same disk transaction. What `body` throws, this throws, and nothing has happened.
   */
  write<T extends object>(body: (transaction: Transaction) => T, also?: (tables: Tables) => void): Promise<Answer<T>> {
    const transaction = new Transaction(this.#sequenced + 1, this.#ground);
    let result: T;
    try {
      result = body(transaction);
    } catch (error) {
      transaction.undo();
      return Promise.reject(error);
    }
    if (transaction.changes.length > 0) return this.#sequence(transaction, result, also);
    if (also === undefined && this.#disk.settled) return Promise.resolve({ ...result, revision: this.#revision });
    return this.#barrier(result, also);
  }

  #sequence<T extends object>(transaction: Transaction, result: T, also?: (tables: Tables) => void): Promise<Answer<T>> {
    const { main, changes, revisions } = transaction;
    const bytes = recordSize(changes);
    this.#sequenced = main;
    this.#recent.add(main, changes, bytes);
    for (const revision of revisions) this.#moveLease(revision);
    return new Promise((resolve, reject) => {
      this.#disk.write({
        bytes,
        apply: (tables) => {
          void tables.history.put(main, changes);
          also?.(tables);
        },
        committed: () => {
          this.#commit(main, changes, revisions);
          resolve({ ...result, revision: main });
        },
        failed: reject,
      });
    });
  }

  /** Waits until all that has been sequenced so far is on disk. */
  #barrier<T extends object>(result: T, also?: (tables: Tables) => void): Promise<Answer<T>> {
    const revision = this.#sequenced;
    return new Promise((resolve, reject) => {
      this.#disk.write({
        bytes: 0,
        apply: (tables) => also?.(tables),
        committed: () => resolve({ ...result, revision }),
        failed: reject,
      });
    });
  }

  #moveLease(revision: KeyRevision): void {
    const { older, lease, entry } = revision;
    const before = older?.lease ?? 0n;
    if (before === lease) return;
    if (before !== 0n) this.#leases.detach(before, entry.key);
    if (lease !== 0n) this.#leases.attach(lease, entry.key);
  }

  #commit(main: number, changes: readonly Change[], revisions: readonly KeyRevision[]): void {
    for (const revision of revisions) this.#index.commit(revision);
    this.#revision = main;
    this.#publish(this.#events(main, changes), main);
    this.#recent.trim(main);
  }

  #events(main: number, changes: readonly Change[]): EtcdEvent[] {
    let events = this.#recentEvents.get(changes);
    if (events === undefined) {
      events = changes.map((change) => new ChangeEvent(main, change, this.#index.entry(change.key), this.#readAt));
      this.#recentEvents.set(changes, events);
    }
    return events;
  }

  /** The events of the history from revision `from` on, a list per revision. */
  *history(from: number): Generator<{ revision: number; events: EtcdEvent[]; bytes: number }> {
    const end = this.#revision + 1;
    const recent = Math.min(Math.max(from, this.#recent.oldest), end);
    if (from < recent) yield* this.#historyOnDisk(from, recent);
    for (let revision = recent; revision < end; revision++) {
      const changes = this.#recent.get(revision);
      if (changes === undefined) yield* this.#historyOnDisk(revision, revision + 1);
      else yield { revision, events: this.#events(revision, changes), bytes: recordSize(changes) };
    }
  }

  *#historyOnDisk(start: number, end: number): Generator<{ revision: number; events: EtcdEvent[]; bytes: number }> {
    for (const { key: revision, value: changes } of this.#disk.tables.history.getRange({ start, end, snapshot: false })) {
      yield { revision, events: this.#events(revision, changes), bytes: recordSize(changes) };
    }
  }

  /**
   * From the moment of the call revisions before `revision` cannot be read any more. Resolves when that is on disk; the
   * space is freed in the background (`compacted` waits for it).
   */
  async compact(revision: number): Promise<void> {
    if (revision <= this.#compactRevision) throw new CompactedError(this.#compactRevision);
    if (revision > this.#revision) throw futureRevision();
    this.#compactRevision = revision;
    await this.#barrier({}, (tables) => void tables.meta.put('compactRevision', revision));
    this.#dropLater(revision);
  }

  /** Resolves when what has been compacted so far is off the disk. */
  compacted(): Promise<void> {
    return this.#compaction;
  }

  /** Stops freeing space; the rest of it is done after the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#compaction;
  }

  /** A disk that fails here has told, or will tell, the writers. */
  #dropLater(revision: number): void {
    this.#compaction = this.#compaction.then(() => this.#drop(revision)).catch(() => {});
  }

  /** In steps, so that writes go on between them. */
  async #drop(revision: number): Promise<void> {
    while (!this.#closed) {
      const dropped = this.#index.compact(revision, COMPACT_STEP);
      if (dropped.length === 0) return;
      await this.#barrier({}, (tables) => this.#erase(tables, dropped));
    }
  }

  #erase(tables: Tables, dropped: readonly Dropped[]): void {
    const subs = new Map<number, Set<number>>();
    for (const { main, sub } of dropped) {
      const set = subs.get(main);
      if (set === undefined) subs.set(main, new Set([sub]));
      else set.add(sub);
    }
    for (const [main, set] of subs) this.#eraseChanges(tables, main, set);
    // The newest record may be among them, which told a later start what the last revision was.
    void tables.meta.put('revision', this.#revision);
  }

  #eraseChanges(tables: Tables, main: number, subs: ReadonlySet<number>): void {
    this.#recent.drop(main);
    const left = tables.history.get(main)?.filter((change) => !subs.has(change.sub)) ?? [];
    if (left.length === 0) void tables.history.remove(main);
    else void tables.history.put(main, left);
  }

  #value(revision: KeyRevision): Buffer {
    const value = this.#valueIn(revision.main, revision.sub);
    if (value === undefined) throw new Error(`revision ${revision.main} of ${revision.entry.key} is missing on disk`);
    return value;
  }

  #valueIn(main: number, sub: number): Buffer | undefined {
    const changes = this.#recent.get(main) ?? this.#disk.tables.history.get(main);
    return changes?.find((change) => change.sub === sub)?.value;
  }
}
