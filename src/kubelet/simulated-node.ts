import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubeObject } from '#apimachinery';
import type { Pod, PodSpec } from '#api/generated/core-v1.ts';
import { fakeClient, resources, type Client, type FakeClient, type ResourceClient, type ResourceType } from '#client';
import { SimulatedRuntime, type SimulatedOptions } from './cri/index.ts';
import { startKubelet, type Kubelet } from './kubelet.ts';
import type { KubeletOptions } from './options.ts';

const NODE = 'node-1';

function bound(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name);
  return typeof value === 'function' ? value.bind(target) : value;
}

/** The fake API server, and tokens of service accounts, which it lacks. */
function withTokens(client: FakeClient): Client {
  const grant = { status: { token: 'a-token', expirationTimestamp: new Date(Date.now() + 3_600_000).toISOString() } };
  return {
    raw: (...args) => client.raw(...args),
    close: () => client.close(),
    resource: <T extends KubeObject>(type: ResourceType<T>): ResourceClient<T> => {
      const inner = client.resource(type);
      if (type.resource !== 'serviceaccounts') return inner;
      const createSubresource = async <R>(): Promise<R> => grant as R;
      return new Proxy(inner, { get: (target, name) => (name === 'createSubresource' ? createSubresource : bound(target, name)) });
    },
  };
}

/** For tests: a kubelet with a runtime and an API server in this process. */
export class SimulatedNode {
  readonly client: FakeClient = fakeClient();
  readonly runtime: SimulatedRuntime;
  readonly #options: Partial<KubeletOptions>;
  #directory = '';
  #kubelet: Kubelet | undefined;

  constructor(simulated: SimulatedOptions = {}, options: Partial<KubeletOptions> = {}) {
    this.runtime = new SimulatedRuntime(simulated);
    this.#options = options;
  }

  get kubelet(): Kubelet {
    if (this.#kubelet === undefined) throw new Error('the kubelet has not been started');
    return this.#kubelet;
  }

  get directory(): string {
    return this.#directory;
  }

  async start(): Promise<this> {
    if (this.#directory === '') this.#directory = await mkdtemp(join(tmpdir(), 'kubelet-'));
    this.#kubelet = await startKubelet({
      client: withTokens(this.client),
      nodeName: NODE,
      directory: this.#directory,
      runtime: this.runtime,
      addresses: [{ type: 'InternalIP', address: '192.0.2.1' }],
      isolation: 'none',
      ...this.#options,
    });
    return this;
  }

  /** Stops the kubelet and starts another one; the runtime goes on. */
  async restart(): Promise<void> {
    await this.kubelet.stop();
    await this.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#kubelet?.stop();
    this.runtime.close();
    if (this.#directory !== '') await rm(this.#directory, { recursive: true, force: true });
  }

  createPod(name: string, spec: Partial<PodSpec> = {}, metadata: Partial<Pod['metadata']> = {}): Promise<Pod> {
    const container = { name: 'c', image: 'app:1', resources: {} };
    return this.client.resource(resources.pods).create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default', ...metadata },
      spec: { containers: [container], restartPolicy: 'Always', terminationGracePeriodSeconds: 30, ...spec, nodeName: NODE },
      status: { phase: 'Pending' },
    });
  }

  /** The pod as soon as the condition holds. */
  async podWhen(name: string, condition: (pod: Pod) => boolean): Promise<Pod> {
    const stop = new AbortController();
    const events = this.client
      .resource(resources.pods)
      .watch({ namespace: 'default', fieldSelector: `metadata.name=${name}`, resourceVersion: '', signal: stop.signal });
    for await (const { type, object } of events) {
      if (type === 'BOOKMARK' || !condition(object)) continue;
      stop.abort();
      return object;
    }
    throw new Error('the watch ended');
  }

  /** Resolves when the API server no longer has the pod. */
  async podGone(name: string): Promise<void> {
    const pods = this.client.resource(resources.pods);
    const fieldSelector = `metadata.name=${name}`;
    const present = await pods.list({ namespace: 'default', fieldSelector });
    if (present.items.length === 0) return;
    const stop = new AbortController();
    for await (const { type } of pods.watch({
      namespace: 'default',
      fieldSelector,
      resourceVersion: present.metadata.resourceVersion,
      signal: stop.signal,
    })) {
      if (type === 'DELETED') stop.abort();
    }
  }

  /** Events of this reason so far, newest last. */
  async events(reason: string): Promise<string[]> {
    return this.client
      .objects(resources.events)
      .filter((event) => event.reason === reason)
      .map(({ message = '' }) => message);
  }

  /** Resolves with the message of the first event of this reason. */
  async eventWhen(reason: string): Promise<string> {
    const stop = new AbortController();
    for await (const { object } of this.client.resource(resources.events).watch({ resourceVersion: '', signal: stop.signal })) {
      if (object.reason !== reason) continue;
      stop.abort();
      return object.message ?? '';
    }
    throw new Error('the watch ended');
  }
}

export const isReady = (pod: Pod): boolean =>
  pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
