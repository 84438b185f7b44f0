import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { open, type Database, type RootDatabase } from 'lmdb';
import { diskFailed, stopped } from './errors.ts';
import { checkFile } from './check-file.ts';
import { lockDirectory } from './directory-lock.ts';
import { type Change, headerCodec, recordCodec } from './record.ts';

const PAGE_SIZE = 8192;
/** Bytes of values in one LMDB transaction, beyond which the rest waits for the next. */
const BATCH_BYTES = 16 * 1024 * 1024;

export interface Tables {
  /** Revision → its changes (see `record.ts`). */
  history: Database<readonly Change[], number>;
  /** The same table, read without the values. */
  headers: Database<readonly Change[], number>;
  /** Lease id (decimal) → LeaseRecord. */
  leases: Database<LeaseRecord, string>;
  /** `compactRevision`, `alarms`, `clusterId`, … */
  meta: Database<unknown, string>;
}

export interface LeaseRecord {
  ttl: number;
  /** Milliseconds since 1970. */
  deadline: number;
}

/** Something to be made durable. Exactly one of `committed` and `failed` is called, in the order of `Disk.write` calls. */
export interface Write {
  bytes: number;
  apply(tables: Tables): void;
  committed(): void;
  failed(error: Error): void;
}

/** Revisions as eight bytes, big end first, so that LMDB's order is theirs. */
const revisionKey = {
  writeKey(revision: number, target: Buffer, at: number): number {
    target.writeUInt32BE(Math.floor(revision / 0x1_0000_0000), at);
    return target.writeUInt32BE(revision >>> 0, at + 4);
  },
  readKey(source: Buffer, at: number): number {
    return source.readUInt32BE(at) * 0x1_0000_0000 + source.readUInt32BE(at + 4);
  },
};

/**
 * The LMDB file. Writes are gathered while the transaction before them is on its way, and share one transaction and one
 * flush (group commit). After a failed transaction none is tried again: what came after it would have a hole before it.
 */
export class Disk {
  readonly #path: string;
  #root!: RootDatabase;
  #tables!: Tables;
  #queue: Write[] = [];
  #busy = false;
  #scheduled = false;
  #paused = false;
  #batchEnd: Promise<void> = Promise.resolve();
  #holders = { count: 0, free: () => {} };
  #idle: (() => void)[] = [];
  #failure: Error | undefined;
  readonly #onBatch: () => void;
  readonly #unlock: () => void;

