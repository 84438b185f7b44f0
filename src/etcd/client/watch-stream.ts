import type { ClientDuplexStream } from '@grpc/grpc-js';
import { CompactedError } from '../errors.ts';
import { toNumber, type WireEvent, type WireWatchRequest, type WireWatchResponse } from '../rpc/messages.ts';
import type { EtcdEvent, KeyRange } from '../types.ts';
import { eventFrom, wireRangeOf } from './convert.ts';
import type { Endpoints } from './endpoints.ts';

const CALL = { service: 'Watch', method: 'Watch', request: 'WatchRequest', response: 'WatchResponse' };
const RETRY_MS = [50, 100, 250, 500, 1000];
/** The id of answers that concern the whole stream. */
const EVERY_WATCH = -1;

export interface RemoteWatchHandlers {
  onEvents(events: readonly EtcdEvent[], revision: number): void;
  /** All events up to `revision` have been delivered. */
  onProgress(revision: number): void;
}

interface Watch {
  range: KeyRange;
  handlers: RemoteWatchHandlers;
  /** All up to this revision has been delivered. */
  delivered: number;
  created: boolean;
  parts: WireEvent[];
  settle(error?: unknown): void;
}

type Stream = ClientDuplexStream<WireWatchRequest, WireWatchResponse>;

/**
 * All watches of one client, over one stream. When it breaks, a stream to the next endpoint takes over, and each watch
 * goes on behind the last revision that it has delivered.
 */
export class WatchStream {
  readonly #endpoints: Endpoints;
  readonly #watches = new Map<number, Watch>();
  #stream: Stream | undefined;
  #nextId = 1;
  #retry: NodeJS.Timeout | undefined;
  #failures = 0;
  #closed = false;

  constructor(endpoints: Endpoints) {
    this.#endpoints = endpoints;
  }

  /** Resolves when `signal` aborts or the client is closed; rejects with CompactedError. */
  watch(range: KeyRange, after: number, handlers: RemoteWatchHandlers, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#closed) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      const stop = () => this.#drop(id)?.settle();
      const settle = (error?: unknown) => {
        signal.removeEventListener('abort', stop);
        if (error === undefined) resolve();
        else reject(error);
      };
      signal.addEventListener('abort', stop);
      this.#watches.set(id, { range, handlers, delivered: after, created: false, parts: [], settle });
      if (this.#stream !== undefined) this.#create(this.#stream, id);
      else if (this.#retry === undefined) this.#connect();
    });
  }

  requestProgress(): void {
    this.#stream?.write({ progress_request: {} });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#stream?.cancel();
    for (const id of this.#watches.keys()) this.#drop(id)?.settle();
  }

  #connect(): void {
    this.#retry = undefined;
    if (this.#closed || this.#watches.size === 0) return;
    const { stream, index } = this.#endpoints.stream<WireWatchRequest, WireWatchResponse>(CALL);
    this.#stream = stream;
    const broken = () => {
      if (this.#stream !== stream) return;
      this.#stream = undefined;
      this.#endpoints.failed(index);
      this.#reconnect();
    };
    stream.on('data', (response: WireWatchResponse) => this.#receive(response, broken));
    stream.on('error', broken);
    stream.on('end', broken);
    for (const id of this.#watches.keys()) this.#create(stream, id);
  }

  #reconnect(): void {
    for (const watch of this.#watches.values()) {
      watch.created = false;
      watch.parts = [];
    }
    if (this.#closed || this.#watches.size === 0) return;
    const delay = RETRY_MS[Math.min(this.#failures++, RETRY_MS.length - 1)] as number;
    this.#retry = setTimeout(() => this.#connect(), delay);
  }

  #create(stream: Stream, id: number): void {
    const { range, delivered } = this.#watches.get(id) as Watch;
    stream.write({
      create_request: {
        ...wireRangeOf(range),
        start_revision: delivered + 1,
        progress_notify: true,
        prev_kv: true,
        watch_id: id,
        fragment: true,
      },
    });
  }

  #drop(id: number): Watch | undefined {
    const watch = this.#watches.get(id);
    this.#watches.delete(id);
    if (watch === undefined) return undefined;
    if (this.#watches.size > 0) this.#stream?.write({ cancel_request: { watch_id: id } });
    else {
      const stream = this.#stream;
      this.#stream = undefined;
      stream?.cancel();
    }
    return watch;
  }

  #receive(response: WireWatchResponse, broken: () => void): void {
    this.#failures = 0;
    const id = toNumber(response.watch_id);
    const revision = toNumber(response.header.revision);
    if (id === EVERY_WATCH && !response.created) return this.#progressOfAll(revision);
    const watch = this.#watches.get(id);
    if (watch === undefined) return;
    if (response.canceled) return this.#canceled(id, response, broken);
    if (response.created) watch.created = true;
    else if (response.events?.length) this.#deliver(watch, response, response.events);
    else this.#progress(watch, revision);
  }

  #canceled(id: number, response: WireWatchResponse, broken: () => void): void {
    const compactRevision = toNumber(response.compact_revision);
    if (compactRevision > 0) return this.#drop(id)?.settle(new CompactedError(compactRevision));
    // The member has lost its leader, or is going down: another may do.
    const stream = this.#stream;
    broken();
    stream?.cancel();
  }

  #deliver(watch: Watch, response: WireWatchResponse, events: WireEvent[]): void {
    const all = watch.parts.length > 0 ? [...watch.parts, ...events] : events;
    watch.parts = response.fragment ? all : [];
    if (response.fragment) return;
    const fresh = all.map(eventFrom).filter(({ modRevision }) => modRevision > watch.delivered);
    const last = fresh.at(-1);
    if (last === undefined) return;
    watch.delivered = last.modRevision;
    watch.handlers.onEvents(fresh, last.modRevision);
  }

  #progressOfAll(revision: number): void {
    for (const watch of this.#watches.values()) if (watch.created) this.#progress(watch, revision);
  }

  #progress(watch: Watch, revision: number): void {
    if (revision < watch.delivered || !watch.created) return;
    watch.delivered = revision;
    watch.handlers.onProgress(revision);
  }
}
