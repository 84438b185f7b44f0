import {
  alreadyExists,
  apiVersionOf,
  badRequest,
  conflict,
  gone,
  groupResource,
  MODIFIED,
  notFound,
  timestamp,
  type DeleteOptions,
  type KubeList,
  type KubeObject,
} from '#apimachinery';
import { randomUUID } from 'node:crypto';
import type { FakeAction } from './fake-client.ts';
import { applyFakePatch } from './fake-patch.ts';
import { matchesSelectors } from './fake-selectors.ts';
import type {
  GetOptions,
  ListOptions,
  ObjectKey,
  PatchOptions,
  PatchType,
  ResourceClient,
  ResourceType,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from './types.ts';

/** The revision that all resources of a fake client count up together. */
export interface FakeRevision {
  current: number;
}

interface Logged {
  revision: number;
  event: WatchEvent;
}

/** One resource of a fake client. */
export class FakeResource<T extends KubeObject> implements ResourceClient<T> {
  readonly type: ResourceType;
  readonly #revision: FakeRevision;
  readonly #act: (action: FakeAction) => void;
  readonly #objects = new Map<string, T>();
  readonly #log: Logged[] = [];
  /** Watches cannot resume from before this revision. */
  #compacted = 0;
  /** Wakes the watches. */
  #change = Promise.withResolvers<'event' | 'broken'>();

  constructor(type: ResourceType, revision: FakeRevision, act: (action: FakeAction) => void) {
    this.type = type;
    this.#revision = revision;
    this.#act = act;
  }

  all(): T[] {
    return [...this.#objects.values()];
  }

  /** Stores an object as it stands, with whatever identity it lacks. */
  put(object: KubeObject): T {
    const metadata = { ...object.metadata };
    metadata.uid ??= randomUUID();
    metadata.creationTimestamp ??= timestamp();
    return this.#store({ ...(object as T), metadata }, this.#objects.has(keyOf(metadata)) ? 'MODIFIED' : 'ADDED');
  }

  breakWatches(forget: boolean): void {
    if (forget) this.#compacted = ++this.#revision.current;
    const change = this.#change;
    this.#change = Promise.withResolvers();
    change.resolve('broken');
  }

  async get(key: ObjectKey, options?: GetOptions): Promise<T> {
    options?.signal?.throwIfAborted();
    this.#report('get', key);
    return this.#existing(key);
  }

  async list(options: ListOptions = {}): Promise<KubeList<T>> {
    this.#report('list', { name: '', namespace: options.namespace });
    const items = this.all().filter((object) => this.#selected(object, options));
    return { apiVersion: 'v1', kind: `${this.type.kind}List`, metadata: { resourceVersion: String(this.#revision.current) }, items };
  }

  async *watch(options: WatchOptions = {}): AsyncGenerator<WatchEvent<T>, void, undefined> {
    this.#report('watch', { name: '', namespace: options.namespace });
    const { signal } = options;
    const aborted = new Promise<'broken'>((resolve) => signal?.addEventListener('abort', () => resolve('broken'), { once: true }));
    let seen = Number(options.resourceVersion ?? 0);
    if (seen > 0 && seen < this.#compacted) throw gone(`too old resource version: ${seen} (${this.#compacted})`);
    let at = this.#log.findIndex(({ revision }) => revision > seen);
    if (at < 0) at = this.#log.length;
    for (;;) {
      const change = this.#change.promise;
      for (; at < this.#log.length; at++) {
        if (signal?.aborted) return;
        const { event, revision } = this.#log[at]!;
        seen = revision;
        if (this.#selected(event.object as T, options)) yield event as WatchEvent<T>;
      }
      if ((await Promise.race([change, aborted])) === 'broken') return;
    }
  }

  async create(object: T, options?: WriteOptions): Promise<T> {
    const metadata = { ...object.metadata };
    if (!metadata.name && metadata.generateName) metadata.name = metadata.generateName + randomUUID().slice(-5);
    this.#report('create', metadata, '', object);
    if (this.type.namespaced && !metadata.namespace) throw badRequest('namespace is missing');
    if (this.#objects.has(keyOf(metadata))) throw alreadyExists(this.type, metadata.name);
    if (metadata.resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created');
    Object.assign(metadata, { uid: randomUUID(), creationTimestamp: timestamp(), deletionTimestamp: undefined });
    if (hasSpec(object)) metadata.generation = 1;
    const created = { ...object, metadata, ...(hasSpec(object) ? { status: statusOf(object) ?? {} } : {}) };
    return options?.dryRun ? created : this.#store(created, 'ADDED');
  }

  async update(object: T, options?: WriteOptions & { subresource?: string }): Promise<T> {
    const subresource = options?.subresource ?? '';
    this.#report('update', object.metadata, subresource, object);
    return this.#replace(object, subresource);
  }

  updateStatus(object: T, options?: WriteOptions): Promise<T> {
    return this.update(object, { ...options, subresource: 'status' });
  }

  async patch(key: ObjectKey, type: PatchType, patch: unknown, options?: PatchOptions): Promise<T> {
    const subresource = options?.subresource ?? '';
    this.#report('patch', key, subresource, patch);
    return this.#replace(applyFakePatch(this.#existing(key), type, patch), subresource);
  }

  async delete(key: ObjectKey, options: DeleteOptions = {}): Promise<unknown> {
    this.#report('delete', key, '', options);
    const object = this.#existing(key);
    const { uid, resourceVersion } = options.preconditions ?? {};
    if (uid && uid !== object.metadata.uid) {
      const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${object.metadata.uid}`;
      throw conflict(this.type, key.name, why);
    }
    if (resourceVersion && resourceVersion !== object.metadata.resourceVersion) {
      const why = `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${object.metadata.resourceVersion}`;
      throw conflict(this.type, key.name, why);
    }
    return this.#deleteGracefully(object, options);
  }

  async deleteCollection(list: ListOptions = {}, options?: DeleteOptions): Promise<void> {
    this.#report('deletecollection', { name: '', namespace: list.namespace }, '', list);
    for (const object of this.all()) if (this.#selected(object, list)) this.#deleteGracefully(object, options ?? {});
  }

  async createSubresource<R>(key: ObjectKey, subresource: string, body: unknown): Promise<R> {
    this.#report('create', key, subresource, body);
    const object = this.#existing(key);
    if (subresource === 'eviction') return this.#deleteGracefully(object, {}) as unknown as R;
    if (subresource === 'binding') {
      const { target } = body as { target: { name: string } };
      this.#store({ ...object, spec: { ...(object as { spec?: object }).spec, nodeName: target.name } }, 'MODIFIED');
    }
    return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 } as R;
  }

  async getSubresource<R>(key: ObjectKey, subresource: string): Promise<R> {
    this.#report('get', key, subresource);
    return this.#existing(key) as unknown as R;
  }

  #report(verb: string, key: ObjectKey, subresource = '', body?: unknown): void {
    this.#act({ verb, resource: groupResource(this.type), namespace: key.namespace ?? '', name: key.name, subresource, body });
  }

  #existing(key: ObjectKey): T {
    const object = this.#objects.get(keyOf(key));
    if (!object) throw notFound(this.type, key.name);
    return object;
  }

  #selected(object: T, options: ListOptions): boolean {
    if (options.namespace && object.metadata.namespace !== options.namespace) return false;
    return matchesSelectors(object, options);
  }

  #replace(object: T, subresource: string): T {
    const old = this.#existing(object.metadata);
    const { resourceVersion, uid } = object.metadata;
    if (resourceVersion && resourceVersion !== old.metadata.resourceVersion) throw conflict(this.type, old.metadata.name, MODIFIED);
    if (uid && uid !== old.metadata.uid) {
      throw conflict(
        this.type,
        old.metadata.name,
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`,
      );
    }
    const ofStatus = subresource === 'status' || subresource === 'approval';
    const merged = ofStatus ? { ...old, status: statusOf(object) } : { ...object, ...(hasSpec(old) ? { status: statusOf(old) } : {}) };
    const { uid: id, creationTimestamp, deletionTimestamp, generation = 1 } = old.metadata;
    const own = ofStatus ? old.metadata : object.metadata;
    const changed = hasSpec(old) && JSON.stringify(specOf(merged)) !== JSON.stringify(specOf(old));
    const metadata = {
      ...own,
      uid: id,
      creationTimestamp,
      deletionTimestamp,
      generation: hasSpec(old) ? generation + (changed ? 1 : 0) : undefined,
    };
    if (deletionTimestamp && !finalizersOf({ ...merged, metadata }).length && metadata.deletionGracePeriodSeconds === undefined) {
      return this.#remove({ ...merged, metadata });
    }
    const next = { ...merged, metadata };
    if (canonical(next) === canonical(old)) return old;
    return this.#store(next, 'MODIFIED');
  }

  #deleteGracefully(object: T, options: DeleteOptions): T {
    const metadata = { ...object.metadata };
    const finalizers = new Set(metadata.finalizers);
    if (options.propagationPolicy === 'Foreground') finalizers.add('foregroundDeletion');
    if (options.propagationPolicy === 'Orphan') finalizers.add('orphan');
    const grace = options.gracePeriodSeconds ?? gracePeriodOf(this.type, object);
    if (finalizersOf(object).length + finalizers.size === 0 && grace === 0) return this.#remove(object);
    if (metadata.deletionTimestamp && grace >= (metadata.deletionGracePeriodSeconds ?? 0)) return object;
    metadata.deletionTimestamp ??= timestamp(new Date(Date.now() + grace * 1000));
    metadata.deletionGracePeriodSeconds = grace > 0 ? grace : undefined;
    metadata.finalizers = finalizers.size > 0 ? [...finalizers] : undefined;
    return this.#store({ ...object, metadata }, 'MODIFIED');
  }

  #remove(object: T): T {
    this.#objects.delete(keyOf(object.metadata));
    return this.#publish(object, 'DELETED');
  }

  #store(object: T, type: 'ADDED' | 'MODIFIED'): T {
    const stored = this.#publish(object, type);
    this.#objects.set(keyOf(stored.metadata), stored);
    return stored;
  }

  #publish(object: T, type: WatchEvent['type']): T {
    const revision = ++this.#revision.current;
    const kinds = { apiVersion: apiVersionOf(this.type), kind: this.type.kind };
    const copy = JSON.parse(JSON.stringify({ ...kinds, ...object })) as T;
    copy.metadata.resourceVersion = String(revision);
    freeze(copy);
    this.#log.push({ revision, event: { type, object: copy } });
    const change = this.#change;
    this.#change = Promise.withResolvers();
    change.resolve('event');
    return copy;
  }
}

function keyOf(key: ObjectKey): string {
  return `${key.namespace ?? ''}/${key.name}`;
}

function hasSpec(object: object): boolean {
  return 'spec' in object;
}

function specOf(object: object): unknown {
  return (object as { spec?: unknown }).spec;
}

function statusOf(object: object): unknown {
  return (object as { status?: unknown }).status;
}

function canonical(object: KubeObject): string {
  return JSON.stringify({
    ...object,
    apiVersion: undefined,
    kind: undefined,
    metadata: { ...object.metadata, resourceVersion: undefined },
  });
}

/** Namespaces have finalizers in their spec as well. */
function finalizersOf(object: KubeObject): readonly string[] {
  const inSpec = object.kind === 'Namespace' ? (specOf(object) as { finalizers?: string[] } | undefined)?.finalizers : undefined;
  return [...(object.metadata.finalizers ?? []), ...(inSpec ?? [])];
}

/** Pods that run on a node are given time, as the API server gives it. */
function gracePeriodOf(type: ResourceType, object: KubeObject): number {
  if (type.resource !== 'pods' || type.group !== '') return 0;
  const { spec, status } = object as { spec?: { nodeName?: string; terminationGracePeriodSeconds?: number }; status?: { phase?: string } };
  if (!spec?.nodeName || status?.phase === 'Succeeded' || status?.phase === 'Failed') return 0;
  return spec.terminationGracePeriodSeconds ?? 30;
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const part of Object.values(value)) freeze(part);
}
