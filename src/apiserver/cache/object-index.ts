import type { Entry } from './entry.ts';

/** The names of one namespace in order; sorted when somebody lists, not when somebody writes. */
class Bucket {
  readonly entries = new Map<string, Entry>();
  #sorted: Entry[] = [];
  #stale = false;

  set(entry: Entry): void {
    this.entries.set(entry.name, entry);
    this.#stale = true;
  }

  delete(name: string): void {
    this.entries.delete(name);
    this.#stale = true;
  }

  inOrder(): readonly Entry[] {
    if (this.#stale) {
      this.#sorted = [...this.entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
      this.#stale = false;
    }
    return this.#sorted;
  }
}

/** All objects of a resource by namespace and name, listed in the order of their keys in the store. */
export class ObjectIndex {
  readonly #namespaces = new Map<string, Bucket>();
  #order: string[] | undefined = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(namespace: string, name: string): Entry | undefined {
    return this.#namespaces.get(namespace)?.entries.get(name);
  }

  set(entry: Entry): void {
    let bucket = this.#namespaces.get(entry.namespace);
    if (bucket === undefined) {
      this.#namespaces.set(entry.namespace, (bucket = new Bucket()));
      this.#order = undefined;
    }
    if (!bucket.entries.has(entry.name)) this.#size++;
    bucket.set(entry);
  }

  delete(namespace: string, name: string): void {
    const bucket = this.#namespaces.get(namespace);
    if (bucket === undefined || !bucket.entries.has(name)) return;
    this.#size--;
    bucket.delete(name);
    if (bucket.entries.size > 0) return;
    this.#namespaces.delete(namespace);
    this.#order = undefined;
  }

  /** One namespace, or all when `namespace` is absent. */
  *list(namespace?: string): Iterable<Entry> {
    if (namespace !== undefined) {
      yield* this.#namespaces.get(namespace)?.inOrder() ?? [];
      return;
    }
    this.#order ??= [...this.#namespaces.keys()].sort();
    for (const name of this.#order) yield* this.#namespaces.get(name)?.inOrder() ?? [];
  }

  clear(): void {
    this.#namespaces.clear();
    this.#order = undefined;
    this.#size = 0;
  }
}
