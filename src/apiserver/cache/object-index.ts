import type { Entry } from './entry.ts';

/** Where a name stands among sorted ones, or would stand. */
function placeOf<T>(sorted: readonly T[], key: string, keyOf: (item: T) => string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keyOf(sorted[middle] as T) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

const nameOf = (entry: Entry): string => entry.name;

/** The objects of one namespace, always in the order of their names: listing them costs nothing beyond their number. */
class Bucket {
  readonly namespace: string;
  /** Where the namespace stands in the store: behind it comes a slash, which is less than a letter and more than a dash. */
  readonly key: string;
  readonly entries = new Map<string, Entry>();
  readonly sorted: Entry[] = [];

  constructor(namespace: string) {
    this.namespace = namespace;
    this.key = `${namespace}/`;
  }

  set(entry: Entry): void {
    const isNew = !this.entries.has(entry.name);
    this.entries.set(entry.name, entry);
    const last = this.sorted.at(-1);
    if (last === undefined || last.name < entry.name) this.sorted.push(entry);
    else this.sorted.splice(placeOf(this.sorted, entry.name, nameOf), isNew ? 0 : 1, entry);
  }

  delete(name: string): boolean {
    if (!this.entries.delete(name)) return false;
    this.sorted.splice(placeOf(this.sorted, name, nameOf), 1);
    return true;
  }
}

const keyOf = (bucket: Bucket): string => bucket.key;

/** All objects of a resource by namespace and name, listed in the order of their keys in the store. */
export class ObjectIndex {
  readonly #namespaces = new Map<string, Bucket>();
  readonly #order: Bucket[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(namespace: string, name: string): Entry | undefined {
    return this.#namespaces.get(namespace)?.entries.get(name);
  }

  set(entry: Entry): void {
    const bucket = this.#namespaces.get(entry.namespace) ?? this.#addBucket(entry.namespace);
    const before = bucket.entries.size;
    bucket.set(entry);
    this.#size += bucket.entries.size - before;
  }

  delete(namespace: string, name: string): void {
    const bucket = this.#namespaces.get(namespace);
    if (bucket === undefined || !bucket.delete(name)) return;
    this.#size--;
    if (bucket.entries.size > 0) return;
    this.#namespaces.delete(namespace);
    this.#order.splice(placeOf(this.#order, bucket.key, keyOf), 1);
  }

  /** One namespace, or all when `namespace` is absent. */
  *list(namespace?: string): Iterable<Entry> {
    if (namespace !== undefined) {
      yield* this.#namespaces.get(namespace)?.sorted ?? [];
      return;
    }
    for (const bucket of this.#order) yield* bucket.sorted;
  }

  /** All of one namespace, or all, as an array of the caller's own. */
  all(namespace?: string): Entry[] {
    if (namespace !== undefined) return this.#namespaces.get(namespace)?.sorted.slice() ?? [];
    return this.#order.length === 1 ? (this.#order[0] as Bucket).sorted.slice() : this.#order.flatMap(({ sorted }) => sorted);
  }

  /** Forgets everything and takes these in place of it. */
  replaceWith(entries: Iterable<Entry>): void {
    this.#namespaces.clear();
    this.#order.length = 0;
    this.#size = 0;
    for (const entry of entries) this.set(entry);
  }

  #addBucket(namespace: string): Bucket {
    const bucket = new Bucket(namespace);
    this.#namespaces.set(namespace, bucket);
    this.#order.splice(placeOf(this.#order, bucket.key, keyOf), 0, bucket);
    return bucket;
  }
}
