import { badRequest, isGone, type DeleteOptions, type KubeList, type KubeObject } from '#apimachinery';
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
} from '#client';
import type { AuthorizationAttributes, Authorizer, RequestInfo, UserInfo } from '../types.ts';
import { converted, type Answer, type Operations } from '../registry/operations.ts';
import type { RegistryRequest, WriteParameters } from '../registry/request.ts';
import { forbiddenError } from '../authz/index.ts';
import { watchInProcess } from './watch.ts';

export interface InProcessOptions {
  operations: Operations;
  authorize: Authorizer;
  user: UserInfo;
  /** The field manager of writes: `kube-controller-manager`. */
  manager: string;
  /** Serves paths that are no resources' (`raw`), as the HTTP server would. */
  raw(method: string, path: string, body: unknown, user: UserInfo): Promise<unknown>;
  signal: AbortSignal;
}

/** The API server's client for components in its own process: objects are passed, not bytes; permissions and admission hold. */
export function inProcessClient(options: InProcessOptions): Client {
  return {
    resource: <T extends KubeObject>(type: ResourceType<T>) => new InProcessResource<T>(options, type),
    raw: (method, path, body) => options.raw(method, path, body, options.user),
    close: () => Promise.resolve(),
  };
}

class InProcessResource<T extends KubeObject> implements ResourceClient<T> {
  readonly #options: InProcessOptions;
  readonly #type: ResourceType;

  constructor(options: InProcessOptions, type: ResourceType) {
    this.#options = options;
    this.#type = type;
  }

  async get(key: ObjectKey, options: GetOptions = {}): Promise<T> {
    const request = await this.#request('get', key);
    return shown<T>(await this.#options.operations.get(request, { resourceVersion: options.resourceVersion }));
  }

  async list(options: ListOptions = {}): Promise<KubeList<T>> {
    const request = await this.#request('list', { name: '', namespace: options.namespace }, '', options);
    const answer = await this.#options.operations.list(request, options);
    if (answer.type !== 'list') throw new TypeError('a list was not answered with a list');
    const { served, list } = answer;
    await converted(answer);
    return {
      kind: served.listKind,
      apiVersion: served.apiVersion,
      metadata: { resourceVersion: String(list.revision), continue: list.continue, remainingItemCount: list.remaining },
      items: list.entries.map(({ object }) => served.fromStorage(object) as T),
    };
  }

  async *watch(options: WatchOptions = {}): AsyncGenerator<WatchEvent<T>> {
    const request = await this.#request('watch', { name: '', namespace: options.namespace }, '', options);
    const served = this.#options.operations.find(request);
    const signal = options.signal === undefined ? this.#options.signal : AbortSignal.any([options.signal, this.#options.signal]);
    try {
      yield* watchInProcess<T>(served, options, signal);
    } catch (error) {
      if (signal.aborted && !isGone(error)) return;
      throw error;
    }
  }

  async create(object: T, options: WriteOptions = {}): Promise<T> {
    const key = { name: '', namespace: object.metadata.namespace };
    const request = await this.#request('create', key);
    const body = { value: { ...object, kind: this.#type.kind, apiVersion: undefined } };
    return shown<T>(await this.#options.operations.create(request, body, this.#parameters(options)));
  }

  async update(object: T, options: WriteOptions & { subresource?: string } = {}): Promise<T> {
    const request = await this.#request('update', object.metadata, options.subresource);
    return shown<T>(await this.#options.operations.update(request, { value: object }, this.#parameters(options)));
  }

  async updateStatus(object: T, options: WriteOptions = {}): Promise<T> {
    return await this.update(object, { ...options, subresource: 'status' });
  }

  async patch(key: ObjectKey, type: PatchType, patch: unknown, options: PatchOptions = {}): Promise<T> {
    const request = await this.#request('patch', key, options.subresource);
    const parameters = { ...this.#parameters(options), force: options.force };
    return shown<T>(await this.#options.operations.patch(request, { type, body: { value: patch } }, parameters));
  }

  async delete(key: ObjectKey, options: DeleteOptions = {}): Promise<unknown> {
    const request = await this.#request('delete', key);
    return shown<T>(await this.#options.operations.delete(request, options));
  }

  async deleteCollection(list: ListOptions = {}, options: DeleteOptions = {}): Promise<void> {
    const request = await this.#request('deletecollection', { name: '', namespace: list.namespace }, '', list);
    await this.#options.operations.deleteCollection(request, list, options);
  }

  async createSubresource<R>(key: ObjectKey, subresource: string, body: unknown): Promise<R> {
    const request = await this.#request('create', key, subresource);
    const answer = await this.#options.operations.create(request, { value: body }, this.#parameters({}));
    return (await shown<KubeObject>(answer)) as unknown as R;
  }

  async getSubresource<R>(key: ObjectKey, subresource: string): Promise<R> {
    const request = await this.#request('get', key, subresource);
    return (await shown<KubeObject>(await this.#options.operations.get(request))) as unknown as R;
  }

  #parameters(options: WriteOptions): WriteParameters {
    return {
      dryRun: options.dryRun === true,
      fieldManager: options.fieldManager ?? this.#options.manager,
      fieldValidation: options.fieldValidation ?? 'Ignore',
    };
  }

  /** The request that this call would be over HTTPS, authorized. Throws 403. */
  async #request(verb: string, key: Partial<ObjectKey>, subresource = '', selectors: ListOptions = {}): Promise<RegistryRequest> {
    const { group, version, resource, namespaced } = this.#type;
    const info: RequestInfo = {
      path: '',
      verb,
      isResource: true,
      group,
      version,
      resource,
      subresource,
      namespace: namespaced ? (key.namespace ?? '') : resource === 'namespaces' && group === '' ? (key.name ?? '') : '',
      name: verb === 'create' && subresource === '' ? '' : (key.name ?? ''),
    };
    if (info.name === '' && (verb === 'get' || verb === 'update' || verb === 'patch' || verb === 'delete'))
      throw badRequest('resource name may not be empty');
    const attributes: AuthorizationAttributes = {
      ...info,
      user: this.#options.user,
      fieldSelector: selectors.fieldSelector,
      labelSelector: selectors.labelSelector,
    };
    const deciding = this.#options.authorize(attributes);
    const { decision, reason } = deciding instanceof Promise ? await deciding : deciding;
    if (decision !== 'allow') throw forbiddenError(attributes, reason);
    return {
      info,
      user: this.#options.user,
      now: new Date(),
      manager: this.#options.manager,
      signal: this.#options.signal,
      warn: () => undefined,
    };
  }
}

async function shown<T extends KubeObject>(answer: Answer): Promise<T> {
  await converted(answer);
  if (answer.type === 'entry') return answer.served.fromStorage(answer.entry.object) as T;
  if (answer.type === 'object') return answer.object as T;
  throw new TypeError('a single object was answered with a list');
}
