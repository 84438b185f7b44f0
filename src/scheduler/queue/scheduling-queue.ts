import type { Pod } from '#api/generated/core-v1.ts';
import { jsonEqual } from '#apimachinery';
import { podKey } from '../cluster/pod-info.ts';
import { ANY_CHANGE, type ClusterChange } from '../framework/plugin.ts';
import { Heap } from './heap.ts';

const FIRST_BACKOFF_MS = 1000;
const MAX_BACKOFF_MS = 10_000;
/** A pod that no event has concerned for so long is tried again all the same. */
const FORGOTTEN_MS = 5 * 60_000;

interface Waiting {
  pod: Pod;
  attempts: number;
  /** When it came, or was tried last; ms. */
  since: number;
  readyAt: number;
  /** What has to happen before it is worth another try. */
  helpedBy: ReadonlySet<ClusterChange>;
}

/**
 * Pods that wait for a node: those to be tried now, by priority and age; those that backed off; and those for which
 * nothing can be done until the cluster changes.
 */
export class SchedulingQueue {
  readonly #active = new Heap<Waiting>(goesFirst);
  readonly #known = new Map<string, Waiting>();
  readonly #backoff = new Set<Waiting>();
  readonly #unschedulable = new Set<Waiting>();
  readonly #onWork: () => void;
  #timer: NodeJS.Timeout | undefined;

  /** `onWork` is called whenever there is something to take. */
  constructor(onWork: () => void) {
    this.#onWork = onWork;
  }

  get size(): number {
    return this.#known.size;
  }

  /** Adds a pod, or its newer state: an update may have made it schedulable. */
  set(pod: Pod): void {
    const key = podKey(pod);
    const known = this.#known.get(key);
    if (known === undefined) {
      const waiting = { pod, attempts: 0, since: Date.now(), readyAt: 0, helpedBy: ANY_CHANGE };
      this.#known.set(key, waiting);
      this.#activate(waiting);
      return;
    }
    const before = known.pod;
    known.pod = pod;
    if (this.#unschedulable.has(known) && !isWantedAlike(before, pod)) {
      this.#unschedulable.delete(known);
      this.#activateOrBackOff(known);
    }
  }

  delete(key: string): void {
    const waiting = this.#known.get(key);
    if (waiting === undefined) return;
    this.#known.delete(key);
    this.#backoff.delete(waiting);
    this.#unschedulable.delete(waiting);
  }

  /** The next pod to try; undefined when there is none now. */
  take(): { pod: Pod; attempts: number } | undefined {
    for (;;) {
      const waiting = this.#active.pop();
      if (waiting === undefined) return undefined;
      if (this.#known.get(podKey(waiting.pod)) !== waiting) continue;
      this.#known.delete(podKey(waiting.pod));
      return { pod: waiting.pod, attempts: waiting.attempts + 1 };
    }
  }

  /** Gives a pod back. `error`: one that passes; else the pod waits for one of the changes that could help it. */
  giveBack(pod: Pod, attempts: number, reason: 'error' | 'unschedulable', helpedBy = ANY_CHANGE): void {
    const key = podKey(pod);
    if (this.#known.has(key)) return;
    const now = Date.now();
    const backoff = Math.min(FIRST_BACKOFF_MS * 2 ** (attempts - 1), MAX_BACKOFF_MS);
    const waiting = { pod, attempts, since: now, readyAt: now + backoff, helpedBy };
    this.#known.set(key, waiting);
    if (reason === 'error') this.#activateOrBackOff(waiting);
    else {
      this.#unschedulable.add(waiting);
      this.#schedule();
    }
  }

  /** The cluster has changed: what could not be placed may be now. */
  wake(change: ClusterChange): void {
    for (const waiting of this.#unschedulable) {
      if (!waiting.helpedBy.has(change)) continue;
      this.#unschedulable.delete(waiting);
      this.#activateOrBackOff(waiting);
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #activateOrBackOff(waiting: Waiting): void {
    if (waiting.readyAt <= Date.now()) this.#activate(waiting);
    else {
      this.#backoff.add(waiting);
      this.#schedule();
    }
  }

  #activate(waiting: Waiting): void {
    this.#active.push(waiting);
    this.#onWork();
  }

  /** One timer for all: for the earliest end of a back-off or of a long wait. */
  #schedule(): void {
    clearTimeout(this.#timer);
    let next = Number.POSITIVE_INFINITY;
    for (const { readyAt } of this.#backoff) next = Math.min(next, readyAt);
    for (const { since } of this.#unschedulable) next = Math.min(next, since + FORGOTTEN_MS);
    if (next === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => this.#expire(), Math.max(0, next - Date.now()));
    this.#timer.unref();
  }

  #expire(): void {
    const now = Date.now();
    for (const waiting of this.#backoff)
      if (waiting.readyAt <= now) {
        this.#backoff.delete(waiting);
        this.#activate(waiting);
      }
    for (const waiting of this.#unschedulable)
      if (waiting.since + FORGOTTEN_MS <= now) {
        this.#unschedulable.delete(waiting);
        this.#activate(waiting);
      }
    this.#schedule();
  }
}

/** Whether only the status has changed, as it does when the pod is told why it has to wait. */
function isWantedAlike(a: Pod, b: Pod): boolean {
  return jsonEqual(a.spec, b.spec) && jsonEqual(a.metadata.labels, b.metadata.labels);
}

/** Higher priority, then the one that has waited longer. */
function goesFirst(a: Waiting, b: Waiting): boolean {
  const difference = (a.pod.spec.priority ?? 0) - (b.pod.spec.priority ?? 0);
  return difference === 0 ? a.since < b.since : difference > 0;
}
