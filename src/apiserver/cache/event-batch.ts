import type { WatchEventType } from '#client';
import type { Entry } from './entry.ts';

/** A change as the cache saw it: `current` is absent after a deletion, `previous` before a creation. */
export interface CacheEvent {
  revision: number;
  previous: Entry | undefined;
  current: Entry | undefined;
  /** What a deletion is told with: the last object under the deletion's revision. */
  last: Entry | undefined;
}

/** What one watcher is told. */
export interface Delivery {
  type: Exclude<WatchEventType, 'BOOKMARK'>;
  entry: Entry;
}

/**
 * Changes handed to watchers together. Watchers that see all of them alike share the deliveries, and with them whatever
 * encodings are kept on the deliveries' array (see `shared`).
 */
export class EventBatch {
  readonly events: readonly CacheEvent[];
  readonly deliveries: readonly Delivery[];
  readonly #shared = new Map<string, Buffer>();

  constructor(events: readonly CacheEvent[]) {
    this.events = events;
    this.deliveries = events.map(plainDelivery);
  }

  /** The bytes of all deliveries in one encoding, made once for all watchers that want it. */
  shared(key: string, encode: (deliveries: readonly Delivery[]) => Buffer): Buffer {
    let bytes = this.#shared.get(key);
    if (bytes === undefined) this.#shared.set(key, (bytes = encode(this.deliveries)));
    return bytes;
  }
}

function plainDelivery(event: CacheEvent): Delivery {
  if (event.current === undefined) return { type: 'DELETED', entry: event.last as Entry };
  return { type: event.previous === undefined ? 'ADDED' : 'MODIFIED', entry: event.current };
}

/** What a watcher with a selector is told: objects that come into its view are ADDED, that leave it DELETED. */
export function filteredDelivery(event: CacheEvent, matches: (entry: Entry) => boolean): Delivery | undefined {
  const before = event.previous !== undefined && matches(event.previous);
  if (event.current === undefined) return before ? { type: 'DELETED', entry: event.last as Entry } : undefined;
  const now = matches(event.current);
  if (now) return { type: before ? 'MODIFIED' : 'ADDED', entry: event.current };
  return before ? { type: 'DELETED', entry: (event.previous as Entry).at(event.revision) } : undefined;
}
