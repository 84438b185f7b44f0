import { groupResource } from '#apimachinery';
import { delay, discover, resources, type Client, type Informer, type InformerFactory, type ResourceType } from '#client';
import type { OwnerGraph } from './graph.ts';

/** Objects that own nothing and are owned by nobody, and too many to watch. */
const IGNORED = new Set(['events', 'events.events.k8s.io']);
const SETTLE_MS = 200;
const RETRY_MS = 5_000;
const SYNC_LIMIT_MS = 30_000;

interface Monitor {
  type: ResourceType;
  informer: Informer;
  remove(): void;
}

/** Watches everything that the server serves, custom resources too, and tells the graph. */
export class Monitors {
  readonly #client: Client;
  readonly #informers: InformerFactory;
  readonly #graph: OwnerGraph;
  readonly #signal: AbortSignal;
  readonly #monitors = new Map<string, Monitor>();
  /** Resources by group and kind, in whatever version. */
  readonly #kinds = new Map<string, ResourceType>();
  #changed = Promise.withResolvers<void>();

  constructor(client: Client, informers: InformerFactory, graph: OwnerGraph, signal: AbortSignal) {
    this.#client = client;
    this.#informers = informers;
    this.#graph = graph;
    this.#signal = signal;
  }

  /** The resource of a kind; undefined when none is known. */
  typeOf(group: string, kind: string): ResourceType | undefined {
    return this.#kinds.get(`${group}/${kind}`);
  }

  /** Resolves when the first objects of everything that is served are known (or half a minute has gone by). */
  async start(): Promise<void> {
    const crds = this.#informers.get(resources.customResourceDefinitions);
    const apiServices = this.#informers.get(resources.apiServices);
    const note = (): void => this.#changed.resolve();
    crds.addHandlers({ add: note, update: note, delete: note });
    apiServices.addHandlers({ add: note, update: note, delete: note });
    await this.#refresh();
    const synced = Promise.all([...this.#monitors.values()].map(({ informer }) => informer.synced));
    await Promise.race([synced, delay(SYNC_LIMIT_MS, this.#signal)]);
  }

  /** Follows the changes of what is served, until the abort. */
  async follow(): Promise<void> {
    const aborted = new Promise<void>((resolve) => this.#signal.addEventListener('abort', () => resolve(), { once: true }));
    while (!this.#signal.aborted) {
      await Promise.race([this.#changed.promise, aborted]);
      // Definitions come in groups, and need a moment until they are served.
      await delay(SETTLE_MS, this.#signal);
      this.#changed = Promise.withResolvers();
      if (!this.#signal.aborted) await this.#refresh();
    }
  }

  async #refresh(): Promise<void> {
    let served;
    try {
      served = await discover(this.#client, this.#signal);
    } catch {
      if (this.#signal.aborted) return;
      await delay(RETRY_MS, this.#signal);
      return this.#refresh();
    }
    const seen = new Set<string>();
    for (const type of served.resources) {
      const { verbs } = type;
      this.#kinds.set(`${type.group}/${type.kind}`, type);
      const name = groupResource(type);
      if (IGNORED.has(name) || !['list', 'watch', 'delete'].every((verb) => verbs.includes(verb))) continue;
      seen.add(name);
      if (this.#monitors.get(name)?.type.version !== type.version) this.#watch(name, type);
    }
    // Where discovery failed in part, nothing may be taken for gone.
    if (served.failed.size === 0) for (const [name, monitor] of this.#monitors) if (!seen.has(name)) this.#drop(name, monitor);
    if (served.failed.size > 0) void delay(RETRY_MS, this.#signal).then(() => this.#changed.resolve());
  }

  #watch(name: string, type: ResourceType): void {
    const previous = this.#monitors.get(name);
    if (previous) this.#drop(name, previous);
    const informer = this.#informers.metadata(type);
    const observe = (object: Parameters<OwnerGraph['observe']>[1]): void => this.#graph.observe(type, object);
    const remove = informer.addHandlers({
      add: observe,
      update: observe,
      delete: ({ metadata }) => this.#graph.forget(metadata.uid ?? ''),
    });
    this.#monitors.set(name, { type, informer, remove });
  }

  /** The kind is gone and its objects with it. */
  #drop(name: string, monitor: Monitor): void {
    this.#monitors.delete(name);
    monitor.remove();
    this.#informers.stop(monitor.type);
    this.#kinds.delete(`${monitor.type.group}/${monitor.type.kind}`);
    for (const { metadata } of monitor.informer.list()) this.#graph.forget(metadata.uid ?? '');
  }
}
