import { apiVersionOf, groupResource, methodNotSupported, notFound, parseApiVersion, type KubeObject } from '#apimachinery';
import { FakeResource, type FakeRevision } from './fake-resource.ts';
import { resources } from './resources.ts';
import type { Client, ResourceClient, ResourceType } from './types.ts';

/** One call that a fake client was asked for. */
export interface FakeAction {
  verb: string;
  /** `pods`, `deployments.apps` */
  resource: string;
  namespace: string;
  name: string;
  subresource: string;
  /** The object, the patch or the options. */
  body?: unknown;
}

/** Called before each action; may throw in the server's stead. */
export type Reactor = (action: FakeAction) => void;

export interface FakeClient extends Client {
  /** Every write there was, in order. */
  readonly actions: FakeAction[];
  /** Puts reactors before all actions on a resource (`pods`), reads and watches too. */
  react(resource: string, reactor: Reactor): void;
  /** Declares a resource, for discovery, before any object of it exists. */
  serve(...types: ResourceType[]): void;
  /** Makes every present watch end, as a server that restarts does; with `forget`, resuming them fails with 410 Gone. */
  breakWatches(options?: { forget?: boolean }): void;
  /** All objects of a resource, without an action. */
  objects<T extends KubeObject>(type: ResourceType<T>): T[];
}

const KNOWN = new Map<string, ResourceType>(
  Object.values(resources).map((type) => [`${apiVersionOf(type)}/${type.kind}`, type as ResourceType]),
);

/**
 * An API server in memory, for tests: resource versions and their conflicts, uids, watches that can be resumed, finalizers,
 * graceful deletion of scheduled pods, the status subresource, merge and JSON patches, discovery. No defaults, no validation,
 * no admission. What it hands out is frozen, so that code that changes shared objects fails.
 */
export function fakeClient(objects: readonly KubeObject[] = []): FakeClient {
  return new InMemoryClient(objects);
}

class InMemoryClient implements FakeClient {
  readonly actions: FakeAction[] = [];
  readonly #resources = new Map<string, FakeResource<KubeObject>>();
  readonly #reactors = new Map<string, Reactor[]>();
  readonly #revision: FakeRevision = { current: 1 };

  constructor(objects: readonly KubeObject[]) {
    for (const object of objects) this.#of(this.#typeOf(object)).put(object);
  }

  resource<T extends KubeObject>(type: ResourceType<T>): ResourceClient<T> {
    return this.#of(type) as unknown as ResourceClient<T>;
  }

  objects<T extends KubeObject>(type: ResourceType<T>): T[] {
    return this.#of(type).all() as T[];
  }

  react(resource: string, reactor: Reactor): void {
    const reactors = this.#reactors.get(resource) ?? [];
    this.#reactors.set(resource, [...reactors, reactor]);
  }

  serve(...types: ResourceType[]): void {
    for (const type of types) this.#of(type);
  }

  breakWatches(options: { forget?: boolean } = {}): void {
    for (const resource of this.#resources.values()) resource.breakWatches(options.forget ?? false);
  }

  raw(method: string, path: string): Promise<unknown> {
    if (method !== 'GET') return Promise.reject(methodNotSupported({ group: '', resource: path }, method));
    const apiVersions = [...new Set([...this.#resources.values()].map(({ type }) => apiVersionOf(type)))];
    if (path === '/api') return Promise.resolve({ kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] });
    if (path === '/apis') return Promise.resolve({ kind: 'APIGroupList', apiVersion: 'v1', groups: groupsOf(apiVersions) });
    const match = /^\/apis?\/(.+)$/.exec(path);
    if (match) return Promise.resolve(this.#resourceList(match[1]!));
    return Promise.reject(notFound({ group: '', resource: 'paths' }, path));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #resourceList(apiVersion: string): unknown {
    const types = [...this.#resources.values()].map(({ type }) => type).filter((type) => apiVersionOf(type) === apiVersion);
    const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
    const listed = types.map(({ resource, kind, namespaced }) => ({
      name: resource,
      singularName: kind.toLowerCase(),
      kind,
      namespaced,
      verbs,
    }));
    return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersion, resources: listed };
  }

  #of(type: ResourceType): FakeResource<KubeObject> {
    const name = groupResource(type);
    let resource = this.#resources.get(name);
    if (!resource) {
      resource = new FakeResource(type, this.#revision, (action) => this.#act(action));
      this.#resources.set(name, resource);
    }
    return resource;
  }

  #act(action: FakeAction): void {
    if (!['get', 'list', 'watch'].includes(action.verb)) this.actions.push(action);
    for (const reactor of this.#reactors.get(action.resource) ?? []) reactor(action);
  }

  #typeOf(object: KubeObject): ResourceType {
    const { apiVersion = '', kind = '' } = object;
    const known = KNOWN.get(`${apiVersion}/${kind}`);
    if (known) return known;
    if (!kind) throw new Error(`object ${object.metadata.name} has no kind`);
    return {
      ...parseApiVersion(apiVersion),
      kind,
      resource: `${kind.toLowerCase()}s`,
      namespaced: object.metadata.namespace !== undefined,
    };
  }
}

function groupsOf(apiVersions: readonly string[]): unknown[] {
  return apiVersions
    .filter((groupVersion) => groupVersion.includes('/'))
    .map((groupVersion) => {
      const { group: name, version } = parseApiVersion(groupVersion);
      return { name, versions: [{ groupVersion, version }], preferredVersion: { groupVersion, version } };
    });
}
