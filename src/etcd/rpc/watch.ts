import { CompactedError } from '../errors.ts';
import { contains } from '../key-range.ts';
import type { EtcdEvent, KeyRange, Watcher } from '../types.ts';
import { rangeOf } from './convert.ts';
import { type EventBlock, eventBlock, eventField } from './encode-events.ts';
import type { GrpcCall } from './grpc-call.ts';
import { header, type ServiceGround } from './identity.ts';
import { codec, toNumber, type WireWatchCreate, type WireWatchRequest, type WireWatchResponse } from './messages.ts';
import { exchange, type Service } from './method.ts';

/** A response is cut into fragments beyond this, for those that can put them together (1.5 MiB, etcd's request limit). */
const FRAGMENT_BYTES = 1536 * 1024;
/** An idle watch that wants to know its progress is told this often, unless the server is told otherwise. */
export const PROGRESS_INTERVAL_MS = 10 * 60_000;

/**
 * Bytes that a slow client may leave unread before its watches stop: from then on they read back what they have missed,
 * each for itself, which is much more work than handing out what all get.
 */
const UNREAD_BYTES = 8 * 1024 * 1024;

/** What a response costs while it waits to be sent, beside the bytes of its events. */
const RESPONSE_BYTES = 512;

const responses = codec<Omit<WireWatchResponse, 'events'>>('WatchResponse');

/** The service whose calls carry any number of watches each. */
export function watchService(ground: ServiceGround, progressIntervalMs: number): Service {
  return {
    Watch: exchange((_send, call) => {
      const watches = new WatchStream(ground, call, progressIntervalMs);
      return { onMessage: (request) => watches.receive(request), onGone: () => watches.close() };
    }),
  };
}

interface OpenWatch {
  watcher: Watcher;
  progressNotify: boolean;
  /** Something has been sent since the last look. */
  busy: boolean;
}

class WatchStream {
  readonly #ground: ServiceGround;
  readonly #call: GrpcCall;
  readonly #watches = new Map<number, OpenWatch>();
  readonly #progressTimer: NodeJS.Timeout;
  #nextId = 0;
  /** Events that wait to be sent, and how many responses share them: they are in memory once. */
  readonly #waiting = new Map<EventBlock, number>();
  #unread = 0;

  constructor(ground: ServiceGround, call: GrpcCall, progressIntervalMs: number) {
    this.#ground = ground;
    this.#call = call;
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
    const withPrevious = request.prev_kv === true;
    const parts = request.fragment ? fragments(events, withPrevious) : [events];
    for (const [index, part] of parts.entries()) {
      this.#send({ watch_id: id, fragment: index < parts.length - 1 }, eventBlock(part, withPrevious));
    }
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

  #send(response: Omit<WireWatchResponse, 'header' | 'events'>, block?: EventBlock): void {
    const { etcd, identity } = this.#ground;
    const bytes = responses.encode({ header: header(identity, etcd.revision), ...response });
    if (block === undefined) return void this.#call.send([bytes]);
    const sharing = this.#waiting.get(block) ?? 0;
    this.#waiting.set(block, sharing + 1);
    this.#unread += RESPONSE_BYTES + (sharing === 0 ? block.bytes.length : 0);
    this.#call.send([bytes, block.bytes], () => this.#sent(block));
  }

  #sent(block: EventBlock): void {
    const full = this.#unread > UNREAD_BYTES / 2;
    const sharing = (this.#waiting.get(block) ?? 1) - 1;
    if (sharing === 0) this.#waiting.delete(block);
    else this.#waiting.set(block, sharing);
    this.#unread -= RESPONSE_BYTES + (sharing === 0 ? block.bytes.length : 0);
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

function fragments(events: readonly EtcdEvent[], withPrevious: boolean): EtcdEvent[][] {
  const parts: EtcdEvent[][] = [];
  let size = Infinity;
  for (const event of events) {
    const { length } = eventField(event, withPrevious);
    size += length;
    if (size > FRAGMENT_BYTES) {
      parts.push([]);
      size = length;
    }
    parts.at(-1)?.push(event);
  }
  return parts;
}
