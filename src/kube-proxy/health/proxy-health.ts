/** A change that has not reached the tables after this time means that the proxy does not work (milliseconds). */
const TIMEOUT_MS = 60_000;

/** Whether the proxy keeps up with changes. `now` is the clock, in milliseconds. */
export class ProxyHealth {
  readonly #now: () => number;
  readonly #isNodeEligible: () => boolean;
  #lastUpdated = 0;
  #oldestPending: number | undefined;
  #newestPending = 0;

  constructor(isNodeEligible: () => boolean, now: () => number = Date.now) {
    this.#now = now;
    this.#isNodeEligible = isNodeEligible;
  }

  /** A change has come that the tables do not show yet. */
  changed(): void {
    this.#newestPending = this.#now();
    this.#oldestPending ??= this.#newestPending;
  }

  /** The tables show all changes up to this moment, at which the sync began. */
  updated(began: number): void {
    this.#lastUpdated = this.#now();
    this.#oldestPending = this.#newestPending > began ? this.#newestPending : undefined;
  }

  get isHealthy(): boolean {
    return this.#oldestPending === undefined || this.#now() - this.#oldestPending < TIMEOUT_MS;
  }

  /** For load balancers: whether new traffic should come to this node. */
  healthz(): { code: number; body: object } {
    const nodeEligible = this.#isNodeEligible();
    return { code: this.isHealthy && nodeEligible ? 200 : 503, body: { ...this.#times(), nodeEligible } };
  }

  /** For whoever would restart the proxy. */
  livez(): { code: number; body: object } {
    return { code: this.isHealthy ? 200 : 503, body: this.#times() };
  }

  #times(): object {
    const now = this.#now();
    // With nothing pending, the tables are up to date now.
    const lastUpdated = this.#oldestPending === undefined ? now : this.#lastUpdated;
    return { lastUpdated: new Date(lastUpdated).toISOString(), currentTime: new Date(now).toISOString() };
  }
}
