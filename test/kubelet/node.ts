import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pod, PodSpec } from '#api/generated/core-v1.ts';
import { fakeClient, resources, type Client, type FakeClient, type ResourceClient, type ResourceType } from '#client';
import type { KubeObject } from '#apimachinery';
import { containerdPaths, startContainerd, startKubelet, type Containerd, type Kubelet, type KubeletOptions } from '#kubelet';
import { removePodNetwork, writeCniConfig } from '#network';
import { importTestImages } from './images.ts';

const SANDBOX_IMAGE = 'registry.k8s.io/pause:3.10';
const NODE_NAME = 'node-1';

/** A node with a real containerd and an API server in memory. */
export interface TestNode {
  client: FakeClient;
  containerd: Containerd;
  directory: string;
  socket: string;
  kubelet: Kubelet;
  restartKubelet(): Promise<void>;
  createPod(name: string, spec: PodSpec, more?: Partial<Pod['metadata']>): Promise<Pod>;
  /** The pod once the condition holds. */
  podWhen(name: string, condition: (pod: Pod) => boolean): Promise<Pod>;
  podGone(name: string): Promise<void>;
  events(reason: string): { message?: string }[];
  close(): Promise<void>;
}

/** Adds what the fake API server lacks: tokens of service accounts, and leave for everything. */
function withReviews(client: FakeClient): Client {
  const grant = { status: { token: 'a-token', expirationTimestamp: new Date(Date.now() + 3_600_000).toISOString() } };
  const answers: Record<string, Record<string, () => Promise<unknown>>> = {
    serviceaccounts: { createSubresource: async () => grant },
    subjectaccessreviews: { create: async () => ({ status: { allowed: true } }) },
  };
  return {
    raw: (...args) => client.raw(...args),
    close: () => client.close(),
    resource: <T extends KubeObject>(type: ResourceType<T>): ResourceClient<T> =>
      new Proxy(client.resource(type), { get: (target, name) => answers[type.resource]?.[String(name)] ?? bound(target, name) }),
  };
}

function bound(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name);
  return typeof value === 'function' ? value.bind(target) : value;
}

export async function startTestNode(options: Partial<KubeletOptions> = {}): Promise<TestNode> {
  const directory = await mkdtemp(join(tmpdir(), 'skiff-node-'));
  const paths = containerdPaths(`${directory}/containerd`);
  const bridge = `sk${process.pid}`.slice(0, 15);
  const cni = { confDir: paths.cniConfDir, dataDir: `${directory}/cni-data`, bridge, podCidrs: ['10.250.7.0/24'] };
  await writeCniConfig(cni);
  const containerd = await startContainerd({ paths, sandboxImage: SANDBOX_IMAGE });
  await importTestImages(paths.socket, SANDBOX_IMAGE);
  const client = fakeClient();
  const start = (): Promise<Kubelet> =>
    startKubelet({
      client: withReviews(client),
      nodeName: NODE_NAME,
      directory: `${directory}/kubelet`,
      runtime: containerd.connect(),
      addresses: [{ type: 'InternalIP', address: '10.250.7.1' }],
      cgroupRoot: `/skiff-test-${process.pid}`,
      sandboxImage: SANDBOX_IMAGE,
      ...options,
    });
  let kubelet = await start();
  const key = (name: string): { namespace: string; name: string } => ({ namespace: 'default', name });
  return {
    client,
    containerd,
    directory,
    socket: paths.socket,
    get kubelet() {
      return kubelet;
    },
    restartKubelet: async () => {
      await kubelet.stop();
      kubelet = await start();
    },
    createPod: (name, spec, more = {}) =>
      client.resource(resources.pods).create({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace: 'default', ...more },
        spec: { restartPolicy: 'Always', terminationGracePeriodSeconds: 30, dnsPolicy: 'Default', ...spec, nodeName: NODE_NAME },
        status: { phase: 'Pending' },
      }),
    podWhen: async (name, condition) => {
      const events = client
        .resource(resources.pods)
        .watch({ namespace: 'default', fieldSelector: `metadata.name=${name}`, resourceVersion: '' });
      for await (const { type, object } of events) if (type !== 'BOOKMARK' && condition(object)) return object;
      throw new Error('the watch ended');
    },
    podGone: async (name) => {
      const present = await client.resource(resources.pods).list({ namespace: 'default', fieldSelector: `metadata.name=${name}` });
      if (present.items.length === 0) return;
      const events = client
        .resource(resources.pods)
        .watch({ ...key(name), fieldSelector: `metadata.name=${name}`, resourceVersion: present.metadata.resourceVersion });
      for await (const { type } of events) if (type === 'DELETED') return;
    },
    events: (reason) => client.objects(resources.events).filter((event) => event.reason === reason),
    close: async () => {
      await kubelet.stop();
      await containerd.delete();
      await kubelet.delete();
      await removePodNetwork(cni);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export const isReady = (pod: Pod): boolean =>
  pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
