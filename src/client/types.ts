import type { DeleteOptions, KubeList, KubeObject } from '#apimachinery';

/** Names a resource for a client. `T` is the type of its objects and exists only for the compiler. */
export interface ResourceType<T extends KubeObject = KubeObject> {
  readonly group: string;
  readonly version: string;
  /** Plural, lower case: `pods`. */
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Read as PartialObjectMetadata where that is cheaper (over HTTP); in-process reads may carry the whole object. */
  readonly metadataOnly?: boolean;
  readonly $type?: T;
}

export interface GetOptions {
  resourceVersion?: string;
  signal?: AbortSignal;
}

export interface ListOptions {
  /** All namespaces when absent. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  resourceVersion?: string;
  resourceVersionMatch?: 'Exact' | 'NotOlderThan';
  limit?: number;
  continue?: string;
  signal?: AbortSignal;
}

export interface WatchOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Events after this revision; absent or `''`: first the present objects as ADDED. */
  resourceVersion?: string;
  allowWatchBookmarks?: boolean;
  sendInitialEvents?: boolean;
  timeoutSeconds?: number;
  signal?: AbortSignal;
}

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';

export interface WatchEvent<T extends KubeObject = KubeObject> {
  type: WatchEventType;
  object: T;
}

export interface WriteOptions {
  dryRun?: boolean;
  fieldManager?: string;
  fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
  signal?: AbortSignal;
}

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

export interface PatchOptions extends WriteOptions {
  /** For `apply`: take fields over from other managers. */
  force?: boolean;
  subresource?: string;
}

/** Which object: `namespace` is absent for cluster-scoped resources. */
export interface ObjectKey {
  name: string;
  namespace?: string;
}

/**
 * The verbs on one resource. Every method throws `StatusError`: the server's answer, or for a server that cannot be
 * reached a 503 made by the client. Objects that come back are shared: clone before changing.
 */
export interface ResourceClient<T extends KubeObject> {
  get(key: ObjectKey, options?: GetOptions): Promise<T>;
  list(options?: ListOptions): Promise<KubeList<T>>;
  /** Ends when the server ends it or `signal` aborts (without throwing); throws StatusError 410 when the revision is gone. */
  watch(options?: WatchOptions): AsyncIterable<WatchEvent<T>>;
  /** The namespace is the object's own. */
  create(object: T, options?: WriteOptions): Promise<T>;
  update(object: T, options?: WriteOptions & { subresource?: string }): Promise<T>;
  updateStatus(object: T, options?: WriteOptions): Promise<T>;
  patch(key: ObjectKey, type: PatchType, patch: unknown, options?: PatchOptions): Promise<T>;
  /** Answers with the object while it waits for finalizers or grace, else with a Status. */
  delete(key: ObjectKey, options?: DeleteOptions): Promise<unknown>;
  deleteCollection(list?: ListOptions, options?: DeleteOptions): Promise<void>;
  /** POST to a subresource: `binding`, `eviction`, `token`. */
  createSubresource<R>(key: ObjectKey, subresource: string, body: unknown): Promise<R>;
  getSubresource<R>(key: ObjectKey, subresource: string): Promise<R>;
}

/** Everything a component may do with the API server. Two kinds exist: over HTTPS, and in the API server's own process. */
export interface Client {
  resource<T extends KubeObject>(type: ResourceType<T>): ResourceClient<T>;
  /** Any other path, as JSON: `/version`, `/apis/…`. */
  raw(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<unknown>;
  close(): Promise<void>;
}
