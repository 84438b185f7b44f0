import type { KindDefinition } from '#api';
import type { KubeObject } from '#apimachinery';
import type { AdmissionAttributes, ObjectReader } from '../types.ts';
import type { Store } from '../storage/store.ts';
import { noHooks, type RegistryHooks } from './hooks.ts';
import { Resource, type ResourceOptions } from './resource.ts';
import { ServedResource, type Decoder } from './served-resource.ts';

export interface AdmissionChain {
  /** Undefined when no plugin cares: then nothing has to be awaited. */
  admit(attributes: AdmissionAttributes): void | Promise<void>;
  validate(attributes: AdmissionAttributes): void | Promise<void>;
}

export interface RegistryOptions {
  store: Store;
  definitions: readonly KindDefinition[];
  decoder(group: string, version: string, kind: string): Decoder;
  admission: AdmissionChain;
  hooks?: RegistryHooks;
  signal: AbortSignal;
  onRestart?(resource: string, error: unknown): void;
}

function servedKey(group: string, version: string, resource: string): string {
  return `${group}/${version}/${resource}`;
}

/** All resources that the API server serves and stores. Custom resources come and go while it runs. */
export class Registry {
  readonly store: Store;
  readonly admission: AdmissionChain;
  hooks: RegistryHooks;
  readonly #options: RegistryOptions;
  readonly #resources = new Map<string, Resource>();
  readonly #served = new Map<string, ServedResource>();
  readonly #stops = new Map<Resource, AbortController>();
  readonly #onChange = new Set<() => void>();

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.store = options.store;
    this.admission = options.admission;
    this.hooks = options.hooks ?? noHooks;
    for (const definition of options.definitions) this.add(definition);
  }

  /** Serves one more kind, in all its versions. */
  add(
    definition: KindDefinition,
    decoder = this.#options.decoder,
    options: Pick<ResourceOptions, 'schema' | 'upgrade' | 'modernize'> = {},
  ): Resource {
    const stop = new AbortController();
    const resource = new Resource(definition, {
      ...options,
      store: this.store,
      signal: AbortSignal.any([this.#options.signal, stop.signal]),
      onRestart: (error) => this.#options.onRestart?.(definition.resource, error),
    });
    this.#stops.set(resource, stop);
    this.#resources.set(`${definition.group}/${definition.resource}`, resource);
    if (definition.storageOnly !== true)
      this.#serve(new ServedResource(resource, decoder(definition.group, definition.version, definition.kind)));
    for (const served of definition.alsoServed ?? [])
      this.#serve(new ServedResource(resource, decoder(served.group ?? definition.group, served.version, definition.kind), served));
    for (const callback of this.#onChange) callback();
    return resource;
  }

  /** Stops serving a kind; what is stored stays stored. */
  remove(group: string, name: string): void {
    const resource = this.#resources.get(`${group}/${name}`);
    if (resource === undefined) return;
    this.#resources.delete(`${group}/${name}`);
    for (const [key, served] of this.#served) if (served.resource === resource) this.#served.delete(key);
    this.#stops.get(resource)?.abort();
    this.#stops.delete(resource);
    for (const callback of this.#onChange) callback();
  }

  /** To be told when a kind that is served has got other verbs. */
  changed(): void {
    for (const callback of this.#onChange) callback();
  }

  /** Calls back whenever a kind is added, removed or changed. */
  onChange(callback: () => void): void {
    this.#onChange.add(callback);
  }

  resource(group: string, name: string): Resource | undefined {
    return this.#resources.get(`${group}/${name}`);
  }

  served(group: string, version: string, name: string): ServedResource | undefined {
    return this.#served.get(servedKey(group, version, name));
  }

  /** Every resource in every version, in the order of their definitions. */
  allServed(): Iterable<ServedResource> {
    return this.#served.values();
  }

  resources(): Iterable<Resource> {
    return this.#resources.values();
  }

  /** The watch caches as authorizers and admission see them. */
  readonly reader: ObjectReader = {
    get: (type, namespace, name) => this.#reading(type)?.cache.get(namespace, name)?.object,
    list: (type, namespace) => objectsOf(this.#reading(type), namespace),
    ready: async (type) => await this.#reading(type)?.cache.ready(),
    onChange: (type, callback) => this.#reading(type)?.cache.onChange(callback) ?? (() => undefined),
  };

  #reading({ group, resource }: { group: string; resource: string }): Resource | undefined {
    return this.#resources.get(`${group}/${resource}`);
  }

  #serve(served: ServedResource): void {
    this.#served.set(servedKey(served.group, served.version, served.name), served);
  }
}

function* objectsOf(resource: Resource | undefined, namespace: string | undefined): Iterable<KubeObject> {
  for (const entry of resource?.cache.list(namespace) ?? []) yield entry.object;
}
