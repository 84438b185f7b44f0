import { isConflict, isNotFound, microTimestamp } from '#apimachinery';
import type { Lease } from '#api/generated/coordination-v1.ts';
import { delay } from './delay.ts';
import { resources } from './resources.ts';
import type { Client } from './types.ts';

export interface LeaderElectionOptions {
  client: Client;
  /** Of the Lease. */
  namespace: string;
  name: string;
  /** Who stands for election; different for every process. */
  identity: string;
  /** For how long others wait for a leader that no longer renews. Default 15 s. */
  leaseDurationMs?: number;
  /** For how long a leader tries to renew before it gives up. Default 10 s. */
  renewDeadlineMs?: number;
  /** Between two attempts. Default 2 s. */
  retryPeriodMs?: number;
  signal: AbortSignal;
  onNewLeader?(identity: string): void;
}

/** The lease could not be renewed in time: somebody else may lead now. */
export class LeadershipLost extends Error {
  override readonly name = 'LeadershipLost';
}

/**
 * Waits until the lease is won, then calls `lead` and renews the lease for as long as it runs. The signal that `lead` gets
 * aborts when `options.signal` does or when the lease is lost; in the second case LeadershipLost is thrown after `lead` has
 * ended. A lease that is no longer needed is given back, so that the next leader need not wait.
 */
export async function runAsLeader(options: LeaderElectionOptions, lead: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const candidate = new Candidate(options);
  if (!(await candidate.acquire())) return;
  const stop = new AbortController();
  const work = lead(AbortSignal.any([options.signal, stop.signal]));
  const ended = new AbortController();
  const endOfWork = work.finally(() => ended.abort());
  const kept = await candidate.renewUntil(AbortSignal.any([options.signal, ended.signal]));
  if (!kept) stop.abort();
  await endOfWork;
  if (!kept) throw new LeadershipLost(`${options.identity} lost the lease ${options.namespace}/${options.name}`);
  await candidate.release();
}

class Candidate {
  readonly #options: LeaderElectionOptions;
  readonly #leaseDurationMs: number;
  readonly #renewDeadlineMs: number;
  readonly #retryPeriodMs: number;
  /** The record as last seen, and when it was seen to change, by our own clock: others' clocks are not trusted. */
  #lease: Lease | undefined;
  #changedAt = 0;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#leaseDurationMs = options.leaseDurationMs ?? 15_000;
    this.#renewDeadlineMs = options.renewDeadlineMs ?? 10_000;
    this.#retryPeriodMs = options.retryPeriodMs ?? 2_000;
  }

  /** Resolves with true when the lease is ours, with false when the signal aborted before. */
  async acquire(): Promise<boolean> {
    const { signal } = this.#options;
    while (!signal.aborted) {
      if (await this.#tryToHold()) return true;
      await delay(this.#retryPeriodMs * (1 + Math.random() * 1.2), signal);
    }
    return false;
  }

  /** Resolves with true when `signal` aborts, with false when the lease could not be renewed within the deadline. */
  async renewUntil(signal: AbortSignal): Promise<boolean> {
    let renewedAt = Date.now();
    while (!signal.aborted) {
      await delay(this.#retryPeriodMs, signal);
      if (signal.aborted) break;
      if (await this.#tryToHold()) renewedAt = Date.now();
      else if (Date.now() - renewedAt >= this.#renewDeadlineMs) return false;
    }
    return true;
  }

  async release(): Promise<void> {
    const lease = this.#lease;
    if (lease?.spec.holderIdentity !== this.#options.identity) return;
    const now = microTimestamp();
    const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: now, acquireTime: now };
    // If that fails the lease simply runs out.
    await this.#leases.update({ ...lease, spec }).catch(() => undefined);
  }

  get #leases() {
    return this.#options.client.resource(resources.leases);
  }

  async #tryToHold(): Promise<boolean> {
    try {
      const previous = this.#lease;
      const ours = previous?.spec.holderIdentity === this.#options.identity;
      // While we hold it, the record we wrote is the newest unless somebody took it: the write will tell.
      if (ours && this.#stillValid()) return await this.#write(previous);
      this.#see(await this.#leases.get(this.#options, { signal: this.#options.signal }));
    } catch (error) {
      if (isNotFound(error)) return this.#create();
      if (isConflict(error)) this.#lease = undefined;
      return false;
    }
    const lease = this.#lease!;
    const holder = lease.spec.holderIdentity;
    if (holder && holder !== this.#options.identity && this.#stillValid()) return false;
    return this.#write(lease).catch(() => false);
  }

  async #create(): Promise<boolean> {
    const { namespace, name } = this.#options;
    const lease: Lease = { metadata: { namespace, name }, spec: this.#spec(undefined) };
    try {
      this.#see(await this.#leases.create(lease));
      return true;
    } catch {
      // Another candidate was quicker, or the server cannot be reached: the next round finds out.
      return false;
    }
  }

  async #write(lease: Lease): Promise<boolean> {
    this.#see(await this.#leases.update({ ...lease, spec: this.#spec(lease) }));
    return true;
  }

  #spec(old: Lease | undefined): Lease['spec'] {
    const now = microTimestamp();
    const ours = old?.spec.holderIdentity === this.#options.identity;
    const transitions = old?.spec.leaseTransitions ?? 0;
    return {
      ...old?.spec,
      holderIdentity: this.#options.identity,
      leaseDurationSeconds: Math.ceil(this.#leaseDurationMs / 1000),
      acquireTime: ours ? old.spec.acquireTime : now,
      renewTime: now,
      leaseTransitions: old && !ours ? transitions + 1 : transitions,
    };
  }

  #see(lease: Lease): void {
    const previous = this.#lease;
    this.#lease = lease;
    if (previous?.metadata.resourceVersion === lease.metadata.resourceVersion) return;
    this.#changedAt = Date.now();
    const holder = lease.spec.holderIdentity ?? '';
    if (holder !== '' && holder !== previous?.spec.holderIdentity) this.#options.onNewLeader?.(holder);
  }

  #stillValid(): boolean {
    const duration = (this.#lease?.spec.leaseDurationSeconds ?? 0) * 1000;
    return Date.now() - this.#changedAt < duration;
  }
}
