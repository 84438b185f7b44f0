import { Backoff } from '#client';

export interface SyncRunnerOptions {
  /** One sync. A rejection means: try again later. */
  sync(): Promise<void>;
  /** While requests keep coming, syncs start at most this far apart (milliseconds). */
  minPeriod: number;
  onError(error: unknown): void;
}

/** What belongs to one change arrives within this time (milliseconds). */
const GATHER_MS = 3;
/** Syncs may take a tenth of the time: small sets of rules follow quickly, large ones do not keep the machine busy. */
const COST_FACTOR = 10;

/**
 * Runs syncs, one at a time, when they are asked for: at once after a rest, and under a stream of requests as often as their
 * cost allows, at least once each `minPeriod`. A request during a sync leads to another one.
 */
export class SyncRunner {
  readonly #options: SyncRunnerOptions;
  readonly #backoff = new Backoff({ initial: 500, max: 30_000, jitter: 0.2 });
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #requested = false;
  #stopped = false;
  /** The next sync may start then, on the clock of `performance.now()`. */
  #notBefore = 0;
  /** Until then the cost of all syncs so far has been made up for. It may lie ahead by one `minPeriod`. */
  #settled = 0;

  constructor(options: SyncRunnerOptions) {
    this.#options = options;
  }

  request(): void {
    this.#requested = true;
    if (this.#stopped || this.#timer || this.#running) return;
    this.#arm(Math.max(GATHER_MS, this.#notBefore - performance.now()));
  }

  /** Resolves when a sync that was under way has ended; no other will start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #arm(milliseconds: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#running = this.#run();
    }, milliseconds);
  }

  async #run(): Promise<void> {
    this.#requested = false;
    const started = performance.now();
    try {
      await this.#options.sync();
      this.#backoff.reset();
      const { minPeriod } = this.#options;
      const cost = performance.now() - started;
      this.#settled = Math.max(this.#settled, started) + Math.min(minPeriod, cost * COST_FACTOR);
      this.#notBefore = this.#settled - minPeriod;
    } catch (error) {
      this.#options.onError(error);
      this.#notBefore = performance.now() + this.#backoff.next();
      this.#requested = true;
    }
    this.#running = undefined;
    if (this.#requested) this.request();
  }
}
