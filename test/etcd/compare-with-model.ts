import { deepStrictEqual } from 'node:assert/strict';
import { type Etcd, type EtcdEvent, openEtcd, type Operation, type TxnRequest, type Watcher } from '#etcd';
import { Model } from './model.ts';
import { Random, randomKey, randomPut, randomRange, randomRangeRequest, randomTxn } from './random.ts';

interface Watched {
  watcher: Watcher;
  seen: { revision: number; type: string; key: string; value: string; previous: string | undefined }[];
  range: { key: string; rangeEnd?: string };
  from: number;
}

/** Does random operations, several at a time, on a store and on the model, and throws where the two differ. */
export async function compareWithModel(options: { dir: string; operations: number; seed: number }): Promise<void> {
  const run = new ModelRun(options.dir, new Random(options.seed));
  try {
    await run.start();
    while (run.done < options.operations) await run.step();
  } catch (error) {
    throw new Error(`seed ${options.seed}, operation ${run.done}`, { cause: error });
  } finally {
    await run.stop();
  }
}

class ModelRun {
  done = 0;
  readonly #dir: string;
  readonly #random: Random;
  readonly #model = new Model();
  #etcd!: Etcd;
  #watches: Watched[] = [];

  constructor(dir: string, random: Random) {
    this.#dir = dir;
    this.#random = random;
  }

  async start(): Promise<void> {
    this.#etcd = await openEtcd({ dir: this.#dir, retentionMs: 0 });
  }

  async stop(): Promise<void> {
    await this.#etcd?.close();
  }

  async step(): Promise<void> {
    const kind = this.#random.below(200);
    if (kind < 110) await this.#write();
    else if (kind < 160) this.#read();
    else if (kind < 175) this.#watch();
    else if (kind < 185) await this.#lease();
    else if (kind < 190) await this.#checkWatches();
    else if (kind < 194) await this.#compact();
    else if (kind === 199) await this.#restart();
  }

  /** Writes that are under way at the same time happen in the order in which they were asked for. */
  async #write(): Promise<void> {
    const expected: unknown[] = [];
    const actual: Promise<unknown>[] = [];
    for (let count = 1 + this.#random.below(8); count > 0; count--, this.done++) {
      const request = this.#request();
      expected.push(this.#model.txn(request) ?? 'refused');
      actual.push(this.#etcd.txn(request).catch(() => 'refused'));
    }
    deepStrictEqual(await Promise.all(actual), expected);
    deepStrictEqual(this.#etcd.revision, this.#model.revision);
  }

  #request(): TxnRequest {
    const leases = [...this.#model.leases, 12345n].slice(0, this.#model.leases.size + (this.#random.chance(2) ? 1 : 0));
    if (this.#random.chance(40)) return randomTxn(this.#random, this.#model.revision, leases);
    const operation: Operation = this.#random.chance(70)
      ? randomPut(this.#random, randomKey(this.#random), leases)
      : { type: 'delete', ...randomRange(this.#random), prevKv: this.#random.chance(50) };
    return { compare: [], success: [operation], failure: [] };
  }

  #read(): void {
    const request = randomRangeRequest(this.#random, Math.max(1, this.#model.compacted), this.#model.revision);
    deepStrictEqual(this.#etcd.range(request), { ...this.#model.range(request), revision: this.#model.revision });
    this.done++;
  }

  #watch(): void {
    if (this.#watches.length > 12) this.#watches.splice(this.#random.below(12), 1)[0]?.watcher.close();
    const range = randomRange(this.#random);
    const { compacted, revision } = this.#model;
    const from = Math.max(2, compacted + 1 + this.#random.below(revision - compacted + 2));
    const watched: Omit<Watched, 'watcher'> = { seen: [], range, from };
    const onEvents = (events: readonly EtcdEvent[]) => {
      for (const { modRevision, type, key, value, previous } of events) {
        const shown = { type, key, value: value.toString('latin1'), previous: previous?.value.toString('latin1') };
        watched.seen.push({ revision: modRevision, ...shown });
      }
      if (!this.#random.chance(10)) return undefined;
      setImmediate(() => watcher.resume());
      return false;
    };
    const watcher = this.#etcd.watch({ ...range, startRevision: from }, { onEvents });
    this.#watches.push({ ...watched, watcher });
    this.done++;
  }

  async #checkWatches(): Promise<void> {
    const behind = () => this.#watches.some(({ watcher }) => watcher.progress < this.#model.revision);
    while (behind()) await new Promise(setImmediate);
    for (const { seen, range, from } of this.#watches) {
      const expected = this.#model.changes.filter(({ revision, key }) => revision >= from && within(key, range));
      // What was before the oldest revision is not there to be shown.
      deepStrictEqual(seen.map(withoutPrevious), expected.map(withoutPrevious));
      const shown = seen.filter(({ previous }) => previous !== undefined);
      for (const { revision, key, previous } of shown) {
        deepStrictEqual(previous, expected.find((change) => change.revision === revision && change.key === key)?.previous);
      }
    }
  }

  async #lease(): Promise<void> {
    const { leases } = this.#model;
    if (leases.size > 4 || (leases.size > 0 && this.#random.chance(40))) {
      const id = this.#random.pick([...leases]);
      deepStrictEqual(this.#etcd.leaseStatus(id, { keys: true }).keys, this.#model.keysOf(id));
      this.#model.revoke(id);
      deepStrictEqual(await this.#etcd.revokeLease(id), this.#model.revision);
    } else {
      const id = BigInt(1 + this.#random.below(1_000_000_000));
      await this.#etcd.grantLease({ id, ttl: 100_000 });
      leases.add(id);
    }
    this.done++;
  }

  async #compact(): Promise<void> {
    const { compacted, revision } = this.#model;
    if (revision - compacted < 20) return;
    // Watches that are still behind would be told that their past is gone.
    await this.#checkWatches();
    const to = compacted + 1 + this.#random.below(revision - compacted);
    this.#model.compact(to);
    await this.#etcd.compact(to, { physical: this.#random.chance(50) });
    this.#forgetChanges(to);
    this.done++;
  }

  /** Keeps the comparison quick: watches that began long ago make place for new ones. */
  #forgetChanges(before: number): void {
    for (const { watcher, from } of this.#watches) if (from < before) watcher.close();
    this.#watches = this.#watches.filter(({ from }) => from >= before);
    const first = this.#model.changes.findIndex(({ revision }) => revision >= before);
    this.#model.changes.splice(0, first < 0 ? this.#model.changes.length : first);
  }

  async #restart(): Promise<void> {
    await this.#checkWatches();
    this.#watches = [];
    if (this.#random.chance(30)) await this.#etcd.defragment();
    await this.#etcd.close();
    await this.start();
    deepStrictEqual(this.#etcd.revision, this.#model.revision);
    deepStrictEqual(this.#etcd.compactRevision, this.#model.compacted);
    deepStrictEqual(new Set(this.#etcd.leases()), this.#model.leases);
  }
}

function within(key: string, { key: from, rangeEnd }: { key: string; rangeEnd?: string }): boolean {
  return rangeEnd === undefined ? key === from : key >= from && (rangeEnd === '\0' || key < rangeEnd);
}

function withoutPrevious<T extends object>(change: T): T & { previous: undefined } {
  return { ...change, previous: undefined };
}
