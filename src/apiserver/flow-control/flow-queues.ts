import type { QueuingConfiguration } from '#api/generated/flowcontrol-v1.ts';
import { dealHand } from './shuffle-shard.ts';

/** What a request is thought to take, in ms, until it is known what it took. */
const ESTIMATE_MS = 3;
/** Nothing is for nothing, not even what the clock cannot see. */
const LEAST_MS = 0.05;

/** A request in a queue. */
export interface Queued {
  /** Which flow it belongs to, as a number. */
  readonly flow: number;
  /** In seats. */
  readonly width: number;
}

/** One queue; its requests go in the order in which they came. */
export class FlowQueue<T extends Queued> {
  readonly waiting = new Set<T>();
  /** The virtual time at which the next request begins: grows with the work (seats × ms) that the queue's requests took. */
  start = 0;
  seats = 0;

  /** Corrects what was charged for a request once it is known how long it took, in ms. */
  finished(width: number, took: number): void {
    this.start += width * (Math.max(took, LEAST_MS) - ESTIMATE_MS);
  }
}

/**
 * The queues of one priority level. Each flow is dealt a few of them and joins the shortest; the queue whose requests had
 * the least work done so far goes next. Start-time fair queueing: dispatching is O(queues that are not empty).
 */
export class FlowQueues<T extends Queued> {
  readonly configuration: QueuingConfiguration;
  readonly #queues = new Map<number, FlowQueue<T>>();
  readonly #busy = new Set<FlowQueue<T>>();
  readonly #queueOf = new Map<T, FlowQueue<T>>();
  #now = 0;

  constructor(configuration: QueuingConfiguration) {
    this.configuration = configuration;
  }

  get size(): number {
    return this.#queueOf.size;
  }

  all(): Iterable<T> {
    return this.#queueOf.keys();
  }

  /**
   * False: the queue is full, and so are those beside it in the flow's hand. The limit is for those who wait for others to
   * leave: where `free` seats only wait for the thread to come round, each queue holds its part of those, too.
   */
  add(request: T, free: number): boolean {
    const queue = this.#shortest(request.flow);
    const { queueLengthLimit, handSize } = this.configuration;
    if (queue.waiting.size >= queueLengthLimit + Math.floor(free / handSize)) return false;
    // Who did not ask for anything saves nothing up.
    if (queue.waiting.size === 0) queue.start = Math.max(queue.start, this.#now);
    queue.waiting.add(request);
    queue.seats += request.width;
    this.#busy.add(queue);
    this.#queueOf.set(request, queue);
    return true;
  }

  delete(request: T): void {
    const queue = this.#queueOf.get(request);
    if (queue === undefined) return;
    this.#queueOf.delete(request);
    queue.waiting.delete(request);
    queue.seats -= request.width;
    if (queue.waiting.size === 0) this.#busy.delete(queue);
  }

  /** The request that goes next; it stays where it is. */
  next(): T | undefined {
    const [request] = this.#leastServed()?.waiting ?? [];
    return request;
  }

  /** Takes out the request that goes next, and charges its queue. */
  take(request: T): FlowQueue<T> {
    const queue = this.#queueOf.get(request) as FlowQueue<T>;
    this.delete(request);
    this.#now = Math.max(this.#now, queue.start);
    queue.start += request.width * ESTIMATE_MS;
    return queue;
  }

  #leastServed(): FlowQueue<T> | undefined {
    let least: FlowQueue<T> | undefined;
    for (const queue of this.#busy) if (least === undefined || queue.start < least.start) least = queue;
    return least;
  }

  #shortest(flow: number): FlowQueue<T> {
    const { queues, handSize } = this.configuration;
    let shortest: FlowQueue<T> | undefined;
    for (const card of dealHand(flow, queues, Math.min(handSize, queues))) {
      const queue = this.#queue(card);
      if (shortest === undefined || queue.seats < shortest.seats) shortest = queue;
    }
    return shortest as FlowQueue<T>;
  }

  /** Made when first used: a level may have millions. */
  #queue(number: number): FlowQueue<T> {
    let queue = this.#queues.get(number);
    if (queue === undefined) this.#queues.set(number, (queue = new FlowQueue()));
    return queue;
  }
}
