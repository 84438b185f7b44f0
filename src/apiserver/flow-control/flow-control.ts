import type { FlowSchema, PriorityLevelConfiguration } from '#api/generated/flowcontrol-v1.ts';
import { tooManyRequests } from '#apimachinery';
import type { RequestInfo } from '../types.ts';
import { Classifier } from './classifier.ts';
import { MANDATORY_LEVELS, MANDATORY_SCHEMAS } from './default-objects.ts';
import { flowControlMetrics, SchemaFigures, type Rejection } from './figures.ts';
import { PriorityLevel } from './priority-level.ts';
import { Schema, type Leave } from './schema.ts';
import { divideSeats, type LentSeats } from './seats.ts';
import { Waiting, type Arrival } from './waiting.ts';
import { widthOf } from './width.ts';

export interface FlowControlOptions {
  /** The requests that may be in progress at once, in seats, of all levels but the exempt. */
  total: number;
  /** How many objects there are of the resource that a request lists. */
  countOf(info: RequestInfo): number;
  /** In ms. Default: the process's clock. */
  now?(): number;
  /** Calls back after everything that has come in by now was read. Default: once round the event loop. */
  nextTurn?(callback: () => void): void;
}

/**
 * Seats let in at one turn of the event loop. One thread does the work of all: what is let in before it looks at its
 * connections again is what everybody else waits for.
 */
const TURN_SEATS = 16;
/** A level gets this much of each turn, whatever others have had of it. */
const TURN_SEATS_OF_LEVEL = 4;
/** A request waits for a part of its time at most, so that enough is left to serve it. */
const WAITING_PART = 1 / 4;
const TIME_LIMIT_MS = 60_000;

const RETRY_AFTER_S = 1;

/**
 * API Priority and Fairness: tells requests apart by flow schemas, gives each priority level its share of the server, and
 * within a level every flow its fair part. Who finds no seat waits in a queue or is sent away with 429.
 */
export class FlowControl {
  readonly #options: FlowControlOptions;
  readonly #now: () => number;
  readonly #nextTurn: (callback: () => void) => void;
  readonly #lent: LentSeats = { size: 0, taken: 0 };
  readonly #levels = new Map<string, PriorityLevel>();
  readonly #figures = new Map<string, SchemaFigures>();
  #classifier: Classifier = new Classifier([]);
  #waiting = 0;
  #turn = 1;
  #turnSeats = 0;
  #isTurnAhead = false;
  #expiry: NodeJS.Timeout | undefined;
  #expiryAt = Infinity;
  /** How far the level that went last has been served. */
  #served = 0;

  constructor(options: FlowControlOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#nextTurn = options.nextTurn ?? setImmediate;
    this.configure([], []);
  }

