import { apiVersionOf, notAcceptable, StatusError, internalError } from '#apimachinery';
import type { EventBatch, Delivery, Filter, Watcher } from '../cache/index.ts';
import type { ServedResource } from '../registry/served-resource.ts';
import { encodeBookmark, encodeDeliveries, encodeEvent, type EncodeOptions } from './encode.ts';
import { ConvertedWatch } from './converted-watch.ts';
import { CONTENT_TYPES } from './negotiate.ts';
import type { WatchTransport } from './watch-transport.ts';

export interface WatchParameters {
  /** The revision to begin after; 0 or undefined: now. */
  after: number | undefined;
  /** Tell of the present objects first, as of `after` or later. */
  initial: boolean;
  bookmarks: boolean;
  /** Bookmark the end of the initial objects (streaming lists). */
  markInitial: boolean;
  /** In ms. */
  timeout: number;
}

/** A client that lets so many bytes pile up has stopped reading; it is cut off, and may come again. */
const MAX_BACKLOG = 16 * 1024 * 1024;
/** Or one that has taken nothing of what waits for it for so many ms. */
const STILL_MS = 60_000;
const BOOKMARK_MS = 60_000;

/** Serves one watch until the time is up, the client leaves, or the cache starts over; `onBegun` is told when it has begun. */
export async function serveWatch(
  transport: WatchTransport,
  served: ServedResource,
  filter: Filter,
  parameters: WatchParameters,
  options: EncodeOptions,
  signal: AbortSignal,
  onBegun: () => void,
): Promise<void> {
  if (options.representation.format === 'yaml')
    throw notAcceptable(
      'only the following media types are accepted: application/json, application/json;stream=watch, application/vnd.kubernetes.protobuf, application/vnd.kubernetes.protobuf;stream=watch',
    );
  const { cache } = served.resource;
  const stream = new WatchStream(transport, served, filter, options);
  const begun = await begin(stream, served, parameters);
  if (begun instanceof StatusError) {
    // Upstream answers an expired revision within the stream; so clients of a watch find it there.
    stream.open();
    stream.end(begun);
    return;
  }
  stream.open();
  onBegun();
  if (parameters.markInitial) stream.bookmark(cache.revision, true);
  const bookmark = (): void => {
    cache.requestProgress();
    stream.bookmark(cache.revision, false);
  };
  const bookmarks = parameters.bookmarks ? setInterval(bookmark, BOOKMARK_MS) : undefined;
  const timer = setTimeout(() => {
    if (parameters.bookmarks) bookmark();
    stream.end();
  }, parameters.timeout);
  const onAbort = (): void => stream.end();
  signal.addEventListener('abort', onAbort, { once: true });
  // It may have been too late to hear of it.
  if (signal.aborted) stream.end();
  await stream.done;
  begun();
  clearInterval(bookmarks);
  clearTimeout(timer);
  signal.removeEventListener('abort', onAbort);
}

/** Resolves with the way to stop, or with the error that the client is to find in its stream. */
async function begin(
  stream: WatchStream,
  served: ServedResource,
  { after = 0, initial }: WatchParameters,
): Promise<(() => void) | StatusError> {
  const { cache } = served.resource;
  try {
    await cache.fresh();
    if (initial && after > 0) await cache.reached(after);
    const from = initial ? undefined : after > 0 ? after : cache.revision;
    if (!served.isRemote) return await cache.watch(stream, from);
    const converted = new ConvertedWatch(stream, served);
    const stop = await cache.watch(converted, from);
    await converted.settled;
    return stop;
  } catch (error) {
    if (!(error instanceof StatusError) || after === 0) throw error;
    return error;
  }
}

class WatchStream implements Watcher {
  readonly filter: Filter;
  readonly done: Promise<void>;
  readonly #transport: WatchTransport;
  readonly #served: ServedResource;
  readonly #options: EncodeOptions;
  /** Watchers with the same key are told a batch in the same bytes. */
  readonly #sharedKey: string | undefined;
  #finish: () => void = () => undefined;
  #waiting: Buffer[] = [];
  #state: 'new' | 'open' | 'ended' = 'new';
  #error: Error | undefined;
  #isFirst = true;
  /** What may pile up: more where the present objects alone are more. */
  #allowance = MAX_BACKLOG;

  constructor(transport: WatchTransport, served: ServedResource, filter: Filter, options: EncodeOptions) {
    this.filter = filter;
    this.#transport = transport;
    this.#served = served;
    this.#options = options;
    const { format, as, version } = options.representation;
    // Tables name their columns in the first event and so differ between watchers.
    this.#sharedKey = as === 'Table' ? undefined : `${transport.framing}/${format}/${as}/${version}/${served.apiVersion}`;
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
    transport.onClose(() => this.#finish());
  }

  /** Begins the answer; what was delivered before follows. */
  open(): void {
    const { format } = this.#options.representation;
    this.#transport.open(format === 'protobuf' ? `${CONTENT_TYPES.protobuf};stream=watch` : CONTENT_TYPES.json);
    this.#transport.onStill(STILL_MS, () => {
      if (this.#transport.backlog > 0) this.#transport.cut();
    });
    const ended = this.#state === 'ended';
    this.#state = 'open';
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#allowance += waiting.reduce((sum, bytes) => sum + bytes.length, 0);
    for (const bytes of waiting) this.#write(bytes);
    if (ended) this.end(this.#error);
  }

  deliver(deliveries: readonly Delivery[], batch: EventBatch | undefined): void {
    if (this.#state === 'ended') return;
    const encode = (list: readonly Delivery[]): Buffer =>
      this.#transport.frame(encodeDeliveries(list, this.#served, this.#options, this.#isFirst));
    const bytes = batch === undefined || this.#sharedKey === undefined ? encode(deliveries) : batch.shared(this.#sharedKey, encode);
    this.#isFirst = false;
    if (this.#state === 'open') this.#write(bytes);
    else this.#waiting.push(bytes);
  }

  bookmark(revision: number, initialEnd: boolean): void {
    if (this.#state !== 'open') return;
    const annotations = initialEnd ? { 'k8s.io/initial-events-end': 'true' } : undefined;
    const object = {
      kind: this.#served.kind,
      apiVersion: apiVersionOf(this.#served),
      metadata: { name: '', resourceVersion: String(revision), annotations },
    };
    this.#write(this.#transport.frame(encodeBookmark(object, this.#served, this.#options, this.#isFirst)));
    this.#isFirst = false;
  }

  end(error?: Error): void {
    const wasOpen = this.#state === 'open';
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#error = error;
    if (!wasOpen) return;
    if (error !== undefined) {
      const { status } = error instanceof StatusError ? error : internalError(error.message);
      this.#transport.write(this.#transport.frame(encodeEvent('ERROR', status, this.#options)));
    }
    this.#transport.end();
    this.#finish();
  }

  #write(bytes: Buffer): void {
    this.#transport.write(bytes);
    if (this.#transport.backlog > this.#allowance) this.#transport.cut();
  }
}
