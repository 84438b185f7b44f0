import { isGone } from '#apimachinery';
import type { Service } from '#api/generated/core-v1.ts';
import type { EndpointSlice } from '#api/generated/discovery-v1.ts';
import type { Client, Informer } from '#client';
import { createInformer, resources } from '#client';

const SERVICE_NAME = 'kubernetes.io/service-name';
/** Services that are another proxy's business, and those without a cluster IP, are not even asked for. */
const SELECTOR = '!service.kubernetes.io/service-proxy-name,!service.kubernetes.io/headless';
const ZONE = 'topology.kubernetes.io/zone';

export interface WorldHandlers {
  /** A Service or one of its slices has changed: `namespace/name`. */
  onService(key: string): void;
  /** What of the node matters to rules has changed. */
  onNode(): void;
}

export interface WorldOptions {
  client: Client;
  nodeName: string;
  signal: AbortSignal;
  log(message: string, error?: unknown): void;
}

/** What the proxy knows of the cluster: Services, their EndpointSlices, its own node. */
export class ServiceWorld {
  readonly #services: Informer<Service>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #nodeName: string;
  readonly #nodes;

  constructor({ client, nodeName, signal, log }: WorldOptions) {
    const onError = (error: unknown, during: string): void => {
      // A watch that was away for too long is no failure: everything is listed anew.
      if (!isGone(error)) log(`following Services and endpoints: ${during} failed, trying again`, error);
    };
    this.#nodeName = nodeName;
    this.#services = createInformer(client, resources.services, { labelSelector: SELECTOR, signal, onError });
    this.#slices = createInformer(client, resources.endpointSlices, {
      labelSelector: SELECTOR,
      signal,
      onError,
      indexers: { service: serviceOf },
    });
    this.#nodes = createInformer(client, resources.nodes, { fieldSelector: `metadata.name=${nodeName}`, signal, onError });
  }

  /** Resolves when everything has been read once. */
  async synced(): Promise<void> {
    await Promise.all([this.#services.synced, this.#slices.synced, this.#nodes.synced]);
  }

  follow({ onService, onNode }: WorldHandlers): void {
    const service = ({ metadata }: Service): void => onService(`${metadata.namespace}/${metadata.name}`);
    this.#services.addHandlers({ add: service, update: service, delete: service });
    const slice = (object: EndpointSlice): void => {
      const key = serviceOf(object);
      if (key) onService(key);
    };
    this.#slices.addHandlers({
      add: slice,
      update: (object, old) => {
        slice(object);
        if (serviceOf(old) !== serviceOf(object)) slice(old);
      },
      delete: slice,
    });
    let known = this.#nodeState();
    const node = (): void => {
      const state = this.#nodeState();
      if (state !== known) onNode();
      known = state;
    };
    this.#nodes.addHandlers({ add: node, update: node, delete: node });
  }

  service(key: string): Service | undefined {
    const slash = key.indexOf('/');
    return this.#services.get(key.slice(slash + 1), key.slice(0, slash));
  }

  services(): Service[] {
    return this.#services.list();
  }

  slices(key: string): Iterable<EndpointSlice> {
    return this.#slices.byIndex('service', key);
  }

  /** The node's zone, if it has one. */
  get zone(): string | undefined {
    return this.#node?.metadata.labels?.[ZONE];
  }

  /** Whether load balancers should send traffic to this node: not when it is being deleted. */
  get isNodeEligible(): boolean {
    const node = this.#node;
    if (!node) return true;
    return !node.metadata.deletionTimestamp && !node.spec?.taints?.some(({ key }) => key === 'ToBeDeletedByClusterAutoscaler');
  }

  get #node() {
    return this.#nodes.get(this.#nodeName);
  }

  #nodeState(): string {
    return `${this.isNodeEligible} ${this.zone ?? ''}`;
  }
}

function serviceOf({ metadata }: EndpointSlice): string | undefined {
  const name = metadata.labels?.[SERVICE_NAME];
  return name && `${metadata.namespace}/${name}`;
}
