/** What periodic compaction needs of the store. */
export interface CompactionTarget {
  readonly revision: number;
  readonly compactRevision: number;
  compact(revision: number): Promise<void>;
}

/** Looks this often within the time that history is kept. */
const STEPS = 5;

/** Keeps history for `retentionMs`: remembers the revision of each step and compacts to the one that is old enough. */
export class Compactor {
  readonly #target: CompactionTarget;
  readonly #log: (message: string, error: unknown) => void;
  readonly #revisions: number[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(target: CompactionTarget, retentionMs: number, log: (message: string, error: unknown) => void) {
    this.#target = target;
    this.#log = log;
    this.#timer = setInterval(() => this.step(), Math.max(1, retentionMs / STEPS));
    this.#timer.unref();
  }

  step(): void {
    this.#revisions.push(this.#target.revision);
    if (this.#revisions.length <= STEPS) return;
    const old = this.#revisions.shift() as number;
    if (old <= this.#target.compactRevision) return;
    this.#target.compact(old).catch((error: unknown) => this.#log('automatic compaction failed', error));
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
