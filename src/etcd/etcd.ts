import { Compactor } from './compactor.ts';
import { Disk } from './disk.ts';
import { CompactedError, futureRevision, requestTooLarge, stopped } from './errors.ts';
import { hashHistory } from './hash.ts';
import { Leases } from './leases.ts';
import { Mvcc } from './mvcc.ts';
import { Space } from './space.ts';
import { checkTxn, putBytes } from './txn-check.ts';
import type {
  AlarmType,
  Answer,
  DeleteRequest,
  DeleteResult,
  Etcd,
  EtcdOptions,
  EtcdStatus,
  Key,
  KeyValue,
  LeaseStatus,
  PutRequest,
  PutResult,
  RangeRequest,
  RangeResult,
  TxnRequest,
  TxnResult,
  Watcher,
  WatchHandlers,
  WatchRequest,
} from './types.ts';
import { WatchHub } from './watch-hub.ts';

const DEFAULT_QUOTA = 2 * 1024 ** 3;
/** What one request may put (etcd's default). */
const MAX_REQUEST_BYTES = 1536 * 1024;
const DEFAULT_RETENTION_MS = 5 * 60_000;

/** Opens the store in a directory, as it was when the last acknowledged write was made. One process at a time may. */
export async function openEtcd(options: EtcdOptions): Promise<Etcd> {
  return new EmbeddedEtcd(options);
}

function checkSize(bytes: number): void {
  if (bytes > MAX_REQUEST_BYTES) throw requestTooLarge();
}

class EmbeddedEtcd implements Etcd {
  readonly #dir: string;
  readonly #disk: Disk;
  readonly #mvcc: Mvcc;
  readonly #hub: WatchHub;
  readonly #leases: Leases;
  readonly #space: Space;
  readonly #compactor: Compactor | undefined;

  constructor({ dir, quotaBytes = DEFAULT_QUOTA, retentionMs = DEFAULT_RETENTION_MS, log = () => {} }: EtcdOptions) {
    this.#dir = dir;
    this.#disk = new Disk(dir, () => this.#hub.flush());
    this.#leases = new Leases({
      save: async (change) => void (await this.#mvcc.write(() => ({}), change)),
      deleteKeys: async (keys, change) => (await this.#deleteKeys(keys, change)).revision,
      log,
    });
    this.#mvcc = new Mvcc(this.#disk, this.#leases, (events) => this.#hub.publish(events));
    this.#hub = new WatchHub(this.#mvcc);
    this.#space = new Space(this.#disk, quotaBytes);
    this.#leases.load(this.#disk.tables);
    this.#mvcc.load();
    this.#compactor = retentionMs > 0 ? new Compactor(this.#mvcc, retentionMs, log) : undefined;
  }

  get revision(): number {
    return this.#mvcc.revision;
  }

  get compactRevision(): number {
    return this.#mvcc.compactRevision;
  }

  get(key: Key): KeyValue | undefined {
    return this.#mvcc.get(key);
  }

  range(request: RangeRequest): Answer<RangeResult> {
    return this.#mvcc.range(request);
  }

  async put(request: PutRequest): Promise<Answer<PutResult>> {
    checkSize(request.value.length);
    this.#space.check(request.value.length);
    return this.#mvcc.write((transaction) => transaction.put(request));
  }

  deleteRange(request: DeleteRequest): Promise<Answer<DeleteResult>> {
    return this.#mvcc.write((transaction) => transaction.delete(request));
  }

  async txn(request: TxnRequest): Promise<Answer<TxnResult>> {
    checkTxn(request);
    const bytes = putBytes(request);
    checkSize(bytes);
    if (bytes > 0) this.#space.check(bytes);
    return this.#mvcc.write((transaction) => transaction.txn(request));
  }

  watch(request: WatchRequest, handlers: WatchHandlers): Watcher {
    return this.#hub.add(request, handlers);
  }

  async grantLease(request: { id?: bigint; ttl: number }): Promise<{ id: bigint; ttl: number }> {
    this.#space.check(0);
    return this.#leases.grant(request);
  }

  revokeLease(id: bigint): Promise<number> {
    return this.#leases.revoke(id);
  }

  keepLeaseAlive(id: bigint): number {
    return this.#leases.keepAlive(id);
  }

  leaseStatus(id: bigint, options?: { keys?: boolean }): LeaseStatus {
    return this.#leases.status(id, options);
  }

  leases(): bigint[] {
    return this.#leases.ids();
  }

  async compact(revision: number, options: { physical?: boolean } = {}): Promise<void> {
    await this.#mvcc.compact(revision);
    if (options.physical) await this.#mvcc.compacted();
  }

  status(): EtcdStatus {
    return { revision: this.revision, compactRevision: this.compactRevision, ...this.#space.status() };
  }

  disarm(alarm: AlarmType): Promise<void> {
    return this.#space.disarm(alarm);
  }

  raise(alarm: AlarmType): Promise<void> {
    return this.#space.raise(alarm);
  }

  async hashKv(revision = 0): Promise<{ hash: number; revision: number; compactRevision: number }> {
    const at = revision || this.revision;
    if (at > this.revision) throw futureRevision();
    if (at < this.compactRevision) throw new CompactedError(this.compactRevision);
    const { compactRevision } = this;
    await this.#mvcc.compacted();
    return { hash: await hashHistory(this.#disk, at), revision: at, compactRevision };
  }

  async hash(): Promise<number> {
    return (await this.hashKv()).hash;
  }

  async defragment(): Promise<void> {
    await this.#disk.defragment();
  }

  async *snapshot(): AsyncGenerator<{ bytes: Buffer; remaining: number }> {
    const { snapshot } = await import('./snapshot.ts');
    yield* snapshot(this.#disk, this.#dir, this.revision, this.compactRevision);
  }

  async close(): Promise<void> {
    this.#compactor?.stop();
    this.#leases.close();
    this.#hub.end(stopped());
    await this.#mvcc.close();
    await this.#disk.close();
  }

  #deleteKeys(keys: readonly Key[], change: Parameters<Mvcc['write']>[1]): Promise<Answer<object>> {
    return this.#mvcc.write((transaction) => {
      for (const key of keys) transaction.delete({ key });
      return {};
    }, change);
  }
}
