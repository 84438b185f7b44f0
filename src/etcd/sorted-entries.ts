import { NO_END } from './key-range.ts';

const CHUNK = 512;

interface Keyed {
  readonly key: string;
}

/** The first position in `chunk` whose key is not less than `key`. */
function lowerBound(chunk: readonly Keyed[], key: string): number {
  let low = 0;
  let high = chunk.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((chunk[middle] as Keyed).key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Things in the order of their keys: a list of short sorted lists, so that neither look-up nor insertion touches many. */
export class SortedEntries<T extends Keyed> {
  #chunks: T[][] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The caller knows that the key is not there yet. Adding in order is fastest. */
  add(entry: T): void {
    this.#size++;
    const at = this.#chunkOf(entry.key);
    const chunk = this.#chunks[at] ?? this.#chunks[at - 1];
    if (chunk === undefined) {
      this.#chunks.push([entry]);
      return;
    }
    chunk.splice(lowerBound(chunk, entry.key), 0, entry);
    if (chunk.length > CHUNK) this.#split(this.#chunks[at] === undefined ? at - 1 : at);
  }

  remove(key: string): void {
    const at = this.#chunkOf(key);
    const chunk = this.#chunks[at];
    if (chunk === undefined) return;
    const position = lowerBound(chunk, key);
    if (chunk[position]?.key !== key) return;
    chunk.splice(position, 1);
    this.#size--;
    if (chunk.length === 0) this.#chunks.splice(at, 1);
  }

  /** Calls `visit` for each entry from `start` up to, but without, `end` (NO_END: to the last), until it returns false. */
  each(start: string, end: string, visit: (entry: T) => boolean | void): void {
    let at = this.#chunkOf(start);
    let position = lowerBound(this.#chunks[at] ?? [], start);
    for (; at < this.#chunks.length; at++, position = 0) {
      const chunk = this.#chunks[at] as T[];
      for (; position < chunk.length; position++) {
        const entry = chunk[position] as T;
        if (end !== NO_END && entry.key >= end) return;
        if (visit(entry) === false) return;
      }
    }
  }

  /** Index of the first chunk whose last key is not less than `key`. */
  #chunkOf(key: string): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const chunk = this.#chunks[middle] as T[];
      if ((chunk[chunk.length - 1] as T).key < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Appending leaves full chunks behind; anywhere else a chunk is halved. */
  #split(at: number): void {
    const chunk = this.#chunks[at] as T[];
    const last = at === this.#chunks.length - 1;
    this.#chunks.splice(at + 1, 0, chunk.splice(last ? CHUNK - 1 : CHUNK >>> 1));
  }
}