  /** Obeys these objects from now on, and the mandatory ones that are not among them. Schemas without a level are left out. */
  configure(schemas: readonly FlowSchema[], levels: readonly PriorityLevelConfiguration[]): void {
    const homeless = this.#configureLevels(withMissing(levels, MANDATORY_LEVELS));
    const inEffect = withMissing(schemas, MANDATORY_SCHEMAS)
      .toSorted((a, b) => a.spec.matchingPrecedence - b.spec.matchingPrecedence || (a.metadata.name < b.metadata.name ? -1 : 1))
      .flatMap((schema) => this.#schema(schema) ?? []);
    this.#classifier = new Classifier(inEffect);
    this.#forget(inEffect);
    this.#waiting -= homeless.length;
    for (const waiting of homeless) {
      waiting.schema.figures.unqueue(waiting.width);
      waiting.resolve(this.#again(waiting.arrival));
    }
    this.#released();
  }

  /**
   * Lets a request in: with what counts it out again, or with the promise of it if the request has to wait. Throws (rejects
   * with) 429 when there is no room, when it has waited too long, and when its client has gone.
   */
  enter(arrival: Arrival): Leave | Promise<Leave> {
    const { info, user, query } = arrival;
    const schema = this.#classifier.classify(user, info);
    const { level } = schema;
    arrival.flow = schema.headers;
    if (level.isExempt) return schema.begin(1);
    const width = widthOf(info, query, level.widthMax, this.#options.countOf);
    const { queues } = level;
    if ((queues === undefined || queues.size === 0) && level.seats.fits(width) && this.#isInTurn(level, width)) return schema.begin(width);
    return this.#wait(arrival, schema, width);
  }

  /** The lines that Prometheus reads. */
  metrics(): Iterable<string> {
    return flowControlMetrics([...this.#figures.values()], [...this.#levels.values()]);
  }

  #configureLevels(levels: readonly PriorityLevelConfiguration[]): Waiting[] {
    const limits = divideSeats(new Map(levels.map(({ metadata, spec }) => [metadata.name, spec])), this.#options.total);
    this.#lent.size = [...limits.values()].reduce((sum, { nominal, lower }) => sum + nominal - lower, 0);
    const homeless = levels.flatMap((configuration) => {
      const { name } = configuration.metadata;
      let level = this.#levels.get(name);
      if (level === undefined) this.#levels.set(name, (level = new PriorityLevel(name, this.#lent)));
      return level.configure(configuration, limits.get(name) ?? { nominal: 0, lower: 0, upper: 0 });
    });
    for (const [name, level] of this.#levels) {
      if (limits.has(name)) continue;
      this.#levels.delete(name);
      homeless.push(...(level.queues?.all() ?? []));
    }
    return homeless;
  }

  #schema(schema: FlowSchema): Schema | undefined {
    const level = this.#levels.get(schema.spec.priorityLevelConfiguration.name);
    if (level === undefined) return undefined;
    const key = `${schema.metadata.name}/${level.name}`;
    let figures = this.#figures.get(key);
    if (figures === undefined) this.#figures.set(key, (figures = new SchemaFigures(schema.metadata.name, level.name)));
    return new Schema(schema, level, figures, () => this.#released());
  }

  /** Figures of schemas that are no more go when their last request has gone. */
  #forget(inEffect: readonly Schema[]): void {
    const used = new Set(inEffect.map(({ figures }) => figures));
    for (const [key, figures] of this.#figures) {
      if (!used.has(figures) && figures.executing === 0 && figures.queued === 0) this.#figures.delete(key);
    }
  }

  /** Counts what goes on without having waited. Levels without queues cannot make anybody wait. */
  #isInTurn(level: PriorityLevel, width: number): boolean {
    if (level.turn !== this.#turn) {
      level.turn = this.#turn;
      level.turnSeats = 0;
    }
    if (this.#turnSeats >= TURN_SEATS && level.turnSeats >= TURN_SEATS_OF_LEVEL && level.queues !== undefined) return false;
    this.#turnSeats += width;
    level.turnSeats += width;
    // The count starts anew once in a while at least; on a server with little to do, once in many turns is enough.
    if (this.#turnSeats >= TURN_SEATS / 2) this.#lookAgain();
    return true;
  }

  #wait(arrival: Arrival, schema: Schema, width: number): Promise<Leave> {
    const { level } = schema;
    const { queues } = level;
    if (queues === undefined) throw refusal(schema, 'concurrency-limit');
    // Who did not ask for anything saves nothing up: of levels as of flows.
    if (queues.size === 0) level.served = Math.max(level.served, this.#served);
    const since = this.#now();
    const waiting = new Waiting(arrival, schema, width, since, since + (arrival.timeLimit ?? TIME_LIMIT_MS) * WAITING_PART);
    if (!queues.add(waiting, level.seats.free)) throw refusal(schema, 'queue-full');
    this.#waiting++;
    schema.figures.queue(width);
    if (waiting.until < this.#expiryAt) this.#expireAt(waiting.until);
    this.#lookAgain();
    return waiting.promise;
  }

  /** One timer for all who wait: hardly anybody waits for that long. */
  #expireAt(time: number): void {
    clearTimeout(this.#expiry);
    this.#expiryAt = time;
    this.#expiry = setTimeout(this.#onExpiry, Math.max(1, time - this.#now()));
    this.#expiry.unref();
  }

  readonly #onExpiry = (): void => {
    const now = this.#now();
    let next = Infinity;
    for (const level of this.#levels.values()) {
      for (const waiting of level.queues?.all() ?? []) {
        if (waiting.until <= now) this.#giveUp(waiting, 'time-out');
        else next = Math.min(next, waiting.until);
      }
    }
    this.#expiryAt = Infinity;
    if (next < Infinity) this.#expireAt(next);
  };

  #giveUp(waiting: Waiting, reason: Rejection): void {
    const { schema, since, width } = waiting;
    schema.level.queues?.delete(waiting);
    this.#waiting--;
    schema.figures.unqueue(width);
    schema.figures.waitedInVain.add((this.#now() - since) / 1000);
    waiting.reject(refusal(schema, reason));
  }

  /** For a request whose queue is no more. */
  async #again(arrival: Arrival): Promise<Leave> {
    return await this.enter(arrival);
  }

  #released(): void {
    if (this.#waiting > 0) this.#lookAgain();
  }

  #lookAgain(): void {
    if (this.#isTurnAhead) return;
    this.#isTurnAhead = true;
    this.#nextTurn(this.#onTurn);
  }

  readonly #onTurn = (): void => {
    this.#isTurnAhead = false;
    this.#turn++;
    this.#turnSeats = 0;
    while (this.#waiting > 0) {
      const waiting = this.#next();
      // Whoever gives up a seat looks again.
      if (waiting === undefined) return;
      if (this.#turnSeats >= TURN_SEATS) return this.#lookAgain();
      if (waiting.arrival.request.socket.destroyed) this.#giveUp(waiting, 'cancelled');
      else this.#dispatch(waiting);
    }
  };

  /**
   * Levels that have less than their share go first; among equals, the one that was served least for its share. Nobody
   * borrows while somebody waits for what is his own: seats that come free one by one would never make a wide request's.
   */
  #next(): Waiting | undefined {
    let next: Waiting | undefined;
    let isOwed = false;
    for (const level of this.#levels.values()) {
      if (level.waiting === 0) continue;
      const waiting = level.queues?.next();
      if (waiting === undefined) continue;
      if (!level.seats.fits(waiting.width)) isOwed ||= !isBorrowing(level);
      else if (next === undefined || goesBefore(level, next.schema.level)) next = waiting;
    }
    return next !== undefined && isOwed && isBorrowing(next.schema.level) ? undefined : next;
  }

  #dispatch(waiting: Waiting): void {
    const { schema, width } = waiting;
    const { level, figures } = schema;
    const queue = level.queues?.take(waiting);
    this.#waiting--;
    this.#turnSeats += width;
    this.#served = level.served;
    level.served += width / Math.max(1, level.seats.limits.nominal);
    schema.occupy(width);
    const began = this.#now();
    figures.unqueue(width);
    figures.waited.add((began - waiting.since) / 1000);
    waiting.resolve(() => {
      queue?.finished(width, this.#now() - began);
      schema.vacate(width);
    });
  }
}

function isBorrowing({ seats }: PriorityLevel): boolean {
  return seats.inUse >= seats.limits.nominal;
}

function goesBefore(a: PriorityLevel, b: PriorityLevel): boolean {
  return isBorrowing(a) === isBorrowing(b) ? a.served < b.served : isBorrowing(b);
}

function withMissing<T extends { metadata: { name: string } }>(objects: readonly T[], mandatory: readonly T[]): T[] {
  const names = new Set(objects.map(({ metadata }) => metadata.name));
  return [...objects, ...mandatory.filter(({ metadata }) => !names.has(metadata.name))];
}

function refusal(schema: Schema, reason: Rejection): Error {
  schema.figures.reject(reason);
  return tooManyRequests('Too many requests, please try again later.', RETRY_AFTER_S);
}
