import type { Event, ObjectReference } from '#api/generated/core-v1.ts';

/** Something that happened to an object. */
export interface Occurrence {
  reference: ObjectReference;
  type: string;
  reason: string;
  message: string;
}

/** What is known of the event that an occurrence counts towards. */
export interface Series {
  /** The message to write. */
  message: string;
  /** The event as last written; absent: it has to be created. */
  written: Event | undefined;
}

/** More than this many different messages for one reason within the interval are counted as one event. */
const MAX_SIMILAR = 10;
const SIMILAR_INTERVAL_MS = 600_000;
const AGGREGATED = '(combined from similar events): ';
/** Each object may have so many events at once, and then one every five minutes. */
const BURST = 25;
const REFILL_MS = 300_000;
const MAX_ENTRIES = 4096;

interface Similar {
  messages: Set<string>;
  last: number;
}

interface Bucket {
  tokens: number;
  last: number;
}

/** Keeps events few: repetitions are counted, floods of similar ones combined, objects that never stop are cut off. */
export class EventCorrelator {
  readonly #series = new Map<string, Series>();
  readonly #similar = new Map<string, Similar>();
  readonly #buckets = new Map<string, Bucket>();

  /** The series to write, or undefined when the object has had its share. `now` in milliseconds. */
  correlate(occurrence: Occurrence, now: number): Series | undefined {
    const object = objectKey(occurrence.reference);
    const kind = `${object}|${occurrence.type}|${occurrence.reason}`;
    const similar = this.#countSimilar(kind, occurrence.message, now);
    const message = similar ? AGGREGATED + occurrence.message : occurrence.message;
    const key = similar ? kind : `${kind}|${occurrence.message}`;
    if (!this.#takeToken(object, now)) return undefined;
    const series = recent(this.#series, key) ?? { message, written: undefined };
    series.message = message;
    remember(this.#series, key, series);
    return series;
  }

  #countSimilar(kind: string, message: string, now: number): boolean {
    let similar = recent(this.#similar, kind);
    if (!similar || now - similar.last > SIMILAR_INTERVAL_MS) similar = { messages: new Set(), last: now };
    similar.last = now;
    if (similar.messages.size < MAX_SIMILAR) similar.messages.add(message);
    remember(this.#similar, kind, similar);
    return similar.messages.size >= MAX_SIMILAR;
  }

  #takeToken(object: string, now: number): boolean {
    const bucket = recent(this.#buckets, object) ?? { tokens: BURST, last: now };
    bucket.tokens = Math.min(BURST, bucket.tokens + (now - bucket.last) / REFILL_MS);
    bucket.last = now;
    remember(this.#buckets, object, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}

function objectKey(reference: ObjectReference): string {
  const { kind, namespace, name, uid, apiVersion, fieldPath } = reference;
  return `${apiVersion}|${kind}|${namespace ?? ''}|${name}|${uid ?? ''}|${fieldPath ?? ''}`;
}

/** Takes the entry out; `remember` puts it back as the newest. */
function recent<T>(entries: Map<string, T>, key: string): T | undefined {
  const entry = entries.get(key);
  if (entry) entries.delete(key);
  return entry;
}

function remember<T>(entries: Map<string, T>, key: string, entry: T): void {
  entries.set(key, entry);
  if (entries.size <= MAX_ENTRIES) return;
  for (const oldest of entries.keys()) {
    entries.delete(oldest);
    return;
  }
}
