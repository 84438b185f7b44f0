interface Entry {
  delay: number;
  failedAt: number;
}

/** How long each of many things has to wait after failing: doubling from `initialMs` to `maxMs`, forgotten after a quiet time. */
export class BackOff {
  readonly #initialMs: number;
  readonly #maxMs: number;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();

  constructor(options: { initialMs?: number; maxMs?: number; now?: () => number } = {}) {
    this.#initialMs = options.initialMs ?? 10_000;
    this.#maxMs = options.maxMs ?? 300_000;
    this.#now = options.now ?? Date.now;
  }

  /** Counts a failure and says when the wait for it ends. */
  fail(key: string, failedAt = this.#now()): number {
    const old = this.#current(key, failedAt);
    const delay = old === undefined ? this.#initialMs : Math.min(old.delay * 2, this.#maxMs);
    this.#entries.set(key, { delay, failedAt });
    return failedAt + delay;
  }

  /** Until when the key has to wait; undefined when it need not. */
  blockedUntil(key: string): number | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    const until = entry.failedAt + entry.delay;
    return until > this.#now() ? until : undefined;
  }

  /** As `blockedUntil`, for a wait that began with an event of its own: a container's end. */
  blockedSince(key: string, since: number): number | undefined {
    const entry = this.#current(key, since);
    const until = since + (entry?.delay ?? 0);
    return entry !== undefined && until > this.#now() ? until : undefined;
  }

  /** The present wait in milliseconds, 0 when there is none. */
  delay(key: string): number {
    return this.#entries.get(key)?.delay ?? 0;
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }

  forgetPrefix(prefix: string): void {
    for (const key of this.#entries.keys()) if (key.startsWith(prefix)) this.#entries.delete(key);
  }

  #current(key: string, at: number): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    // Twice the longest wait without a failure: it works again.
    return at - entry.failedAt > 2 * this.#maxMs ? undefined : entry;
  }
}
