import { type Change, recordSize } from './record.ts';

/** The newest revisions: those on their way to disk for certain, and some that are there already. */
export class RecentRecords {
  readonly #records = new Map<number, readonly Change[]>();
  readonly #budget: number;
  #bytes = 0;

  /** `budget`: bytes kept of what is on disk. */
  constructor(budget: number) {
    this.#budget = budget;
  }

  /** The oldest revision that is kept; all later ones are, but for those that compaction took. Infinity: none is. */
  get oldest(): number {
    const { value } = this.#records.keys().next();
    return value ?? Infinity;
  }

  get(revision: number): readonly Change[] | undefined {
    return this.#records.get(revision);
  }

  add(revision: number, changes: readonly Change[], bytes: number): void {
    this.#records.set(revision, changes);
    this.#bytes += bytes;
  }

  /** Forgets the oldest beyond the budget, but none later than `durable`. */
  trim(durable: number): void {
    if (this.#bytes <= this.#budget) return;
    for (const revision of this.#records.keys()) {
      if (this.#bytes <= this.#budget || revision > durable) return;
      this.drop(revision);
    }
  }

  drop(revision: number): void {
    const changes = this.#records.get(revision);
    if (changes === undefined) return;
    this.#records.delete(revision);
    this.#bytes -= recordSize(changes);
  }
}