  /** `onBatch` is called after the `committed` callbacks of each transaction. */
  constructor(dir: string, onBatch: () => void) {
    this.#unlock = lockDirectory(dir);
    this.#path = join(dir, 'data.mdb');
    this.#onBatch = onBatch;
    try {
      removeRemains(dir);
      checkFile(this.#path);
      this.#open(this.#path);
    } catch (error) {
      this.#unlock();
      throw error;
    }
  }

  get path(): string {
    return this.#path;
  }

  get tables(): Tables {
    return this.#tables;
  }

  /** Bytes of the file, and those of them that hold data. */
  size(): { total: number; used: number } {
    const stats = this.#root.getStats() as { pageSize: number; lastPageNumber: number };
    const total = (stats.lastPageNumber + 1) * stats.pageSize;
    return { total, used: this.#used(stats.pageSize) };
  }

  write(write: Write): void {
    if (this.#failure !== undefined) return write.failed(this.#failure);
    this.#queue.push(write);
    this.#schedule();
  }

  /** Keeps the file that is open now from being closed by `defragment` or `close`, for who reads it over several turns. */
  hold(): { tables: Tables; [Symbol.dispose](): void } {
    const holders = this.#holders;
    holders.count++;
    return {
      tables: this.#tables,
      [Symbol.dispose]: () => {
        if (--holders.count === 0) holders.free();
      },
    };
  }

  /** Rewrites the file without its free pages. Writes wait meanwhile, reads do not. */
  async defragment(): Promise<void> {
    this.#paused = true;
    try {
      await this.#batchEnd;
      if (this.#failure !== undefined) throw this.#failure;
      // lmdb knows its files by their names: one that has been used before would not be opened anew.
      const fresh = `${this.#path}-${crypto.randomUUID()}`;
      await this.#root.backup(fresh, true);
      const old = this.#root;
      const holders = this.#holders;
      flush(fresh);
      this.#open(fresh);
      renameSync(fresh, this.#path);
      flush(dirname(this.#path));
      rmSync(`${fresh}-lock`, { force: true });
      if (holders.count > 0) holders.free = () => void old.close();
      else await old.close();
    } finally {
      this.#paused = false;
      if (this.#queue.length > 0) this.#schedule();
    }
  }

  /** Nothing waits to be written. */
  get settled(): boolean {
    return this.#queue.length === 0 && !this.#busy;
  }

  /** Resolves when all that has been written so far is on disk or has failed. */
  settle(): Promise<void> {
    if (this.settled) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  async close(): Promise<void> {
    await this.settle();
    this.#failure ??= stopped();
    const holders = this.#holders;
    // Whoever reads the file over several turns must not find it gone.
    if (holders.count > 0)
      await new Promise<void>((resolve) => {
        holders.free = resolve;
      });
    await this.#root.close();
    this.#unlock();
  }

  #open(path: string): void {
    this.#holders = { count: 0, free: () => {} };
    this.#root = open({
      path,
      noSubdir: true,
      pageSize: PAGE_SIZE,
      maxDbs: 4,
      // A commit is answered when it has been flushed, not before.
      overlappingSync: false,
      eventTurnBatching: false,
      txnStartThreshold: 1,
    } as Parameters<typeof open>[0] & object);
    this.#tables = {
      history: this.#history(recordCodec),
      headers: this.#history(headerCodec),
      leases: this.#root.openDB({ name: 'leases', encoding: 'json' }),
      meta: this.#root.openDB({ name: 'meta', encoding: 'json' }),
    };
  }

  #history(encoder: typeof recordCodec): Tables['history'] {
    return this.#root.openDB({ name: 'history', keyEncoder: revisionKey, encoder } as Parameters<RootDatabase['openDB']>[0] & object);
  }

  #used(pageSize: number): number {
    const { history, leases, meta } = this.#tables;
    let pages = 2;
    for (const table of [history, leases, meta]) {
      const stats = table.getStats() as Record<string, number>;
      pages += (stats['treeBranchPageCount'] ?? 0) + (stats['treeLeafPageCount'] ?? 0) + (stats['overflowPages'] ?? 0);
    }
    return pages * pageSize;
  }

  #schedule(): void {
    if (this.#busy || this.#scheduled || this.#paused) return;
    this.#scheduled = true;
    // At the end of this turn, so that all that the turn writes shares the flush.
    setImmediate(() => {
      this.#scheduled = false;
      if (!this.#busy && !this.#paused && this.#queue.length > 0) this.#batchEnd = this.#commit(this.#take());
    });
  }

  #take(): Write[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#queue.length && bytes < BATCH_BYTES) bytes += (this.#queue[count++] as Write).bytes;
    if (count === this.#queue.length) {
      const all = this.#queue;
      this.#queue = [];
      return all;
    }
    return this.#queue.splice(0, count);
  }

  async #commit(batch: Write[]): Promise<void> {
    this.#busy = true;
    const failure = await this.#transact(batch);
    if (failure === undefined) {
      for (const write of batch) write.committed();
      this.#onBatch();
    } else this.#fail(batch, failure);
    this.#busy = false;
    if (this.#queue.length > 0) this.#schedule();
    else for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** One LMDB transaction; resolves with what went wrong. */
  async #transact(batch: readonly Write[]): Promise<unknown> {
    try {
      await this.#root.batch(() => {
        for (const write of batch) write.apply(this.#tables);
      });
      return undefined;
    } catch (error) {
      return causeOf(error);
    }
  }

  #fail(batch: Write[], error: unknown): void {
    this.#failure ??= diskFailed(error);
    for (const write of [...batch, ...this.#queue.splice(0)]) write.failed(this.#failure);
  }
}

/** What a snapshot or a defragmentation left that a kill broke off. */
function removeRemains(dir: string): void {
  const remains = readdirSync(dir).filter((name) => /^(snapshot-.*\.tmp|data\.mdb-[\da-f]{8}-.*)$/.test(name));
  for (const name of remains) rmSync(join(dir, name), { force: true });
}

function flush(path: string): void {
  const file = openSync(path, 'r');
  fsyncSync(file);
  closeSync(file);
}

/** lmdb puts the reason for a failed commit into a promise that rejects. */
async function causeOf(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !('commitError' in error)) return error;
  try {
    await error.commitError;
    return error;
  } catch (cause) {
    return cause;
  }
}
