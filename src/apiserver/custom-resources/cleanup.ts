import type { CustomResourceDefinition } from '#api/generated/apiextensions-v1.ts';
import { clone, isNotFound } from '#apimachinery';
import { Backoff, delay, resources, retryOnConflict, type Client, type ResourceClient } from '#client';
import type { Registry, Resource } from '../registry/index.ts';
import { conditionOf, TERMINATING, withCondition, type NewCondition } from './conditions.ts';

/** Keeps a definition until its last object has gone. */
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

export interface CleanupOptions {
  registry: Registry;
  client(): Client;
  log(message: string, error?: unknown): void;
  signal: AbortSignal;
}

/** Deletes the objects of definitions that are being deleted, and lets the definitions go. */
export class Cleanup {
  readonly #options: CleanupOptions;
  /** By the definition's uid. */
  readonly #running = new Set<string>();

  constructor(options: CleanupOptions) {
    this.#options = options;
  }

  /** Starts with a definition unless that has been done; `resource` is absent when its objects were never served. */
  begin({ metadata }: CustomResourceDefinition, resource: Resource | undefined): void {
    const { name, uid = '', finalizers } = metadata;
    if (this.#running.has(uid) || finalizers?.includes(CLEANUP_FINALIZER) !== true) return;
    this.#running.add(uid);
    void this.#untilDone(name, resource).finally(() => this.#running.delete(uid));
  }

  async #untilDone(name: string, resource: Resource | undefined): Promise<void> {
    const { log, signal } = this.#options;
    const backoff = new Backoff({ initial: 200, max: 30_000 });
    while (!signal.aborted) {
      try {
        await this.#clean(name, resource);
        return;
      } catch (error) {
        if (isNotFound(error) || signal.aborted) return;
        log(`the objects of ${name} cannot be deleted yet`, error);
        await delay(backoff.next(), signal);
      }
    }
  }

  async #clean(name: string, resource: Resource | undefined): Promise<void> {
    if (resource !== undefined) {
      await this.#say(name, TERMINATING.inProgress);
      await this.#deleteAll(resource);
      await untilEmpty(resource, this.#options.signal);
      if (this.#options.signal.aborted) return;
    }
    await this.#say(name, TERMINATING.done);
    await this.#release(name);
  }

  get #definitions(): ResourceClient<CustomResourceDefinition> {
    return this.#options.client().resource(resources.customResourceDefinitions);
  }

  async #say(name: string, condition: NewCondition): Promise<void> {
    await retryOnConflict(async () => {
      const present = await this.#definitions.get({ name });
      const conditions = withCondition(present.status?.conditions ?? [], condition, new Date());
      if (conditions === present.status?.conditions || conditionOf(present, 'Terminating')?.status === 'False') return;
      const definition = clone(present);
      definition.status.conditions = [...conditions];
      await this.#definitions.updateStatus(definition);
    }, this.#options.signal);
  }

  async #release(name: string): Promise<void> {
    await retryOnConflict(async () => {
      const definition = clone(await this.#definitions.get({ name }));
      definition.metadata.finalizers = definition.metadata.finalizers?.filter((finalizer) => finalizer !== CLEANUP_FINALIZER);
      await this.#definitions.update(definition);
    }, this.#options.signal);
  }

  async #deleteAll(resource: Resource): Promise<void> {
    const { registry, client } = this.#options;
    const { group, resource: plural, version, alsoServed = [], kind, namespaced } = resource.definition;
    const served = [version, ...alsoServed.map((each) => each.version)].find((each) => registry.served(group, each, plural) !== undefined);
    await resource.cache.fresh();
    if (served !== undefined) {
      const type = { group, version: served, resource: plural, kind, namespaced };
      const namespaces = new Set([...resource.cache.list()].map((entry) => entry.namespace));
      for (const namespace of namespaces)
        await client()
          .resource(type)
          .deleteCollection(namespaced ? { namespace } : {});
      return;
    }
    // No version is served: nobody can hold the objects by finalizers, either.
    await Promise.all([...resource.cache.list()].map((entry) => resource.remove(entry)));
  }
}

function untilEmpty({ cache }: Resource, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = (): void => {
    if (cache.size > 0 && !signal.aborted) return;
    stop();
    signal.removeEventListener('abort', look);
    resolve();
  };
  const stop = cache.onChange(look);
  signal.addEventListener('abort', look);
  look();
  return promise;
}
