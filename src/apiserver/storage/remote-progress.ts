import type { EtcdClient, EtcdEvent, KeyRange } from '#etcd';

/** Since 3.4.25 and 3.5.8 an etcd's answer to a progress request cannot overtake events. */
export function hasReliableProgress(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.+-]/).map(Number);
  if (major !== 3) return major > 3;
  return minor > 5 || (minor === 5 && patch >= 8) || (minor === 4 && patch >= 25);
}

/**
 * Finds out how far a watch is at an etcd whose own answer cannot be trusted: it asks what the keys look like now. When
 * none has been written since the last event and their number is the one that the events lead to, the watch has missed
 * nothing that could be read.
 */
export class ProgressCheck {
  readonly #client: EtcdClient;
  readonly #range: KeyRange;
  readonly #report: (revision: number) => void;
  #delivered: number;
  /** Keys in the range at `#delivered`; undefined before the first check. */
  #count: number | undefined;
  #running = false;
  #again = false;
  #closed = false;

  constructor(client: EtcdClient, range: KeyRange, after: number, report: (revision: number) => void) {
    this.#client = client;
    this.#range = range;
    this.#delivered = after;
    this.#report = report;
  }

  delivered(events: readonly EtcdEvent[], revision: number): void {
    this.#delivered = Math.max(this.#delivered, revision);
    if (this.#count === undefined) return;
    for (const event of events) {
      if (event.type === 'delete') this.#count--;
      else if (event.version === 1) this.#count++;
    }
    if (this.#again) void this.run();
  }

  /** The etcd itself says that all events up to here have been sent. */
  reported(revision: number): void {
    this.#delivered = Math.max(this.#delivered, revision);
    this.#report(revision);
  }

  close(): void {
    this.#closed = true;
  }

  async run(): Promise<void> {
    if (this.#running || this.#closed) return;
    this.#running = true;
    this.#again = false;
    try {
      await this.#check();
    } catch {
      // Whoever waits for the progress asks again.
      this.#again = true;
    } finally {
      this.#running = false;
    }
  }

  async #check(): Promise<void> {
    if (this.#count === undefined) await this.#countKeys();
    const asked = { delivered: this.#delivered, count: this.#count };
    const now = await this.#client.range({ ...this.#range, keysOnly: true, limit: 1, minModRevision: asked.delivered + 1 });
    if (this.#closed || this.#delivered !== asked.delivered) this.#again = true;
    else if (now.kvs.length === 0 && now.count === asked.count) this.reported(now.revision);
    else this.#again = true;
  }

  async #countKeys(): Promise<void> {
    const at = this.#delivered;
    const { count } = await this.#client.range({ ...this.#range, countOnly: true, revision: at });
    if (this.#delivered === at) this.#count = count;
    else await this.#countKeys();
  }
}
