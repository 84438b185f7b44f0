import { apiVersionOf, type KubeObject } from '#apimachinery';
import { createInformer, type Informer } from './informer.ts';
import type { Client, ResourceType } from './types.ts';

/** Informers shared by all who need the same resource. All of them end when the factory's signal aborts. */
export interface InformerFactory {
  /** The resource's informer over all namespaces; started at the first call. */
  get<T extends KubeObject>(type: ResourceType<T>): Informer<T>;
  /** An informer of which only `metadata` may be relied on: one that exists already, else one that reads metadata alone. */
  metadata(type: ResourceType): Informer;
  /** Ends the resource's informer, if there is one, for all: its kind is no longer served. */
  stop(type: ResourceType): void;
}

interface Started {
  informer: Informer;
  stop: AbortController;
}

export function informerFactory(client: Client, signal: AbortSignal): InformerFactory {
  const full = new Map<string, Started>();
  const metadata = new Map<string, Started>();
  const start = (informers: Map<string, Started>, type: ResourceType): Informer => {
    const key = `${apiVersionOf(type)}/${type.resource}`;
    let started = informers.get(key);
    if (!started) {
      const stop = new AbortController();
      const informer = createInformer(client, type, { signal: AbortSignal.any([signal, stop.signal]) });
      informers.set(key, (started = { informer, stop }));
    }
    return started.informer;
  };
  return {
    get: <T extends KubeObject>(type: ResourceType<T>) => start(full, type) as unknown as Informer<T>,
    metadata: (type) => full.get(`${apiVersionOf(type)}/${type.resource}`)?.informer ?? start(metadata, { ...type, metadataOnly: true }),
    stop: (type) => {
      const key = `${apiVersionOf(type)}/${type.resource}`;
      for (const informers of [full, metadata]) {
        informers.get(key)?.stop.abort();
        informers.delete(key);
      }
    },
  };
}
