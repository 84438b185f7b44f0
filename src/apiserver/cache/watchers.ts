import type { KubeObject } from '#apimachinery';
import { EventBatch, filteredDelivery, type CacheEvent, type Delivery } from './event-batch.ts';
import { accepts, type Filter } from './filter.ts';

/** Somebody who follows a resource. Called synchronously; must not throw. */
export interface Watcher {
  readonly filter: Filter;
  /** `batch` is present when the watcher is told everything in it: then its shared encodings may be used. */
  deliver(deliveries: readonly Delivery[], batch: EventBatch | undefined): void;
  /** Nothing more comes; `error` says why, if something is wrong. */
  end(error?: Error): void;
}

type FieldReader = (object: KubeObject) => string;

/** The watchers of one resource, found by what they follow, so that a change costs only the watchers that it concerns. */
export class Watchers {
  readonly #fields: Readonly<Record<string, FieldReader>>;
  readonly #everything = new Set<Watcher>();
  readonly #filtered = new Set<Watcher>();
  readonly #byField = new Map<string, Map<string, Set<Watcher>>>();

  constructor(fields: Readonly<Record<string, FieldReader>>) {
    this.#fields = fields;
  }

  get size(): number {
    let size = this.#everything.size + this.#filtered.size;
    for (const values of this.#byField.values()) for (const set of values.values()) size += set.size;
    return size;
  }

  add(watcher: Watcher): void {
    this.#home(watcher, true)?.add(watcher);
  }

  delete(watcher: Watcher): void {
    const home = this.#home(watcher, false);
    home?.delete(watcher);
    const exact = watcher.filter.exact;
    if (home?.size === 0 && exact !== undefined) this.#byField.get(exact.field)?.delete(exact.value);
  }

  *all(): Iterable<Watcher> {
    yield* this.#everything;
    yield* this.#filtered;
    for (const values of this.#byField.values()) for (const set of values.values()) yield* set;
  }

  dispatch(events: readonly CacheEvent[]): void {
    if (events.length === 0) return;
    const batch = new EventBatch(events);
    for (const watcher of this.#everything) watcher.deliver(batch.deliveries, batch);
    for (const watcher of this.#filtered) deliverFiltered(watcher, batch, events);
    for (const [field, values] of this.#byField) this.#dispatchByField(field, values, batch);
  }

  #dispatchByField(field: string, values: Map<string, Set<Watcher>>, batch: EventBatch): void {
    const read = this.#fields[field];
    if (read === undefined) return;
    const concerned = new Map<Watcher, CacheEvent[]>();
    for (const event of batch.events) {
      const now = event.current && read(event.current.object);
      const before = event.previous && read(event.previous.object);
      for (const value of now === before ? [now] : [now, before]) {
        if (value === undefined) continue;
        for (const watcher of values.get(value) ?? []) {
          const list = concerned.get(watcher);
          if (list === undefined) concerned.set(watcher, [event]);
          else list.push(event);
        }
      }
    }
    for (const [watcher, events] of concerned) deliverFiltered(watcher, batch, events);
  }

  #home(watcher: Watcher, create: boolean): Set<Watcher> | undefined {
    const { namespace, name, matches, exact } = watcher.filter;
    if (exact !== undefined && this.#fields[exact.field] !== undefined) {
      let values = this.#byField.get(exact.field);
      if (values === undefined && create) this.#byField.set(exact.field, (values = new Map()));
      let set = values?.get(exact.value);
      if (set === undefined && create) values?.set(exact.value, (set = new Set()));
      return set;
    }
    return namespace === undefined && name === undefined && matches === undefined ? this.#everything : this.#filtered;
  }
}

function deliverFiltered(watcher: Watcher, batch: EventBatch, events: readonly CacheEvent[]): void {
  const deliveries: Delivery[] = [];
  let plain = events.length === batch.events.length;
  for (const [index, event] of events.entries()) {
    const delivery = filteredDelivery(event, (entry) => accepts(watcher.filter, entry));
    if (delivery === undefined) plain = false;
    else {
      plain &&= delivery.type === batch.deliveries[index]?.type;
      deliveries.push(delivery);
    }
  }
  if (deliveries.length > 0) watcher.deliver(deliveries, plain ? batch : undefined);
}
