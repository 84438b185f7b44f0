import type { ServerResponse } from 'node:http';
import { apiVersionOf, StatusError, internalError } from '#apimachinery';
import { EventBatch, type Delivery, type Filter, type Watcher } from '../cache/index.ts';
import type { ServedResource } from '../registry/served-resource.ts';
import { encodeDeliveries, encodeEvent, type EncodeOptions } from './encode.ts';
import { CONTENT_TYPES } from './negotiate.ts';

export interface WatchParameters {
  /** Undefined: present objects first. */
  after: number | undefined;
  bookmarks: boolean;
  /** Bookmark the end of the initial objects (streaming lists). */
  markInitial: boolean;
  /** In ms. */
  timeout: number;
}

/** A client that lets so many bytes pile up has stopped reading; it is cut off, and may come again. */
const MAX_BACKLOG = 16 * 1024 * 1024;
const BOOKMARK_MS = 60_000;

/** Serves one watch on a response until the time is up, the client leaves, or the cache starts over. */
export async function serveWatch(
  response: ServerResponse,
  served: ServedResource,
  filter: Filter,
  parameters: WatchParameters,
  options: EncodeOptions,
  signal: AbortSignal,
): Promise<void> {
  const { cache } = served.resource;
  const stream = new WatchStream(response, served, filter, options);
  let stop: () => void;
  try {
    await cache.fresh();
    stop = await cache.watch(stream, parameters.after);
  } catch (error) {
    if (!(error instanceof StatusError) || parameters.after === undefined) throw error;
    // Upstream answers an expired revision within the stream; so clients of a watch find it there.
    stream.open();
    stream.end(error);
    return;
  }
  stream.open();
  if (parameters.markInitial) stream.bookmark(cache.revision, true);
  const bookmarks = parameters.bookmarks ? setInterval(() => stream.bookmark(cache.revision, false), BOOKMARK_MS) : undefined;
  const timer = setTimeout(() => {
    if (parameters.bookmarks) stream.bookmark(cache.revision, false);
    stream.end();
  }, parameters.timeout);
  const onAbort = (): void => stream.end();
  signal.addEventListener('abort', onAbort, { once: true });
  await stream.done;
  stop();
  clearInterval(bookmarks);
  clearTimeout(timer);
  signal.removeEventListener('abort', onAbort);
}

class WatchStream implements Watcher {
  readonly filter: Filter;
  readonly done: Promise<void>;
  readonly #response: ServerResponse;
  readonly #served: ServedResource;
  readonly #options: EncodeOptions;
  /** Watchers with the same key are told a batch in the same bytes. */
  readonly #sharedKey: string | undefined;
  #finish: () => void = () => undefined;
  #waiting: Buffer[] = [];
  #isOpen = false;
  #isFirst = true;

  constructor(response: ServerResponse, served: ServedResource, filter: Filter, options: EncodeOptions) {
    this.filter = filter;
    this.#response = response;
    this.#served = served;
    this.#options = options;
    const { format, as, version } = options.representation;
    // Tables name their columns in the first event and so differ between watchers.
    this.#sharedKey = as === 'Table' ? undefined : `${format}/${as}/${version}/${served.apiVersion}`;
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
    response.on('close', () => this.#finish());
  }

  /** Sends the headers; what was delivered before follows them. */
  open(): void {
    const { format } = this.#options.representation;
    const type = format === 'protobuf' ? `${CONTENT_TYPES.protobuf};stream=watch` : CONTENT_TYPES.json;
    this.#response.writeHead(200, { 'content-type': type, 'cache-control': 'no-cache, private' });
    this.#response.flushHeaders();
    this.#isOpen = true;
    for (const bytes of this.#waiting) this.#write(bytes);
    this.#waiting = [];
  }

  deliver(deliveries: readonly Delivery[], batch: EventBatch | undefined): void {
    const encode = (list: readonly Delivery[]): Buffer => chunk(encodeDeliveries(list, this.#served, this.#options, this.#isFirst));
    const bytes =
      batch === undefined || this.#sharedKey === undefined ? encode(deliveries) : batch.shared(this.#sharedKey, encode);
    this.#isFirst = false;
    if (this.#isOpen) this.#write(bytes);
    else this.#waiting.push(bytes);
  }

  bookmark(revision: number, initialEnd: boolean): void {
    const annotations = initialEnd ? { 'k8s.io/initial-events-end': 'true' } : undefined;
    const object = {
      kind: this.#served.kind,
      apiVersion: apiVersionOf(this.#served),
      metadata: { resourceVersion: String(revision), creationTimestamp: null, annotations },
    };
    this.#write(chunk(encodeEvent('BOOKMARK', object, this.#options)));
  }

  end(error?: Error): void {
    if (error !== undefined && this.#isOpen) {
      const status = error instanceof StatusError ? error : internalError(error.message);
      this.#write(chunk(encodeEvent('ERROR', status.status, this.#options)));
    }
    this.#response.end();
    this.#finish();
  }

  /** Writes a whole chunk past the response, so that a thousand watchers can be handed one and the same buffer. */
  #write(bytes: Buffer): void {
    const { socket } = this.#response;
    if (socket === null || socket.destroyed) return;
    socket.write(bytes);
    if (socket.writableLength > MAX_BACKLOG) socket.destroy();
  }
}

/** HTTP/1.1's chunked framing. */
function chunk(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
}
