import { apiVersionOf, jsonEqual, notFound, type KubeObject, type StructSchema } from '#apimachinery';
import type { KindDefinition } from '#api';
import { Entry, StoredForm, WatchCache } from '../cache/index.ts';
import { GuardFailed, type Store } from '../storage/store.ts';

export interface ResourceOptions {
  store: Store;
  signal: AbortSignal;
  schema?: StructSchema;
  /** Brings an object that was stored by other rules up to date, in place; says whether anything has changed. */
  upgrade?(object: KubeObject): boolean;
  /** The object in the storage version, where a webhook has to bring it there. Throws StatusError. */
  modernize?(object: KubeObject): Promise<KubeObject>;
  onRestart?(error: unknown): void;
}

const RESERVED_FIELDS = {
  'metadata.name': (object: KubeObject): string => object.metadata.name,
  'metadata.namespace': (object: KubeObject): string => object.metadata.namespace ?? '',
};

/** Groups whose resources stand under their group's name in the store, like custom resources do. */
const GROUPS_WITH_PREFIX = new Set(['apiextensions.k8s.io', 'apiregistration.k8s.io']);

function storagePrefix(definition: KindDefinition): string {
  const group = definition.custom === true || GROUPS_WITH_PREFIX.has(definition.group) ? `${definition.group}/` : '';
  return `/registry/${group}${definition.resource}/`;
}

/** Where the objects of one kind are stored, whatever versions they are served in. Guarded writes, reads by the cache. */
export class Resource {
  readonly definition: KindDefinition;
  readonly cache: WatchCache;
  /** Of custom resources: what their definition says. */
  readonly schema: StructSchema | undefined;
  readonly modernize: ResourceOptions['modernize'];
  readonly fields: Readonly<Record<string, (object: KubeObject) => string>>;
  readonly #prefix: string;
  readonly #form: StoredForm;
  readonly #store: Store;
  /** The last of those who wait for an object, by its place. */
  readonly #turns = new Map<string, Promise<void>>();

  constructor(definition: KindDefinition, options: ResourceOptions) {
    this.definition = definition;
    this.#store = options.store;
    this.schema = options.schema;
    this.modernize = options.modernize;
    this.#prefix = storagePrefix(definition);
    this.#form = new StoredForm(apiVersionOf(definition), definition.kind, options.upgrade);
    this.fields = { ...RESERVED_FIELDS, ...definition.selectableFields };
    this.cache = new WatchCache({
      store: options.store,
      prefix: this.#prefix,
      form: this.#form,
      fields: this.fields,
      signal: options.signal,
      onRestart: options.onRestart,
    });
  }

  get store(): Store {
    return this.#store;
  }

  get prefix(): string {
    return this.#prefix;
  }

  get form(): StoredForm {
    return this.#form;
  }

  key(namespace: string, name: string): string {
    return this.definition.namespaced ? `${this.#prefix}${namespace}/${name}` : this.#prefix + name;
  }

  /** The object as of now, after every acknowledged write; undefined when there is none. */
  async find(namespace: string, name: string): Promise<Entry | undefined> {
    if (!this.cache.isReady || !this.#store.local) await this.cache.fresh();
    return this.cache.get(this.definition.namespaced ? namespace : '', name);
  }

  /** Like `find`; throws 404 when there is none. */
  async current(namespace: string, name: string): Promise<Entry> {
    const entry = await this.find(namespace, name);
    if (entry === undefined) throw notFound(this.definition, name);
    return entry;
  }

  /** Writes a new object, which belongs to the cache from then on. Throws GuardFailed when its name is taken. */
  async insert(object: KubeObject): Promise<Entry> {
    const value = this.#form.encode(object);
    this.cache.expect(value, object);
    const ttlSeconds = this.definition.ttlSeconds;
    const revision = await this.#store.create(this.#keyOf(object), value, ttlSeconds === undefined ? undefined : { ttlSeconds });
    return this.#written(object, value, revision);
  }

  /** Writes a new state over `entry`'s; the same content writes nothing. Throws GuardFailed when another write came between. */
  async replace(object: KubeObject, entry: Entry): Promise<Entry> {
    const value = this.#form.encode(object);
    if (isSame(value, entry.stored) && (this.#store.isStale === undefined || !(await this.#store.isStale(this.#keyOf(object)))))
      return entry;
    this.cache.expect(value, object);
    const ttlSeconds = this.definition.ttlSeconds;
    const options = ttlSeconds === undefined ? undefined : { ttlSeconds };
    const revision = await this.#store.update(this.#keyOf(object), value, entry.revision, options);
    return this.#written(object, value, revision);
  }

  /** The entry that a dry run answers with: as if `object` had been written. */
  pretend(object: KubeObject, over?: Entry): Entry {
    return new Entry(this.#form, object, this.#form.encode(object), over?.revision ?? 0);
  }

  /** Removes the object. Throws GuardFailed when another write came between. */
  async remove(entry: Entry): Promise<void> {
    await this.#store.delete(this.key(entry.namespace, entry.name), entry.revision);
  }

  /** Runs `work` after what others have asked to be run in turn for the same object. */
  async inTurn<R>({ namespace, name }: Entry, work: () => Promise<R>): Promise<R> {
    const key = `${namespace}/${name}`;
    const mine = (this.#turns.get(key) ?? Promise.resolve()).then(work);
    const settled = mine.then(
      () => undefined,
      () => undefined,
    );
    this.#turns.set(key, settled);
    try {
      return await mine;
    } finally {
      if (this.#turns.get(key) === settled) this.#turns.delete(key);
    }
  }

  #keyOf(object: KubeObject): string {
    return this.key(object.metadata.namespace ?? '', object.metadata.name);
  }

  /** The cache has the entry already when its store is local; then that one is used, with the encodings it keeps. */
  #written(object: KubeObject, value: Buffer, revision: number): Entry {
    const cached = this.cache.get(object.metadata.namespace ?? '', object.metadata.name);
    if (cached?.revision === revision) return cached;
    return new Entry(this.#form, { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } }, value, revision);
  }
}

/** The same bytes, or the same fields in another order. */
function isSame(a: Buffer, b: Buffer): boolean {
  if (a.length !== b.length) return false;
  return a.equals(b) || jsonEqual(JSON.parse(a.toString()), JSON.parse(b.toString()));
}

/** How often a write is tried again when others come between; those that try again wait for each other. */
const TRIES = 64;

/**
 * Runs `attempt` until no other write comes between; gives up with the last GuardFailed. Before each new attempt it waits
 * until the cache shows the write that came between, and until others who had to try again have had their turn: so many
 * writers of one object cost as many attempts, not their square.
 */
export async function retryGuarded<R>(resource: Resource, entry: () => Promise<Entry>, attempt: (entry: Entry) => Promise<R>): Promise<R> {
  const seen = await entry();
  try {
    return await attempt(seen);
  } catch (error) {
    if (!(error instanceof GuardFailed)) throw error;
    await resource.cache.after(seen, error.current?.modRevision);
    return await resource.inTurn(seen, () => tryAgain(resource, entry, attempt));
  }
}

async function tryAgain<R>(resource: Resource, entry: () => Promise<Entry>, attempt: (entry: Entry) => Promise<R>): Promise<R> {
  for (let left = TRIES; ; left--) {
    const seen = await entry();
    try {
      return await attempt(seen);
    } catch (error) {
      if (!(error instanceof GuardFailed) || left <= 1) throw error;
      await resource.cache.after(seen, error.current?.modRevision);
    }
  }
}
