/** Resolves after `milliseconds`, or at once when `signal` aborts (it never rejects: ask the signal). */
export function delay(milliseconds: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  const finish = (): void => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', finish);
    resolve();
  };
  const timer = setTimeout(finish, milliseconds);
  signal?.addEventListener('abort', finish, { once: true });
  return promise;
}

/** Growing waits: `initial`, times `factor` each time up to `max` (milliseconds), each lengthened by up to `jitter` of itself. */
export class Backoff {
  readonly #initial: number;
  readonly #max: number;
  readonly #factor: number;
  readonly #jitter: number;
  #next: number;

  constructor(options: { initial: number; max: number; factor?: number; jitter?: number }) {
    this.#initial = options.initial;
    this.#max = options.max;
    this.#factor = options.factor ?? 2;
    this.#jitter = options.jitter ?? 0;
    this.#next = options.initial;
  }

  next(): number {
    const base = this.#next;
    this.#next = Math.min(base * this.#factor, this.#max);
    return base * (1 + Math.random() * this.#jitter);
  }

  reset(): void {
    this.#next = this.#initial;
  }
}
