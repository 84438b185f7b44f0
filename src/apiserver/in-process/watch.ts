import type { KubeObject } from '#apimachinery';
import type { WatchEvent, WatchOptions } from '#client';
import type { Delivery, Filter, Watcher } from '../cache/index.ts';
import { filterOf, revisionOf } from '../registry/list.ts';
import type { ServedResource } from '../registry/served-resource.ts';

/** Watches the cache without any encoding: the objects are the cache's own. */
export async function* watchInProcess<T extends KubeObject>(
  served: ServedResource,
  options: WatchOptions,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent<T>> {
  const { cache } = served.resource;
  const queue = new EventQueue<T>(filterOf(served, options.namespace ?? '', '', options), served, signal);
  const wanted = revisionOf(options.resourceVersion);
  const initial = options.sendInitialEvents === true || wanted === undefined || wanted === 0;
  await cache.fresh();
  const stop = await cache.watch(queue, initial ? undefined : wanted);
  if (options.sendInitialEvents === true) queue.add(bookmark(served, cache.revision));
  try {
    yield* queue.events();
  } finally {
    stop();
  }
}

function bookmark<T extends KubeObject>(served: ServedResource, revision: number): WatchEvent<T> {
  const object: KubeObject = {
    kind: served.kind,
    apiVersion: served.apiVersion,
    metadata: {
      name: '',
      resourceVersion: String(revision),
      annotations: { 'k8s.io/initial-events-end': 'true' },
    },
  };
  return { type: 'BOOKMARK', object: object as T };
}

/** Keeps deliveries until the reader comes for them. */
class EventQueue<T extends KubeObject> implements Watcher {
  readonly filter: Filter;
  readonly #served: ServedResource;
  readonly #signal: AbortSignal;
  #events: WatchEvent<T>[] = [];
  #ended = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(filter: Filter, served: ServedResource, signal: AbortSignal) {
    this.filter = filter;
    this.#served = served;
    this.#signal = signal;
  }

  deliver(deliveries: readonly Delivery[]): void {
    for (const { type, entry } of deliveries) this.#events.push({ type, object: entry.object as T });
    this.#wake?.();
  }

  add(event: WatchEvent<T>): void {
    this.#events.push(event);
    this.#wake?.();
  }

  end(error?: Error): void {
    this.#ended = true;
    this.#error = error;
    this.#wake?.();
  }

  async *events(): AsyncGenerator<WatchEvent<T>> {
    const onAbort = (): void => this.end();
    this.#signal.addEventListener('abort', onAbort, { once: true });
    try {
      for (;;) {
        const ready = this.#events;
        this.#events = [];
        const converting = this.#served.prepare(ready.map(({ object }) => object));
        if (converting !== undefined) await converting;
        for (const { type, object } of ready) {
          if (this.#signal.aborted) return;
          yield { type, object: (type === 'BOOKMARK' ? object : this.#served.fromStorage(object)) as T };
        }
        if (this.#events.length > 0) continue;
        if (this.#ended || this.#signal.aborted) break;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
      }
      if (this.#error !== undefined) throw this.#error;
    } finally {
      this.#signal.removeEventListener('abort', onAbort);
    }
  }
}
