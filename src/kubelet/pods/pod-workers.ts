import { rm, readdir } from 'node:fs/promises';
import { delay } from '#client';
import type { Pod } from '#api/generated/core-v1.ts';
import { LABELS } from '../containers/index.ts';
import { isCriError, type RuntimeEvent } from '../cri/index.ts';
import { removePodDirectories } from '../volumes/index.ts';
import type { PodContext } from './pod-context.ts';
import { PodWorker } from './pod-worker.ts';

/** A net under the runtime's events. */
const RELIST_MS = 30_000;
/** For runtimes that tell nothing. */
const POLL_MS = 1000;
const RECONNECT_MS = 500;

/** All pods of the node, each with its worker. */
export class PodWorkers {
  readonly #context: PodContext;
  readonly #workers = new Map<string, PodWorker>();
  /** Which pod a sandbox or container belongs to. */
  readonly #owners = new Map<string, string>();
  #allKnown = false;

  constructor(context: PodContext) {
    this.#context = context;
  }

  /** A pod was assigned to this node or has changed. */
  update(pod: Pod): void {
    const uid = pod.metadata.uid ?? '';
    const worker = this.#workers.get(uid);
    if (worker !== undefined) return worker.update(pod);
    const seen = (id: string): void => void this.#owners.set(id, uid);
    const created = new PodWorker(this.#context, pod, seen, () => this.#forget(uid));
    this.#workers.set(uid, created);
    created.wake();
  }

  /** The API server has no such pod any more: only a forced deletion takes one away before its containers have ended. */
  remove(pod: Pod): void {
    this.#workers.get(pod.metadata.uid ?? '')?.remove(true);
  }

  /** The file of a static pod is gone. */
  removeStatic(uid: string): void {
    this.#workers.get(uid)?.remove(false);
  }

  get(uid: string): PodWorker | undefined {
    return this.#workers.get(uid);
  }

  find(namespace: string, name: string): PodWorker | undefined {
    for (const worker of this.#workers.values()) {
      const { metadata } = worker.pod;
      if (metadata.namespace === namespace && metadata.name === name) return worker;
    }
    return undefined;
  }

  *[Symbol.iterator](): Iterator<PodWorker> {
    yield* this.#workers.values();
  }

  get size(): number {
    return this.#workers.size;
  }

  /** Follows the runtime until the kubelet stops. `known` resolves when all pods of the node are known. */
  async followRuntime(known: Promise<void>): Promise<void> {
    const { signal } = this.#context;
    const relisting = this.#relistEvery(RELIST_MS);
    void this.#clearOnceKnown(known);
    while (!signal.aborted) {
      try {
        for await (const event of this.#context.runtime.runtime.events(signal)) this.#dispatch(event);
      } catch (error) {
        if (isCriError(error, 'Unimplemented')) return this.#relistEvery(POLL_MS);
        this.#context.report("following the runtime's events", error);
      }
      // The runtime went away, and with it what it would have told.
      await delay(RECONNECT_MS, signal);
      if (!signal.aborted) await this.#tryRelist();
    }
    return relisting;
  }

  async #clearOnceKnown(known: Promise<void>): Promise<void> {
    await known;
    this.#allKnown = !this.#context.signal.aborted;
    await this.clearOrphans().catch((error: unknown) => this.#context.report('clearing orphans', error));
  }

  /** Compares what runs with what is known and wakes the workers for which it differs. */
  async relist(): Promise<void> {
    const { runtime } = this.#context.runtime;
    const [sandboxes, containers] = await Promise.all([runtime.listPodSandbox(), runtime.listContainers()]);
    const present = new Map<string, string>();
    for (const { id, state, labels } of [...sandboxes, ...containers]) {
      present.set(id, state);
      const worker = this.#workers.get(labels[LABELS.podUid] ?? '');
      if (worker === undefined) continue;
      const known = worker.runtime.container(id)?.state ?? worker.runtime.sandboxes.find((sandbox) => sandbox.id === id)?.state;
      if (known !== state) worker.relist();
    }
    for (const worker of this.#workers.values()) {
      const vanished = [...worker.runtime.containers, ...worker.runtime.sandboxes].some(({ id }) => !present.has(id));
      if (vanished) worker.relist();
    }
    await this.clearOrphans();
  }

  /** Ends and removes what belongs to pods that no longer exist. */
  async clearOrphans(): Promise<void> {
    if (!this.#allKnown) return;
    const { runtime } = this.#context.runtime;
    for (const { id, labels } of await runtime.listPodSandbox()) {
      const uid = labels[LABELS.podUid] ?? '';
      if (uid === '' || this.#workers.has(uid)) continue;
      await runtime.stopPodSandbox(id);
      await runtime.removePodSandbox(id);
    }
    await this.#clearOrphanDirectories();
  }

  async #clearOrphanDirectories(): Promise<void> {
    const pods = this.#context.podDirectory('').replace(/\/$/, '');
    for (const uid of await readdir(pods).catch(() => [])) {
      if (!this.#workers.has(uid)) await removePodDirectories(this.#context.podDirectory(uid), this.#context.secretDirectory(uid));
    }
    const { podLogs } = this.#context.sandbox;
    for (const name of await readdir(podLogs).catch(() => [])) {
      const uid = name.split('_').at(-1) ?? '';
      if (!this.#workers.has(uid)) await rm(`${podLogs}/${name}`, { recursive: true, force: true });
    }
  }

  async #relistEvery(milliseconds: number): Promise<void> {
    const { signal } = this.#context;
    while (!signal.aborted) {
      await delay(milliseconds, signal);
      if (!signal.aborted) await this.#tryRelist();
    }
  }

  #tryRelist(): Promise<void> {
    return this.relist().catch((error: unknown) => this.#context.report('listing what runs', error));
  }

  #dispatch(event: RuntimeEvent): void {
    const uid = this.#owners.get(event.containerId);
    if (uid !== undefined) this.#workers.get(uid)?.runtimeEvent(event);
  }

  #forget(uid: string): void {
    this.#workers.delete(uid);
    for (const [id, owner] of this.#owners) if (owner === uid) this.#owners.delete(id);
  }
}
