import { at, type KeyEntry } from './key-index.ts';
import type { Change } from './record.ts';
import { keyValue } from './select.ts';
import type { EtcdEvent, KeyValue } from './types.ts';

/** Reads the value that a key had at a revision. */
export type ReadAt = (entry: KeyEntry, revision: number) => KeyValue | undefined;

/** An event that reads the value before it only if somebody asks. */
export class ChangeEvent implements EtcdEvent {
  readonly type: 'put' | 'delete';
  readonly key: string;
  readonly value: Buffer;
  readonly modRevision: number;
  readonly createRevision: number;
  readonly version: number;
  readonly lease: bigint;
  readonly #entry: KeyEntry | undefined;
  readonly #readAt: ReadAt;
  #previous: KeyValue | undefined | null = null;

  constructor(main: number, change: Change, entry: KeyEntry | undefined, readAt: ReadAt) {
    this.type = change.deleted ? 'delete' : 'put';
    this.key = change.key;
    this.value = change.value;
    this.modRevision = main;
    this.createRevision = change.create;
    this.version = change.version;
    this.lease = change.lease;
    this.#entry = entry;
    this.#readAt = readAt;
  }

  get previous(): KeyValue | undefined {
    if (this.#previous === null) {
      this.#previous = this.#entry && this.version !== 1 ? this.#readAt(this.#entry, this.modRevision - 1) : undefined;
    }
    return this.#previous;
  }
}

/** `ReadAt` over an index; `value` gives undefined for what compaction took. */
export function readAt(value: (main: number, sub: number) => Buffer | undefined): ReadAt {
  return (entry, revision) => {
    const seen = at(entry, revision);
    const bytes = seen && value(seen.main, seen.sub);
    return bytes && keyValue(seen, bytes);
  };
}
