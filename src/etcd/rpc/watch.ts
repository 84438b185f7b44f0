import type { ServerDuplexStream } from '@grpc/grpc-js';
import { CompactedError } from '../errors.ts';
import { contains } from '../key-range.ts';
import type { EtcdEvent, KeyRange, Watcher } from '../types.ts';
import { rangeOf, wireEvent } from './convert.ts';
import { header, type ServiceGround } from './identity.ts';
import { codec, type EncodedWatchResponse, toNumber, type WireEvent, type WireWatchCreate, type WireWatchRequest } from './messages.ts';

/** A response is cut into fragments beyond this, for those that can put them together (1.5 MiB, etcd's request limit). */
const FRAGMENT_BYTES = 1536 * 1024;
/** An idle watch that wants to know its progress is told this often, unless the server is told otherwise. */
export const PROGRESS_INTERVAL_MS = 10 * 60_000;

/**
 * Bytes that a slow client may leave unread before its watches stop: from then on they read back what they have missed,
 * each for itself, which is much more work than handing out what all get.
 */
const UNREAD_BYTES = 8 * 1024 * 1024;

type Stream = ServerDuplexStream<WireWatchRequest, EncodedWatchResponse>;

const eventCodec = codec<WireEvent>('Event');
const encoded = { plain: new WeakMap<EtcdEvent, Buffer>(), withPrevious: new WeakMap<EtcdEvent, Buffer>() };

/** An event's bytes, the same for all watches that want the same of it. */
function encode(event: EtcdEvent, withPrevious: boolean): Buffer {
  const known = withPrevious ? encoded.withPrevious : encoded.plain;
  let bytes = known.get(event);
  if (bytes === undefined) {
    bytes = eventCodec.encode(wireEvent(event, withPrevious));
    known.set(event, bytes);
  }
  return bytes;
}

/** Serves one stream, which carries any number of watches. */
export function serveWatches(ground: ServiceGround, stream: Stream, progressIntervalMs: number): void {
  const watches = new WatchStream(ground, stream, progressIntervalMs);
  stream.on('data', (request: WireWatchRequest) => watches.receive(request));
  stream.on('end', () => {
    watches.close();
    stream.end();
  });
  for (const gone of ['cancelled', 'error', 'close']) stream.on(gone, () => watches.close());
}

interface OpenWatch {
  watcher: Watcher;
  progressNotify: boolean;
  /** Something has been sent since the last look. */
  busy: boolean;
}

class WatchStream {
  readonly #ground: ServiceGround;
  readonly #stream: Stream;
  readonly #watches = new Map<number, OpenWatch>();
  readonly #progressTimer: NodeJS.Timeout;
  #nextId = 0;
  #unread = 0;

  constructor(ground: ServiceGround, stream: Stream, progressIntervalMs: number) {
    this.#ground = ground;
    this.#stream = stream;
    this.#progressTimer = setInterval(() => this.#notifyIdle(), progressIntervalMs);
    this.#progressTimer.unref();
  }

  receive(request: WireWatchRequest): void {
    if (request.create_request) this.#create(request.create_request);
    else if (request.cancel_request) this.#cancel(toNumber(request.cancel_request.watch_id));
    else if (request.progress_request) this.#reportProgress();
  }

  close(): void {
    clearInterval(this.#progressTimer);
    for (const { watcher } of this.#watches.values()) watcher.close();
    this.#watches.clear();
  }

  #create(request: WireWatchCreate): void {
    const wanted = toNumber(request.watch_id);
    if (wanted !== 0 && this.#watches.has(wanted)) return this.#refuse('mvcc: duplicate watch ID provided on the WatchStream');
    const range = watchedRange(request);
    if (range === undefined) return this.#refuse('');
    const id = wanted || this.#freeId();
    this.#send({ watch_id: id, created: true });
    const watcher = this.#ground.etcd.watch(
      {
        ...range,
        startRevision: toNumber(request.start_revision),
        noPut: request.filters?.includes(0),
        noDelete: request.filters?.includes(1),
      },
      {
        onEvents: (events) => this.#deliver(id, request, events),
        onEnd: (error) => this.#ended(id, error),
      },
    );
    this.#watches.set(id, { watcher, progressNotify: request.progress_notify === true, busy: false });
  }

  #refuse(reason: string): void {
    this.#send({ watch_id: -1, created: true, canceled: true, cancel_reason: reason });
  }

  #cancel(id: number): void {
    const watch = this.#watches.get(id);
    if (watch === undefined) return;
    this.#watches.delete(id);
    watch.watcher.close();
    this.#send({ watch_id: id, canceled: true });
  }

  #ended(id: number, error: Error): void {
    this.#watches.delete(id);
    if (error instanceof CompactedError) {
      const reason = 'etcdserver: mvcc: required revision has been compacted';
      this.#send({ watch_id: id, canceled: true, compact_revision: error.compactRevision, cancel_reason: reason });
    } else this.#send({ watch_id: id, canceled: true, cancel_reason: error.message });
  }

  /** False when the stream is full: the events after these stay in the history until it has drained. */
  #deliver(id: number, request: WireWatchCreate, events: readonly EtcdEvent[]): false | void {
    const watch = this.#watches.get(id);
    if (watch !== undefined) watch.busy = true;
    const wire = events.map((event) => encode(event, request.prev_kv === true));
    const parts = request.fragment ? fragments(wire) : [wire];
    parts.forEach((part, index) => this.#send({ watch_id: id, events: part, fragment: index < parts.length - 1 }));
    if (this.#unread > UNREAD_BYTES) return false;
  }

  /** For the stream as a whole: the revision that all its watches have reached. */
  #reportProgress(): void {
    const watches = [...this.#watches.values()];
    if (watches.every(({ watcher }) => watcher.synced)) this.#send({ watch_id: -1 });
  }

  #notifyIdle(): void {
    for (const [id, watch] of this.#watches) {
      if (watch.progressNotify && !watch.busy && watch.watcher.synced) this.#send({ watch_id: id });
      watch.busy = false;
    }
  }

  #send(response: Omit<EncodedWatchResponse, 'header'>): void {
    const { etcd, identity } = this.#ground;
    let bytes = 0;
    for (const event of response.events ?? []) bytes += event.length;
    this.#unread += bytes;
    this.#stream.write({ header: header(identity, etcd.revision), ...response }, () => this.#read(bytes));
  }

  #read(bytes: number): void {
    const full = this.#unread > UNREAD_BYTES / 2;
    this.#unread -= bytes;
    if (!full || this.#unread > UNREAD_BYTES / 2) return;
    for (const { watcher } of this.#watches.values()) watcher.resume();
  }

  #freeId(): number {
    while (this.#watches.has(this.#nextId)) this.#nextId++;
    return this.#nextId++;
  }
}

/** No key means the smallest; an empty range is refused. */
function watchedRange(request: WireWatchCreate): KeyRange | undefined {
  const range = rangeOf({ ...request, key: request.key.length === 0 ? Buffer.of(0) : request.key });
  const empty = range.rangeEnd !== undefined && !contains(range, range.key);
  return empty ? undefined : range;
}

function fragments(events: Buffer[]): Buffer[][] {
  const parts: Buffer[][] = [];
  let size = Infinity;
  for (const event of events) {
    size += event.length;
    if (size > FRAGMENT_BYTES) {
      parts.push([]);
      size = event.length;
    }
    parts.at(-1)?.push(event);
  }
  return parts;
}
