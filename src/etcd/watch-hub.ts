import { CompactedError } from './errors.ts';
import { contains, NO_END, prefixEnd } from './key-range.ts';
import type { EtcdEvent, Watcher, WatchHandlers, WatchRequest } from './types.ts';

/** Bytes of history handed to a watcher that catches up, before others get their turn. */
const CATCH_UP_BYTES = 4 * 1024 * 1024;

/** Where watchers that start in the past, or could not keep up, read what they have missed. */
export interface History {
  readonly revision: number;
  readonly compactRevision: number;
  history(from: number): Iterable<{ revision: number; events: EtcdEvent[]; bytes: number }>;
}

/**
 * Hands each batch of events to the watchers whose range holds their keys. Watchers of one key, and of a prefix that ends
 * in a slash, are found by looking up the key's own segments; only the others are tried one by one.
 */
export class WatchHub {
  readonly #history: History;
  readonly #exact = new Map<string, Set<RangeWatcher>>();
  readonly #prefixes = new Map<string, Set<RangeWatcher>>();
  readonly #others = new Set<RangeWatcher>();
  readonly #all = new Set<RangeWatcher>();
  #batch: EtcdEvent[] = [];
  readonly #touched = new Set<RangeWatcher>();

  constructor(history: History) {
    this.#history = history;
  }

  get size(): number {
    return this.#all.size;
  }

  add(request: WatchRequest, handlers: WatchHandlers): Watcher {
    const watcher = new RangeWatcher(request, handlers, this.#history, {
      join: () => this.#shelf(request)(true).add(watcher),
      leave: () => this.#leave(watcher),
      gone: () => {
        this.#leave(watcher);
        this.#all.delete(watcher);
      },
    });
    this.#all.add(watcher);
    watcher.start();
    return watcher;
  }

  /** Takes the events of one revision; they are delivered by `flush`. */
  publish(events: readonly EtcdEvent[]): void {
    if (this.#all.size > 0) for (const event of events) this.#batch.push(event);
  }

  flush(): void {
    if (this.#batch.length === 0) return;
    const batch = this.#batch;
    this.#batch = [];
    for (const event of batch) this.#route(event);
    const { revision } = this.#history;
    for (const watcher of this.#touched) watcher.deliver(revision);
    this.#touched.clear();
  }

  end(error: Error): void {
    for (const watcher of this.#all) watcher.end(error);
  }

  #route(event: EtcdEvent): void {
    const { key } = event;
    this.#offer(this.#exact.get(key), event);
    if (this.#prefixes.size > 0) {
      for (let slash = key.indexOf('/'); slash >= 0; slash = key.indexOf('/', slash + 1)) {
        this.#offer(this.#prefixes.get(key.slice(0, slash + 1)), event);
      }
    }
    for (const watcher of this.#others) if (contains(watcher.request, key)) this.#give(watcher, event);
  }

  #offer(watchers: Set<RangeWatcher> | undefined, event: EtcdEvent): void {
    if (watchers !== undefined) for (const watcher of watchers) this.#give(watcher, event);
  }

  #give(watcher: RangeWatcher, event: EtcdEvent): void {
    if (watcher.take(event)) this.#touched.add(watcher);
  }

  /** Where the watchers of a range are kept; called with true it makes the place. */
  #shelf({ key, rangeEnd }: WatchRequest): (make: boolean) => Set<RangeWatcher> {
    const map =
      rangeEnd === undefined
        ? this.#exact
        : key.endsWith('/') && rangeEnd !== NO_END && rangeEnd === prefixEnd(key)
          ? this.#prefixes
          : undefined;
    return (make) => {
      if (map === undefined) return this.#others;
      const shelf = map.get(key) ?? new Set();
      if (make) map.set(key, shelf);
      return shelf;
    };
  }

  #leave(watcher: RangeWatcher): void {
    const shelf = this.#shelf(watcher.request)(false);
    shelf.delete(watcher);
    this.#touched.delete(watcher);
    if (shelf.size > 0) return;
    const { key, rangeEnd } = watcher.request;
    (rangeEnd === undefined ? this.#exact : this.#prefixes).delete(key);
  }
}

interface Place {
  join(): void;
  leave(): void;
  gone(): void;
}

/** Either synced (gets events as they happen), catching up from the history, or stopped by its receiver. */
class RangeWatcher implements Watcher {
  readonly request: WatchRequest;
  readonly #handlers: WatchHandlers;
  readonly #history: History;
  readonly #place: Place;
  #events: EtcdEvent[] = [];
  #delivered: number;
  #state: 'synced' | 'behind' | 'stopped' | 'ended' = 'behind';

  constructor(request: WatchRequest, handlers: WatchHandlers, history: History, place: Place) {
    this.request = request;
    this.#handlers = handlers;
    this.#history = history;
    this.#place = place;
    this.#delivered = request.startRevision ? request.startRevision - 1 : history.revision;
  }

  get progress(): number {
    return this.#state === 'synced' ? Math.max(this.#history.revision, this.#delivered) : this.#delivered;
  }

  get synced(): boolean {
    return this.#state === 'synced';
  }

  start(): void {
    // Before anything else can be written, unless the past is long.
    if (this.#delivered >= this.#history.revision) this.#join();
    else queueMicrotask(() => this.#catchUp());
  }

  /** Keeps the event for `deliver` if it is one of its own. */
  take(event: EtcdEvent): boolean {
    if (!this.#wants(event)) return false;
    this.#events.push(event);
    return true;
  }

  deliver(revision: number): void {
    if (this.#events.length === 0) return;
    const events = this.#events;
    this.#events = [];
    this.#send(events, revision);
  }

  resume(): void {
    if (this.#state !== 'stopped') return;
    this.#state = 'behind';
    this.start();
  }

  end(error: Error): void {
    if (this.#state === 'ended') return;
    this.close();
    this.#handlers.onEnd?.(error);
  }

  close(): void {
    this.#state = 'ended';
    this.#place.gone();
  }

  #join(): void {
    this.#state = 'synced';
    this.#place.join();
  }

  #wants(event: EtcdEvent): boolean {
    if (event.modRevision <= this.#delivered) return false;
    return !(event.type === 'put' ? this.request.noPut : this.request.noDelete);
  }

  #send(events: EtcdEvent[], revision: number): void {
    this.#delivered = revision;
    let flows: void | false;
    try {
      flows = events.length > 0 ? this.#handlers.onEvents(events, revision) : undefined;
    } catch (error) {
      return this.end(error as Error);
    }
    if (flows === false && (this.#state === 'synced' || this.#state === 'behind')) {
      if (this.#state === 'synced') this.#place.leave();
      this.#state = 'stopped';
    }
  }

  #catchUp(): void {
    if (this.#state !== 'behind') return;
    const from = this.#delivered + 1;
    if (from < this.#history.compactRevision) return this.end(new CompactedError(this.#history.compactRevision));
    const { events, reached } = this.#missed(from);
    this.#send(events, reached);
    if (this.#state !== 'behind') return;
    if (reached >= this.#history.revision) this.#join();
    else setImmediate(() => this.#catchUp());
  }

  #missed(from: number): { events: EtcdEvent[]; reached: number } {
    const missed: EtcdEvent[] = [];
    let bytes = 0;
    for (const { revision, events, bytes: size } of this.#history.history(from)) {
      for (const event of events) if (contains(this.request, event.key) && this.#wants(event)) missed.push(event);
      bytes += size;
      if (bytes >= CATCH_UP_BYTES) return { events: missed, reached: revision };
    }
    return { events: missed, reached: this.#history.revision };
  }
}
