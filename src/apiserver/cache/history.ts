import type { CacheEvent } from './event-batch.ts';

/** The latest changes of a resource, for watches that begin a little in the past. Bounded by number. */
export class History {
  readonly #limit: number;
  #events: CacheEvent[] = [];
  /** Every change after this revision is here. */
  #since: number;

  constructor(since: number, limit = 1024) {
    this.#since = since;
    this.#limit = limit;
  }

  get since(): number {
    return this.#since;
  }

  add(events: readonly CacheEvent[]): void {
    for (const event of events) this.#events.push(event);
    // Drops in steps, so that an append costs nothing in most cases.
    if (this.#events.length < this.#limit * 2) return;
    const dropped = this.#events.length - this.#limit;
    this.#since = (this.#events[dropped - 1] as CacheEvent).revision;
    this.#events = this.#events.slice(dropped);
  }

  /** Changes after `revision`, in order; undefined when some of them are forgotten. */
  after(revision: number): readonly CacheEvent[] | undefined {
    if (revision < this.#since) return undefined;
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#events[middle] as CacheEvent).revision <= revision) low = middle + 1;
      else high = middle;
    }
    return this.#events.slice(low);
  }
}
