import type { LeaseRecord, Tables } from './disk.ts';
import { leaseExists, leaseNotFound, leaseTtlTooLarge } from './errors.ts';
import type { LeaseStatus } from './types.ts';

const MAX_TTL = 9_000_000_000;
/** The longest time that a timer can be set for. */
const MAX_TIMER_MS = 2 ** 31 - 1;

interface Lease {
  id: bigint;
  /** Seconds. */
  ttl: number;
  /** By the monotonic clock, in milliseconds. */
  deadline: number;
  keys: Set<string>;
  timer: NodeJS.Timeout | undefined;
}

/** What the leases need of the store. */
export interface LeaseGround {
  /** Writes to the lease table; resolves when that is on disk. */
  save(change: (tables: Tables) => void): Promise<void>;
  /** Deletes the keys in one revision together with `change`. */
  deleteKeys(keys: readonly string[], change: (tables: Tables) => void): Promise<number>;
  log: (message: string, error: unknown) => void;
}

/**
 * Leases and the keys that hang on them. Time runs by the monotonic clock; on disk stands the hour of the end, so that a
 * lease also ends while the store is down. A wall clock that was put back makes no lease longer than its ttl.
 */
export class Leases {
  readonly #ground: LeaseGround;
  readonly #leases = new Map<bigint, Lease>();
  #closed = false;

  constructor(ground: LeaseGround) {
    this.#ground = ground;
  }

  load(tables: Tables): void {
    for (const { key, value } of tables.leases.getRange({})) {
      const left = Math.min(value.ttl * 1000, Math.max(0, value.deadline - Date.now()));
      this.#add(BigInt(key), value.ttl, left);
    }
  }

  has(id: bigint): boolean {
    return this.#leases.has(id);
  }

  attach(id: bigint, key: string): void {
    this.#leases.get(id)?.keys.add(key);
  }

  detach(id: bigint, key: string): void {
    this.#leases.get(id)?.keys.delete(key);
  }

  ids(): bigint[] {
    return [...this.#leases.values()].sort((a, b) => a.deadline - b.deadline).map((lease) => lease.id);
  }

  async grant(request: { id?: bigint; ttl: number }): Promise<{ id: bigint; ttl: number }> {
    if (request.ttl > MAX_TTL) throw leaseTtlTooLarge();
    const id = request.id || this.#freeId();
    if (this.#leases.has(id)) throw leaseExists();
    const ttl = Math.max(1, Math.ceil(request.ttl));
    const lease = this.#add(id, ttl, ttl * 1000);
    await this.#ground.save((tables) => void tables.leases.put(String(id), recordOf(lease)));
    return { id, ttl };
  }

  /** Resolves with the revision in which the keys went. */
  revoke(id: bigint): Promise<number> {
    const lease = this.#leases.get(id);
    if (lease === undefined) return Promise.reject(leaseNotFound());
    clearTimeout(lease.timer);
    this.#leases.delete(id);
    return this.#ground.deleteKeys([...lease.keys].sort(), (tables) => void tables.leases.remove(String(id)));
  }

  keepAlive(id: bigint): number {
    const lease = this.#leases.get(id);
    if (lease === undefined) return 0;
    this.#arm(lease, lease.ttl * 1000);
    void this.#ground
      .save((tables) => void tables.leases.put(String(id), recordOf(lease)))
      .catch((error: unknown) => this.#ground.log(`saving lease ${id} failed`, error));
    return lease.ttl;
  }

  status(id: bigint, options: { keys?: boolean } = {}): LeaseStatus {
    const lease = this.#leases.get(id);
    if (lease === undefined) return { id, grantedTtl: 0, ttl: -1, keys: [] };
    const left = Math.max(0, Math.floor((lease.deadline - performance.now()) / 1000));
    return { id, grantedTtl: lease.ttl, ttl: left, keys: options.keys ? [...lease.keys].sort() : [] };
  }

  close(): void {
    this.#closed = true;
    for (const { timer } of this.#leases.values()) clearTimeout(timer);
  }

  #add(id: bigint, ttl: number, leftMs: number): Lease {
    const lease: Lease = { id, ttl, deadline: 0, keys: new Set(), timer: undefined };
    this.#leases.set(id, lease);
    this.#arm(lease, leftMs);
    return lease;
  }

  #arm(lease: Lease, leftMs: number): void {
    lease.deadline = performance.now() + leftMs;
    this.#wait(lease);
  }

  #wait(lease: Lease): void {
    clearTimeout(lease.timer);
    const left = Math.max(0, lease.deadline - performance.now());
    lease.timer = setTimeout(() => this.#due(lease), Math.min(left, MAX_TIMER_MS));
    lease.timer.unref();
  }

  #due(lease: Lease): void {
    if (this.#closed) return;
    if (lease.deadline - performance.now() > 1) return this.#wait(lease);
    this.revoke(lease.id).catch((error: unknown) => this.#ground.log(`ending lease ${lease.id} failed`, error));
  }

  /** Positive, below 2^63, and not easily guessed to be another's. */
  #freeId(): bigint {
    for (;;) {
      const id = BigInt.asUintN(62, crypto.getRandomValues(new BigUint64Array(1))[0] as bigint);
      if (id !== 0n && !this.#leases.has(id)) return id;
    }
  }
}

function recordOf(lease: Lease): LeaseRecord {
  return { ttl: lease.ttl, deadline: Date.now() + (lease.deadline - performance.now()) };
}
