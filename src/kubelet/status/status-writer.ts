import { isConflict, isNotFound, jsonEqual } from '#apimachinery';
import type { Pod, PodStatus } from '#api/generated/core-v1.ts';
import { delay, resources, type Client } from '#client';
import { isStaticPod } from '../pods/pod-containers.ts';

interface Entry {
  pod: Pod;
  wanted: PodStatus;
  /** What the server has, as far as known. */
  written: PodStatus | undefined;
  writing: Promise<void> | undefined;
}

const RETRY_MS = 1000;
const MAX_ATTEMPTS = 5;

/** Writes pods' statuses: only what changed, one write a pod at a time, always the newest. */
export class StatusWriter {
  readonly #client: Client;
  readonly #signal: AbortSignal;
  readonly #entries = new Map<string, Entry>();
  readonly #mirrors = new Map<string, Pod>();

  constructor(client: Client, signal: AbortSignal) {
    this.#client = client;
    this.#signal = signal;
  }

  /** Returns at once; the write happens soon. Of a static pod without a mirror the status is only remembered. */
  set(own: Pod, status: PodStatus): void {
    const uid = own.metadata.uid ?? '';
    const pod = this.#mirrors.get(uid) ?? own;
    const entry = this.#entries.get(uid) ?? { pod, wanted: status, written: pod.status, writing: undefined };
    this.#entries.set(uid, entry);
    entry.wanted = status;
    if (isNewer(pod, entry.pod)) {
      entry.pod = pod;
      entry.written = pod.status;
    }
    if (pod === own && isStaticPod(own)) return;
    entry.writing ??= this.#write(entry).finally(() => (entry.writing = undefined));
  }

  /** Resolves when the newest status has been written, or cannot be. */
  async flush(podUid: string): Promise<void> {
    const writing = (): Promise<void> | undefined => this.#entries.get(podUid)?.writing;
    for (let write = writing(); write !== undefined; write = writing()) await write;
  }

  /** The pod is shown in the API by another object, its mirror: that one carries the status. */
  mirror(podUid: string, mirror: Pod): void {
    const entry = this.#entries.get(podUid);
    this.#mirrors.set(podUid, mirror);
    if (entry === undefined) return;
    entry.pod = mirror;
    entry.written = mirror.status;
    entry.writing ??= this.#write(entry).finally(() => (entry.writing = undefined));
  }

  /** The status last set or written. */
  get(podUid: string): PodStatus | undefined {
    return this.#entries.get(podUid)?.wanted;
  }

  forget(podUid: string): void {
    this.#entries.delete(podUid);
    this.#mirrors.delete(podUid);
  }

  async #write(entry: Entry): Promise<void> {
    // Lets whatever else changes in this turn come along.
    await Promise.resolve();
    for (let attempt = 0; attempt < MAX_ATTEMPTS && !this.#signal.aborted && !jsonEqual(entry.wanted, entry.written); attempt++) {
      const status = entry.wanted;
      try {
        entry.pod = await this.#client.resource(resources.pods).updateStatus({ ...entry.pod, status }, { signal: this.#signal });
        entry.written = status;
        attempt = -1;
      } catch (error) {
        if (isNotFound(error)) return;
        if (isConflict(error)) {
          if (!(await this.#reread(entry))) return;
        } else await delay(RETRY_MS * 2 ** attempt, this.#signal);
      }
    }
  }

  /** False when the pod is gone or another one has taken its name. */
  async #reread(entry: Entry): Promise<boolean> {
    const { name, namespace, uid } = entry.pod.metadata;
    try {
      const pod = await this.#client.resource(resources.pods).get({ name, namespace }, { signal: this.#signal });
      if (pod.metadata.uid !== uid) return false;
      entry.pod = pod;
      entry.written = undefined;
      entry.wanted = keepForeignConditions(entry.wanted, pod.status);
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      await delay(RETRY_MS, this.#signal);
      return true;
    }
  }
}

const OWN = new Set(['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled']);

/** What others wrote into the conditions meanwhile stays. */
function keepForeignConditions(status: PodStatus, present: PodStatus | undefined): PodStatus {
  const own = (status.conditions ?? []).filter(({ type }) => OWN.has(type));
  return { ...status, conditions: [...own, ...(present?.conditions ?? []).filter(({ type }) => !OWN.has(type))] };
}

function isNewer(pod: Pod, than: Pod): boolean {
  return Number(pod.metadata.resourceVersion ?? 0) > Number(than.metadata.resourceVersion ?? 0);
}
