import { isNotFound, notFound, type KubeObject } from '#apimachinery';
import type { ConfigMap, Pod, Secret } from '#api/generated/core-v1.ts';
import { createInformer, resources, type Client, type Informer, type ResourceType } from '#client';
import { podContainers } from './pods/pod-containers.ts';

/** The config maps and secrets that pods refer to. */
export interface PodObjects {
  /** Throws 404 with the text that kubelets use (`configmap "x" not found`). */
  configMap(namespace: string, name: string): Promise<ConfigMap>;
  secret(namespace: string, name: string): Promise<Secret>;
}

interface Watched<T extends KubeObject> {
  informer: Informer<T>;
  stop: AbortController;
  /** Uids of the pods that refer to it. */
  users: Set<string>;
}

const SYNC_TIMEOUT_MS = 10_000;

/** Watches single objects of one kind, each as long as some pod refers to it. */
class ReferencedObjects<T extends KubeObject> {
  readonly #client: Client;
  readonly #type: ResourceType<T>;
  readonly #watched = new Map<string, Watched<T>>();
  readonly #changed: (podUid: string) => void;

  constructor(client: Client, type: ResourceType<T>, changed: (podUid: string) => void) {
    this.#client = client;
    this.#type = type;
    this.#changed = changed;
  }

  use(podUid: string, namespace: string, names: ReadonlySet<string>): void {
    for (const name of names) {
      const key = `${namespace}/${name}`;
      const watched = this.#watched.get(key) ?? this.#watch(key, namespace, name);
      watched.users.add(podUid);
    }
  }

  release(podUid: string): void {
    for (const [key, { users, stop }] of this.#watched) {
      if (!users.delete(podUid) || users.size > 0) continue;
      stop.abort();
      this.#watched.delete(key);
    }
  }

  async get(namespace: string, name: string): Promise<T> {
    const informer = this.#watched.get(`${namespace}/${name}`)?.informer;
    const known = informer?.get(name, namespace);
    if (known !== undefined) return known;
    // Not seen yet is not the same as absent: ask.
    try {
      return await this.#client.resource(this.#type).get({ namespace, name }, { signal: AbortSignal.timeout(SYNC_TIMEOUT_MS) });
    } catch (error) {
      if (isNotFound(error)) throw notFound({ group: '', resource: this.#type.kind.toLowerCase() }, name);
      throw error;
    }
  }

  stop(): void {
    for (const { stop } of this.#watched.values()) stop.abort();
    this.#watched.clear();
  }

  #watch(key: string, namespace: string, name: string): Watched<T> {
    const stop = new AbortController();
    const informer = createInformer(this.#client, this.#type, {
      namespace,
      fieldSelector: `metadata.name=${name}`,
      signal: stop.signal,
      onError: () => {},
    });
    const watched: Watched<T> = { informer, stop, users: new Set() };
    const tell = (): void => {
      for (const uid of watched.users) this.#changed(uid);
    };
    informer.addHandlers({ add: tell, update: tell, delete: tell });
    this.#watched.set(key, watched);
    return watched;
  }
}

/** Names of the config maps and secrets that a pod refers to. */
function referencedObjects(pod: Pod): { configMaps: Set<string>; secrets: Set<string> } {
  const configMaps = new Set<string>();
  const secrets = new Set<string>();
  const add = (names: Set<string>, name: string | undefined): void => void (name && names.add(name));
  for (const { name } of pod.spec.imagePullSecrets ?? []) add(secrets, name);
  for (const { configMap, secret, projected } of pod.spec.volumes ?? []) {
    add(configMaps, configMap?.name);
    add(secrets, secret?.secretName);
    for (const source of projected?.sources ?? []) {
      add(configMaps, source.configMap?.name);
      add(secrets, source.secret?.name);
    }
  }
  for (const { container } of podContainers(pod)) {
    for (const { configMapRef, secretRef } of container.envFrom ?? []) {
      add(configMaps, configMapRef?.name);
      add(secrets, secretRef?.name);
    }
    for (const { valueFrom } of container.env ?? []) {
      add(configMaps, valueFrom?.configMapKeyRef?.name);
      add(secrets, valueFrom?.secretKeyRef?.name);
    }
  }
  return { configMaps, secrets };
}

/** Serves pods' config maps and secrets from watches that live as long as the pods, and tells when one changes. */
export class WatchedPodObjects implements PodObjects {
  readonly #configMaps: ReferencedObjects<ConfigMap>;
  readonly #secrets: ReferencedObjects<Secret>;

  /** `changed` hears of every pod one of whose objects came, changed or went. */
  constructor(client: Client, changed: (podUid: string) => void) {
    this.#configMaps = new ReferencedObjects(client, resources.configMaps, changed);
    this.#secrets = new ReferencedObjects(client, resources.secrets, changed);
  }

  /** Starts following what the pod refers to; safe to repeat. */
  register(pod: Pod): void {
    const { uid = '', namespace = '' } = pod.metadata;
    const { configMaps, secrets } = referencedObjects(pod);
    this.#configMaps.use(uid, namespace, configMaps);
    this.#secrets.use(uid, namespace, secrets);
  }

  unregister(podUid: string): void {
    this.#configMaps.release(podUid);
    this.#secrets.release(podUid);
  }

  configMap(namespace: string, name: string): Promise<ConfigMap> {
    return this.#configMaps.get(namespace, name);
  }

  secret(namespace: string, name: string): Promise<Secret> {
    return this.#secrets.get(namespace, name);
  }

  stop(): void {
    this.#configMaps.stop();
    this.#secrets.stop();
  }
}
