import { EtcdError } from '#etcd';

/** gRPC's code, with which a write says that its lease is gone. */
const NOT_FOUND = 5;
/** Keys share a lease when they are written this close together, as their time is not a promise to the second. */
const REUSE_SECONDS = 60;
/** … and no more than this share of their time apart. */
const REUSE_SHARE = 0.05;
/** Keys of one lease: its end deletes them in one transaction. */
const MAX_KEYS = 1000;

interface Shared {
  lease: Promise<bigint>;
  until: number;
  keys: number;
}

/** Leases for keys that live a given time; a lease lives a little longer than each of its keys has to. */
export class LeasePool {
  readonly #grant: (ttlSeconds: number) => Promise<bigint>;
  readonly #now: () => number;
  readonly #shared = new Map<number, Shared>();

  /** `now` in milliseconds, monotonic. */
  constructor(grant: (ttlSeconds: number) => Promise<bigint>, now: () => number = () => performance.now()) {
    this.#grant = grant;
    this.#now = now;
  }

  /** Writes with a lease that ends no sooner than in `ttlSeconds`; 0: with none. A lease that somebody has revoked is replaced. */
  async write<T>(ttlSeconds: number, write: (lease: bigint) => Promise<T>): Promise<T> {
    if (ttlSeconds === 0) return write(0n);
    const lease = await this.#lease(ttlSeconds);
    try {
      return await write(lease);
    } catch (error) {
      if (!(error instanceof EtcdError && error.code === NOT_FOUND)) throw error;
      this.#shared.delete(ttlSeconds);
      return write(await this.#lease(ttlSeconds));
    }
  }

  async #lease(ttlSeconds: number): Promise<bigint> {
    const shared = this.#shared.get(ttlSeconds);
    if (shared !== undefined && shared.keys < MAX_KEYS && this.#now() < shared.until) {
      shared.keys++;
      return shared.lease;
    }
    const spare = Math.floor(Math.min(REUSE_SECONDS, ttlSeconds * REUSE_SHARE));
    const fresh: Shared = { lease: this.#grant(ttlSeconds + spare), until: this.#now() + spare * 1000, keys: 1 };
    this.#shared.set(ttlSeconds, fresh);
    fresh.lease.catch(() => this.#shared.get(ttlSeconds) === fresh && this.#shared.delete(ttlSeconds));
    return fresh.lease;
  }
}
