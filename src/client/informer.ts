import { isGone, type KubeObject } from '#apimachinery';
import { Backoff, delay } from './delay.ts';
import { ObjectStore, type Indexer } from './object-store.ts';
import type { Client, ResourceType, WatchEvent } from './types.ts';

/** What to do about changes. Objects are shared: never change them. Handlers run in the order in which they were added. */
export interface InformerHandlers<T extends KubeObject> {
  add?(object: T): void;
  update?(object: T, old: T): void;
  /** The last state that was seen. */
  delete?(object: T): void;
}

/** A live copy of a resource's objects. */
export interface Informer<T extends KubeObject = KubeObject> {
  readonly type: ResourceType<T>;
  readonly hasSynced: boolean;
  /** Resolves after the first list (or after the abort, with nothing to read). */
  readonly synced: Promise<void>;
  /** All changes up to this revision are in the copy: `''` before the first list. */
  readonly resourceVersion: string;
  readonly size: number;
  get(name: string, namespace?: string): T | undefined;
  /** The objects of one namespace, or all. */
  list(namespace?: string): T[];
  /** Objects for which the index's function gave this value. Throws for an unknown index. */
  byIndex(index: string, value: string): Iterable<T>;
  countByIndex(index: string, value: string): number;
  /** Adds an index, unless there is one of this name. */
  addIndex(name: string, indexer: Indexer<T>): void;
  /** Objects already known are reported as added, at once. Returns the way to remove the handlers. */
  addHandlers(handlers: InformerHandlers<T>): () => void;
}

export interface InformerOptions<T extends KubeObject> {
  /** All namespaces when absent. */
  namespace?: string;
  fieldSelector?: string;
  labelSelector?: string;
  indexers?: Record<string, Indexer<T>>;
  signal: AbortSignal;
  /** Hears of handlers that threw and of lists and watches that failed. Default: handlers' failures go to standard error. */
  onError?(error: unknown, during: 'handler' | 'list' | 'watch'): void;
}

/** Lists and watches a resource until `signal` aborts: resumes, lists again when the revision is gone, backs off from errors. */
export function createInformer<T extends KubeObject>(client: Client, type: ResourceType<T>, options: InformerOptions<T>): Informer<T> {
  const informer = new ListWatchInformer(client, type, options);
  void informer.run();
  return informer;
}

/** A watch that lasted this long has shown that the server is well. */
const HEALTHY_MS = 5_000;

class ListWatchInformer<T extends KubeObject> implements Informer<T> {
  readonly type: ResourceType<T>;
  readonly synced: Promise<void>;
  hasSynced = false;
  resourceVersion = '';
  readonly #client: Client;
  readonly #options: InformerOptions<T>;
  readonly #store = new ObjectStore<T>();
  readonly #handlers = new Set<InformerHandlers<T>>();
  readonly #backoff = new Backoff({ initial: 800, max: 30_000, jitter: 1 });
  #resolveSynced: () => void;
  /** Where a list may start from: any revision at first; after a 410, `''`: only the newest. */
  #listFrom = '0';

  constructor(client: Client, type: ResourceType<T>, options: InformerOptions<T>) {
    this.type = type;
    this.#client = client;
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.synced = promise;
    this.#resolveSynced = resolve;
    for (const [name, indexer] of Object.entries(options.indexers ?? {})) this.#store.addIndex(name, indexer);
  }

  get size(): number {
    return this.#store.size;
  }

  get(name: string, namespace?: string): T | undefined {
    return this.#store.get(name, namespace);
  }

  list(namespace?: string): T[] {
    return this.#store.list(namespace);
  }

  byIndex(index: string, value: string): Iterable<T> {
    return this.#store.byIndex(index, value);
  }

  countByIndex(index: string, value: string): number {
    return this.#store.countByIndex(index, value);
  }

  addIndex(name: string, indexer: Indexer<T>): void {
    this.#store.addIndex(name, indexer);
  }

  addHandlers(handlers: InformerHandlers<T>): () => void {
    this.#handlers.add(handlers);
    if (handlers.add) for (const object of this.#store.list()) this.#call(() => handlers.add!(object));
    return () => this.#handlers.delete(handlers);
  }

  async run(): Promise<void> {
    const { signal } = this.#options;
    let mustList = true;
    while (!signal.aborted) {
      const started = Date.now();
      try {
        if (mustList) await this.#relist();
        mustList = false;
        await this.#follow();
        if (Date.now() - started > HEALTHY_MS) {
          this.#backoff.reset();
          continue;
        }
      } catch (error) {
        if (signal.aborted) break;
        this.#options.onError?.(error, mustList ? 'list' : 'watch');
        if (isGone(error)) {
          mustList = true;
          this.#listFrom = '';
        }
      }
      await delay(this.#backoff.next(), signal);
    }
    this.#resolveSynced();
  }

  async #relist(): Promise<void> {
    const { namespace, fieldSelector, labelSelector, signal } = this.#options;
    const list = await this.#client
      .resource(this.type)
      .list({ namespace, fieldSelector, labelSelector, resourceVersion: this.#listFrom, signal });
    if (signal.aborted) return;
    this.#replace(list.items);
    this.resourceVersion = list.metadata.resourceVersion ?? '';
    this.hasSynced = true;
    this.#resolveSynced();
  }

  #replace(items: readonly T[]): void {
    const gone = new Set(this.#store.list());
    for (const item of items) {
      const { name, namespace } = item.metadata;
      const old = this.#store.get(name, namespace);
      if (old) gone.delete(old);
      if (old?.metadata.resourceVersion !== item.metadata.resourceVersion || !old) this.#put(item);
    }
    for (const object of gone) this.#remove(object);
  }

  async #follow(): Promise<void> {
    const { namespace, fieldSelector, labelSelector, signal } = this.#options;
    const events = this.#client.resource(this.type).watch({
      namespace,
      fieldSelector,
      labelSelector,
      signal,
      resourceVersion: this.resourceVersion,
      allowWatchBookmarks: true,
      timeoutSeconds: 300 + Math.floor(Math.random() * 300),
    });
    for await (const event of events) {
      if (signal.aborted) return;
      this.#apply(event);
    }
  }

  #apply(event: WatchEvent<T>): void {
    const { object } = event;
    if (event.type === 'DELETED') this.#remove(object);
    else if (event.type !== 'BOOKMARK') this.#put(object);
    const { resourceVersion } = object.metadata;
    if (resourceVersion) this.resourceVersion = resourceVersion;
  }

  #put(object: T): void {
    const old = this.#store.set(object);
    for (const handlers of this.#handlers) {
      if (!old) {
        if (handlers.add) this.#call(() => handlers.add!(object));
      } else if (old.metadata.uid !== object.metadata.uid) {
        // Deleted and made anew between two looks.
        this.#call(() => handlers.delete?.(old));
        this.#call(() => handlers.add?.(object));
      } else if (handlers.update) {
        this.#call(() => handlers.update!(object, old));
      }
    }
  }

  #remove(object: T): void {
    const old = this.#store.delete(object.metadata.name, object.metadata.namespace);
    if (!old) return;
    for (const handlers of this.#handlers) if (handlers.delete) this.#call(() => handlers.delete!(object));
  }

  #call(handler: () => void): void {
    try {
      handler();
    } catch (error) {
      if (this.#options.onError) this.#options.onError(error, 'handler');
      else console.error(`informer of ${this.type.resource}:`, error);
    }
  }
}
