import type { KubeObject } from '#apimachinery';
import { EventBatch, filteredDelivery, type CacheEvent, type Delivery } from './event-batch.ts';
import { accepts, type Filter } from './filter.ts';

/** Somebody who follows a resource. Called synchronously; whoever throws is ended. */
export interface Watcher {
  readonly filter: Filter;
  /** `batch` is present when the watcher is told everything in it: then its shared encodings may be used. */
  deliver(deliveries: readonly Delivery[], batch: EventBatch | undefined): void;
  /** Nothing more comes; `error` says why, if something is wrong. */
  end(error?: Error): void;
}

type FieldReader = (object: KubeObject) => string;

/** Sets of watchers by a key; empty sets are not kept. */
class Groups {
  readonly #sets = new Map<string, Set<Watcher>>();

  get isEmpty(): boolean {
    return this.#sets.size === 0;
  }

  get(key: string): Iterable<Watcher> {
    return this.#sets.get(key) ?? [];
  }

  has(key: string): boolean {
    return this.#sets.has(key);
  }

  add(key: string, watcher: Watcher): void {
    const set = this.#sets.get(key);
    if (set === undefined) this.#sets.set(key, new Set([watcher]));
    else set.add(watcher);
  }

  delete(key: string, watcher: Watcher): void {
    const set = this.#sets.get(key);
    set?.delete(watcher);
    if (set?.size === 0) this.#sets.delete(key);
  }

  *all(): Iterable<Watcher> {
    for (const set of this.#sets.values()) yield* set;
  }
}

/** The watchers of one resource, found by what they follow, so that a change costs only the watchers that it concerns. */
export class Watchers {
  readonly #fields: Readonly<Record<string, FieldReader>>;
  readonly #everything = new Set<Watcher>();
  /** By namespace; of those without further conditions. */
  readonly #namespaces = new Groups();
  /** By `namespace/name`. */
  readonly #objects = new Groups();
  /** By `field=value`. */
  readonly #values = new Groups();
  readonly #watchedFields = new Map<string, number>();
  readonly #filtered = new Set<Watcher>();
  #size = 0;

  constructor(fields: Readonly<Record<string, FieldReader>>) {
    this.#fields = fields;
  }

  get size(): number {
    return this.#size;
  }

  add(watcher: Watcher): void {
    this.#size++;
    const { namespace, name, matches } = watcher.filter;
    const field = this.#fieldOf(watcher.filter);
    if (field !== undefined) {
      this.#values.add(`${field.field}=${field.value}`, watcher);
      this.#watchedFields.set(field.field, (this.#watchedFields.get(field.field) ?? 0) + 1);
    } else if (namespace !== undefined && name !== undefined) this.#objects.add(`${namespace}/${name}`, watcher);
    else if (name !== undefined || matches !== undefined) this.#filtered.add(watcher);
    else if (namespace !== undefined) this.#namespaces.add(namespace, watcher);
    else this.#everything.add(watcher);
  }

  delete(watcher: Watcher): void {
    this.#size--;
    const { namespace = '', name = '' } = watcher.filter;
    const field = this.#fieldOf(watcher.filter);
    if (field !== undefined) {
      this.#values.delete(`${field.field}=${field.value}`, watcher);
      const left = (this.#watchedFields.get(field.field) ?? 1) - 1;
      if (left === 0) this.#watchedFields.delete(field.field);
      else this.#watchedFields.set(field.field, left);
      return;
    }
    this.#objects.delete(`${namespace}/${name}`, watcher);
    this.#namespaces.delete(namespace, watcher);
    this.#filtered.delete(watcher);
    this.#everything.delete(watcher);
  }

  *all(): Iterable<Watcher> {
    yield* this.#everything;
    yield* this.#filtered;
    yield* this.#namespaces.all();
    yield* this.#objects.all();
    yield* this.#values.all();
  }

  dispatch(events: readonly CacheEvent[]): void {
    if (events.length === 0 || this.#size === 0) return;
    const batch = new EventBatch(events);
    for (const watcher of this.#everything) tell(watcher, batch.deliveries, batch);
    for (const watcher of this.#filtered) deliverFiltered(watcher, batch, events);
    if (!this.#namespaces.isEmpty) this.#dispatchByNamespace(batch);
    if (!this.#objects.isEmpty)
      this.#dispatchByPlace(this.#objects, batch, (event) => `${entryOf(event).namespace}/${entryOf(event).name}`);
    for (const field of this.#watchedFields.keys()) this.#dispatchByField(field, batch);
  }

  /** All who follow one namespace are told the same, and share its encoding. */
  #dispatchByNamespace(batch: EventBatch): void {
    for (const [namespace, events] of grouped(batch.events, this.#namespaces, (event) => entryOf(event).namespace)) {
      const part = events.length === batch.events.length ? batch : new EventBatch(events);
      for (const watcher of this.#namespaces.get(namespace)) tell(watcher, part.deliveries, part);
    }
  }

  #dispatchByPlace(groups: Groups, batch: EventBatch, keyOf: (event: CacheEvent) => string): void {
    for (const [key, events] of grouped(batch.events, groups, keyOf))
      for (const watcher of groups.get(key)) deliverFiltered(watcher, batch, events);
  }

  #dispatchByField(field: string, batch: EventBatch): void {
    const read = this.#fields[field] as FieldReader;
    const concerned = new Map<string, CacheEvent[]>();
    for (const event of batch.events) {
      const now = event.current && read(event.current.object);
      const before = event.previous && read(event.previous.object);
      for (const value of now === before ? [now] : [now, before]) {
        if (value === undefined) continue;
        const key = `${field}=${value}`;
        if (this.#values.has(key)) pushTo(concerned, key, event);
      }
    }
    for (const [key, events] of concerned) for (const watcher of this.#values.get(key)) deliverFiltered(watcher, batch, events);
  }

  #fieldOf({ exact }: Filter): Filter['exact'] {
    return exact !== undefined && this.#fields[exact.field] !== undefined ? exact : undefined;
  }
}

function entryOf(event: CacheEvent): NonNullable<CacheEvent['current']> {
  return (event.current ?? event.previous) as NonNullable<CacheEvent['current']>;
}

function pushTo<K>(map: Map<K, CacheEvent[]>, key: K, event: CacheEvent): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [event]);
  else list.push(event);
}

/** The events that anybody of `groups` follows, by key. */
function grouped(events: readonly CacheEvent[], groups: Groups, keyOf: (event: CacheEvent) => string): Map<string, CacheEvent[]> {
  const found = new Map<string, CacheEvent[]>();
  for (const event of events) {
    const key = keyOf(event);
    if (groups.has(key)) pushTo(found, key, event);
  }
  return found;
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
  if (deliveries.length > 0) tell(watcher, deliveries, plain ? batch : undefined);
}

/** A watcher that cannot take what it is told is its own problem: it ends, and the others are told. */
function tell(watcher: Watcher, deliveries: readonly Delivery[], batch: EventBatch | undefined): void {
  try {
    watcher.deliver(deliveries, batch);
  } catch (error) {
    watcher.end(error instanceof Error ? error : new Error(String(error)));
  }
}
