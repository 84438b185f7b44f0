import type { RuntimePod } from './runtime-pod.ts';

/** How often an exit that the runtime has announced is looked for before the slow relist has to find it. */
const LOOKS = 10;
const FIRST_WAIT_MS = 10;

/** Finds out what came of the exits that the runtime announces, and tells whoever waits for one. */
export class ExitWatch {
  readonly #runtime: RuntimePod;
  #looksLeft = new Map<string, number>();
  readonly #waiters = new Map<string, Set<() => void>>();
  readonly #wakeBy: (time: number) => void;

  constructor(runtime: RuntimePod, wakeBy: (time: number) => void) {
    this.#runtime = runtime;
    this.#wakeBy = wakeBy;
  }

  /** The runtime says that the sandbox or container has ended. */
  announced(id: string): void {
    this.#looksLeft.set(id, LOOKS);
  }

  /** Reads again what is said to have ended. The runtime announces an exit a moment before it says so when asked. */
  async look(): Promise<void> {
    const announced = this.#looksLeft;
    this.#looksLeft = new Map();
    for (const [id, left] of announced) {
      if (!(await this.#isAlive(id)) || left === 0) continue;
      this.#looksLeft.set(id, left - 1);
      this.#wakeBy(Date.now() + FIRST_WAIT_MS * 2 ** (LOOKS - left));
    }
    this.tell();
  }

  /** Resolves when the container has ended, or when `signal` aborts. */
  ended(id: string, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiters = this.#waiters.get(id) ?? new Set();
    this.#waiters.set(id, waiters.add(resolve));
    const giveUp = (): void => {
      waiters.delete(resolve);
      resolve();
    };
    signal.addEventListener('abort', giveUp, { once: true });
    this.tell();
    return promise;
  }

  /** Tells those who wait for containers that no longer run. */
  tell(): void {
    for (const [id, waiters] of this.#waiters) {
      if (this.#runtime.container(id)?.state === 'CONTAINER_RUNNING') continue;
      this.#waiters.delete(id);
      for (const tell of waiters) tell();
    }
  }

  async #isAlive(id: string): Promise<boolean> {
    const isSandbox = this.#runtime.sandboxes.some((sandbox) => sandbox.id === id);
    const status = isSandbox ? await this.#runtime.reloadSandbox(id) : await this.#runtime.reloadContainer(id);
    return status?.state === 'CONTAINER_RUNNING' || status?.state === 'SANDBOX_READY';
  }
}
