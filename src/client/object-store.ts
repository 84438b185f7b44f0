import type { KubeObject } from '#apimachinery';

/** Names the values under which an object is found: its node's name, its owner's uid. */
export type Indexer<T> = (object: T) => readonly string[] | string | undefined;

interface Index<T> {
  indexer: Indexer<T>;
  /** Value → objects, by key. */
  buckets: Map<string, Map<string, T>>;
}

const NOTHING: ReadonlyMap<string, never> = new Map<string, never>();

/** Objects by namespace and name, with indexes. Every operation costs what it touches. */
export class ObjectStore<T extends KubeObject> {
  readonly #namespaces = new Map<string, Map<string, T>>();
  readonly #indexes = new Map<string, Index<T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(name: string, namespace = ''): T | undefined {
    return this.#namespaces.get(namespace)?.get(name);
  }

  /** Puts the object in the place of the one of its name, which is returned. */
  set(object: T): T | undefined {
    const { namespace = '', name } = object.metadata;
    let objects = this.#namespaces.get(namespace);
    if (!objects) this.#namespaces.set(namespace, (objects = new Map()));
    const old = objects.get(name);
    objects.set(name, object);
    if (!old) this.#size++;
    for (const index of this.#indexes.values()) reindex(index, old, object);
    return old;
  }

  delete(name: string, namespace = ''): T | undefined {
    const objects = this.#namespaces.get(namespace);
    const old = objects?.get(name);
    if (!objects || !old) return undefined;
    objects.delete(name);
    if (objects.size === 0) this.#namespaces.delete(namespace);
    this.#size--;
    for (const index of this.#indexes.values()) reindex(index, old, undefined);
    return old;
  }

  /** The objects of one namespace, or of all. */
  list(namespace?: string): T[] {
    if (namespace !== undefined) return [...(this.#namespaces.get(namespace)?.values() ?? [])];
    const all: T[] = [];
    for (const objects of this.#namespaces.values()) for (const object of objects.values()) all.push(object);
    return all;
  }

  /** An index of this name that exists already is kept. */
  addIndex(name: string, indexer: Indexer<T>): void {
    if (this.#indexes.has(name)) return;
    const index: Index<T> = { indexer, buckets: new Map() };
    for (const object of this.list()) reindex(index, undefined, object);
    this.#indexes.set(name, index);
  }

  byIndex(name: string, value: string): Iterable<T> {
    return this.#bucket(name, value).values();
  }

  /** How many `byIndex` would find. */
  countByIndex(name: string, value: string): number {
    return this.#bucket(name, value).size;
  }

  #bucket(name: string, value: string): ReadonlyMap<string, T> {
    const index = this.#indexes.get(name);
    if (!index) throw new Error(`there is no index ${name}`);
    return index.buckets.get(value) ?? NOTHING;
  }
}

function reindex<T extends KubeObject>(index: Index<T>, old: T | undefined, object: T | undefined): void {
  const before = old ? valuesOf(index, old) : [];
  const after = object ? valuesOf(index, object) : [];
  const key = objectKey((object ?? old)!);
  for (const value of before) if (!after.includes(value)) removeFrom(index.buckets, value, key);
  for (const value of after) {
    const bucket = index.buckets.get(value);
    if (bucket) bucket.set(key, object!);
    else index.buckets.set(value, new Map([[key, object!]]));
  }
}

function removeFrom<T>(buckets: Map<string, Map<string, T>>, value: string, key: string): void {
  const bucket = buckets.get(value);
  bucket?.delete(key);
  if (bucket?.size === 0) buckets.delete(value);
}

function valuesOf<T>(index: Index<T>, object: T): readonly string[] {
  const values = index.indexer(object);
  if (values === undefined) return [];
  return typeof values === 'string' ? [values] : values;
}

function objectKey(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}
