import { apiVersionOf, isNotFound, StatusError, timestamp, type KubeObject } from '#apimachinery';
import type { Event, ObjectReference } from '#api/generated/core-v1.ts';
import { delay } from './delay.ts';
import { EventCorrelator, type Occurrence } from './event-correlator.ts';
import { resources } from './resources.ts';
import type { Client, ResourceType } from './types.ts';

export type EventType = 'Normal' | 'Warning';

/** Writes events without ever making its caller wait: what the server cannot take in time is dropped. */
export interface EventRecorder {
  /** `about` says what kind the object is of; `fieldPath` a part of it: `spec.containers{nginx}`. */
  event(about: ResourceType, object: KubeObject, type: EventType, reason: string, message: string, fieldPath?: string): void;
  /** For objects known only by reference. */
  eventFor(reference: ObjectReference, type: EventType, reason: string, message: string): void;
  /** Resolves when all that was recorded so far has been written or dropped. */
  flush(): Promise<void>;
}

export interface EventRecorderOptions {
  client: Client;
  /** Who reports: `deployment-controller`. */
  component: string;
  /** The node on which it does. */
  host?: string;
  signal: AbortSignal;
}

/** Events that wait to be written; more are dropped. */
const CAPACITY = 1000;
const ATTEMPTS = 12;
const RETRY_MS = 10_000;

export function eventRecorder(options: EventRecorderOptions): EventRecorder {
  return new Recorder(options);
}

class Recorder implements EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #correlator = new EventCorrelator();
  readonly #pending: { occurrence: Occurrence; time: Date }[] = [];
  #draining: Promise<void> = Promise.resolve();
  #busy = false;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  event(about: ResourceType, object: KubeObject, type: EventType, reason: string, message: string, fieldPath?: string): void {
    const { name, namespace, uid, resourceVersion } = object.metadata;
    const reference = { kind: about.kind, namespace, name, uid, apiVersion: apiVersionOf(about), resourceVersion, fieldPath };
    this.eventFor(reference, type, reason, message);
  }

  eventFor(reference: ObjectReference, type: EventType, reason: string, message: string): void {
    if (this.#options.signal.aborted || this.#pending.length >= CAPACITY) return;
    this.#pending.push({ occurrence: { reference, type, reason, message: message.slice(0, 1024) }, time: new Date() });
    if (this.#busy) return;
    this.#busy = true;
    this.#draining = this.#drain();
  }

  flush(): Promise<void> {
    return this.#draining;
  }

  async #drain(): Promise<void> {
    for (let next = this.#pending.shift(); next; next = this.#pending.shift()) await this.#record(next.occurrence, next.time);
    this.#busy = false;
  }

  async #record(occurrence: Occurrence, time: Date): Promise<void> {
    const { signal } = this.#options;
    const entry = this.#correlator.correlate(occurrence, time.getTime());
    if (!entry) return;
    for (let attempt = 1; attempt <= ATTEMPTS && !signal.aborted; attempt++) {
      try {
        entry.written = await this.#write(entry.written, { ...occurrence, message: entry.message }, time);
        return;
      } catch (error) {
        // Refused (a namespace that is going away, no right to): it would be refused again.
        if (error instanceof StatusError && error.code !== 503) return;
      }
      await delay(RETRY_MS, signal);
    }
  }

  async #write(written: Event | undefined, occurrence: Occurrence, time: Date): Promise<Event> {
    if (written) {
      try {
        return await this.#count(written, occurrence, time);
      } catch (error) {
        // Events live for an hour only.
        if (!isNotFound(error)) throw error;
      }
    }
    return this.#events.create(this.#newEvent(occurrence, time));
  }

  #count(written: Event, occurrence: Occurrence, time: Date): Promise<Event> {
    const { name, namespace } = written.metadata;
    const patch = { count: (written.count ?? 1) + 1, lastTimestamp: timestamp(time), message: occurrence.message };
    return this.#events.patch({ name, namespace }, 'merge', patch);
  }

  #newEvent({ reference, type, reason, message }: Occurrence, time: Date): Event {
    const { component, host } = this.#options;
    const namespace = reference.namespace || 'default';
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${reference.name}.${uniqueSuffix(time)}`, namespace },
      involvedObject: reference,
      reason,
      message,
      source: host ? { component, host } : { component },
      firstTimestamp: timestamp(time),
      lastTimestamp: timestamp(time),
      count: 1,
      type,
      eventTime: null,
      reportingComponent: component,
      reportingInstance: host ?? '',
    };
  }

  get #events() {
    return this.#options.client.resource(resources.events);
  }
}

let lastSuffix = 0n;

/** Nanoseconds in hexadecimal, as names of events end; never twice the same in this process. */
function uniqueSuffix(time: Date): string {
  const nanoseconds = BigInt(time.getTime()) * 1_000_000n;
  lastSuffix = nanoseconds > lastSuffix ? nanoseconds + BigInt(Math.floor(Math.random() * 1000)) : lastSuffix + 1n;
  return lastSuffix.toString(16);
}
