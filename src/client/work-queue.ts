const BASE_DELAY_MS = 5;
const MAX_DELAY_MS = 1_000_000;

interface Delayed {
  due: number;
  timer: NodeJS.Timeout;
}

/**
 * A queue of keys in which each key stands at most once and is worked on by one worker at a time: what is added while its
 * key is being worked on comes again afterwards. Ends, with all that it holds, when `signal` aborts.
 */
export class WorkQueue {
  /** In order of arrival. */
  readonly #ready = new Set<string>();
  readonly #processing = new Set<string>();
  /** Added again while being worked on. */
  readonly #again = new Set<string>();
  readonly #delayed = new Map<string, Delayed>();
  readonly #failures = new Map<string, number>();
  readonly #waiting: ((key: string | undefined) => void)[] = [];
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#shutDown(), { once: true });
  }

  /** Keys that wait for a worker (neither delayed ones nor those being worked on). */
  get length(): number {
    return this.#ready.size;
  }

  /** Nothing waits, nothing is being worked on; delayed keys may come later. */
  get idle(): boolean {
    return this.#ready.size === 0 && this.#processing.size === 0;
  }

  add(key: string): void {
    if (this.#signal.aborted) return;
    if (this.#processing.has(key)) {
      this.#again.add(key);
      return;
    }
    const worker = this.#ready.has(key) ? undefined : this.#waiting.shift();
    if (worker) {
      this.#processing.add(key);
      worker(key);
    } else {
      this.#ready.add(key);
    }
  }

  /** Adds the key when the time has passed, unless it is already due earlier. */
  addAfter(key: string, milliseconds: number): void {
    if (this.#signal.aborted) return;
    if (!(milliseconds > 0)) return this.add(key);
    const due = Date.now() + milliseconds;
    const present = this.#delayed.get(key);
    if (present && present.due <= due) return;
    if (present) clearTimeout(present.timer);
    this.#arm(key, due);
  }

  /** Adds the key after a wait that doubles with each call until `forget`: 5 ms, 10 ms, … 1000 s. */
  addRateLimited(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.addAfter(key, Math.min(BASE_DELAY_MS * 2 ** failures, MAX_DELAY_MS));
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** How often the key failed since it was last forgotten. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** The next key, once there is one; undefined after the abort. Whoever gets a key calls `done` with it. */
  next(): Promise<string | undefined> | string | undefined {
    if (this.#signal.aborted) return undefined;
    for (const key of this.#ready) {
      this.#ready.delete(key);
      this.#processing.add(key);
      return key;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  done(key: string): void {
    this.#processing.delete(key);
    if (this.#again.delete(key)) this.add(key);
  }

  #arm(key: string, due: number): void {
    // Node's timers cannot wait for longer than 2³¹ ms.
    const wait = Math.min(due - Date.now(), 0x7fffffff);
    const timer = setTimeout(() => {
      if (Date.now() < due && wait === 0x7fffffff) return this.#arm(key, due);
      this.#delayed.delete(key);
      return this.add(key);
    }, wait);
    this.#delayed.set(key, { due, timer });
  }

  #shutDown(): void {
    for (const { timer } of this.#delayed.values()) clearTimeout(timer);
    this.#delayed.clear();
    this.#ready.clear();
    this.#again.clear();
    for (const worker of this.#waiting.splice(0)) worker(undefined);
  }
}
