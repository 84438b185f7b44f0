import {
  apiVersionOf,
  serviceUnavailable,
  StatusError,
  type DeleteOptions,
  type KubeList,
  type KubeObject,
  type Status,
} from '#apimachinery';
import { HttpTransport, type HttpClientOptions } from './http-transport.ts';
import { parseJsonLines } from './json-lines.ts';
import { listQuery, queryString, resourcePath, watchQuery, writeQuery } from './request-path.ts';
import type {
  Client,
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

const PATCH_CONTENT_TYPES: Record<PatchType, string> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

const METADATA = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
const METADATA_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

/** A client of the API server at `options.server`. Requests carry the certificate, token or password given. */
export function httpClient(options: HttpClientOptions): Client {
  const transport = new HttpTransport(options);
  return {
    resource: (type) => new HttpResourceClient(transport, type),
    raw: (method, path, body, signal) => transport.json({ method, path, body, signal }),
    close: () => Promise.resolve(transport.close()),
  };
}

class HttpResourceClient<T extends KubeObject> implements ResourceClient<T> {
  readonly #transport: HttpTransport;
  readonly #type: ResourceType<T>;

  constructor(transport: HttpTransport, type: ResourceType<T>) {
    this.#transport = transport;
    this.#type = type;
  }

  async get(key: ObjectKey, options: GetOptions = {}): Promise<T> {
    const path = this.#path(key) + queryString({ resourceVersion: options.resourceVersion });
    const accept = this.#type.metadataOnly ? METADATA : undefined;
    return (await this.#transport.json({ method: 'GET', path, accept, signal: options.signal })) as T;
  }

  async list(options: ListOptions = {}): Promise<KubeList<T>> {
    const path = this.#path({ namespace: options.namespace }) + listQuery(options);
    const accept = this.#type.metadataOnly ? METADATA_LIST : undefined;
    const list = (await this.#transport.json({ method: 'GET', path, accept, signal: options.signal })) as KubeList<T>;
    list.items ??= [];
    for (const item of list.items) this.#nameKind(item);
    return list;
  }

  async *watch(options: WatchOptions = {}): AsyncGenerator<WatchEvent<T>, void, undefined> {
    const { signal } = options;
    const path = this.#path({ namespace: options.namespace }) + watchQuery(options);
    const accept = this.#type.metadataOnly ? METADATA : undefined;
    try {
      const response = await this.#transport.stream({ method: 'GET', path, accept, signal });
      for await (const line of parseJsonLines(response)) {
        const event = line as { type: string; object: unknown };
        if (event.type === 'ERROR') throw new StatusError(event.object as Status);
        yield event as WatchEvent<T>;
      }
    } catch (error) {
      if (signal?.aborted) return;
      if (error instanceof StatusError) throw error;
      throw new StatusError({ ...serviceUnavailable(`the watch broke off: ${String(error)}`).status }, { cause: error });
    }
  }

  create(object: T, options?: WriteOptions): Promise<T> {
    const path = this.#path({ namespace: object.metadata.namespace }) + writeQuery(options);
    return this.#write('POST', path, this.#withKind(object), options?.signal);
  }

  update(object: T, options?: WriteOptions & { subresource?: string }): Promise<T> {
    const path = this.#path(object.metadata, options?.subresource) + writeQuery(options);
    return this.#write('PUT', path, this.#withKind(object), options?.signal);
  }

  updateStatus(object: T, options?: WriteOptions): Promise<T> {
    return this.update(object, { ...options, subresource: 'status' });
  }

  async patch(key: ObjectKey, type: PatchType, patch: unknown, options: PatchOptions = {}): Promise<T> {
    const path = this.#path(key, options.subresource) + writeQuery(options);
    const contentType = PATCH_CONTENT_TYPES[type];
    return (await this.#transport.json({ method: 'PATCH', path, body: patch, contentType, signal: options.signal })) as T;
  }

  delete(key: ObjectKey, options?: DeleteOptions): Promise<unknown> {
    return this.#transport.json({ method: 'DELETE', path: this.#path(key), body: deleteBody(options) });
  }

  async deleteCollection(list: ListOptions = {}, options?: DeleteOptions): Promise<void> {
    const path = this.#path({ namespace: list.namespace }) + listQuery(list);
    await this.#transport.json({ method: 'DELETE', path, body: deleteBody(options), signal: list.signal });
  }

  createSubresource<R>(key: ObjectKey, subresource: string, body: unknown): Promise<R> {
    return this.#transport.json({ method: 'POST', path: this.#path(key, subresource), body }) as Promise<R>;
  }

  getSubresource<R>(key: ObjectKey, subresource: string): Promise<R> {
    return this.#transport.json({ method: 'GET', path: this.#path(key, subresource) }) as Promise<R>;
  }

  #path(key: Partial<ObjectKey>, subresource?: string): string {
    return resourcePath(this.#type, key, subresource);
  }

  #write(method: string, path: string, body: T, signal: AbortSignal | undefined): Promise<T> {
    return this.#transport.json({ method, path, body, signal }) as Promise<T>;
  }

  /** Items of a list come without the kind that stands on the list. */
  #nameKind(item: T): void {
    if (this.#type.metadataOnly) return;
    item.apiVersion ??= apiVersionOf(this.#type);
    item.kind ??= this.#type.kind;
  }

  #withKind(object: T): T {
    return object.kind && object.apiVersion ? object : { ...object, apiVersion: apiVersionOf(this.#type), kind: this.#type.kind };
  }
}

function deleteBody(options: DeleteOptions | undefined): DeleteOptions | undefined {
  return options && { apiVersion: 'v1', kind: 'DeleteOptions', ...options };
}
