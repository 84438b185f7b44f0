import type { Event, Pod } from '#api/generated/core-v1.ts';
import { timestamp, type KubeObject } from '#apimachinery';
import { eventRecorder, fakeClient, informerFactory, resources, type FakeClient, type ResourceType } from '#client';
import { vi } from 'vitest';
import { DEFAULT_CONTROLLER_OPTIONS, type ControllerOptions, type StartController } from './context.ts';

/** Controllers at work on a fake API server, under vitest's fake timers. */
export interface TestCluster {
  client: FakeClient;
  /** Lets everything happen that can happen within these milliseconds. */
  settle(milliseconds?: number): Promise<void>;
  stop(): void;
  /** Events as `Normal Reason message`. */
  events(): string[];
  get<T extends KubeObject>(type: ResourceType<T>, name: string, namespace?: string): T | undefined;
  list<T extends KubeObject>(type: ResourceType<T>): T[];
  /** Does what a scheduler and a kubelet would do to make this pod ready. */
  runPod(pod: Pod, options?: { ready?: boolean; phase?: string; node?: string; ip?: string }): Promise<Pod>;
}

export async function testCluster(
  objects: readonly KubeObject[],
  controllers: readonly StartController[],
  options: Partial<ControllerOptions> & { prepare?(client: FakeClient): void } = {},
): Promise<TestCluster> {
  const client = fakeClient(objects);
  options.prepare?.(client);
  const stop = new AbortController();
  const { signal } = stop;
  const context = {
    client,
    signal,
    informers: informerFactory(client, signal),
    options: { ...DEFAULT_CONTROLLER_OPTIONS, rootCA: 'CA', ...options },
    recorder: (component: string) => eventRecorder({ client, component, signal }),
  };
  const cluster: TestCluster = {
    client,
    settle: async (milliseconds = 100) => void (await vi.advanceTimersByTimeAsync(milliseconds)),
    stop: () => stop.abort(),
    events: () => client.objects(resources.events).map((event: Event) => `${event.type} ${event.reason} ${event.message}`),
    get: (type, name, namespace) => client.objects(type).find(({ metadata }) => metadata.name === name && metadata.namespace === namespace),
    list: (type) => client.objects(type),
    runPod: (pod, state = {}) => runPod(client, pod, state),
  };
  for (const start of controllers) void start(context);
  await cluster.settle();
  return cluster;
}

let lastIp = 1;

async function runPod(client: FakeClient, pod: Pod, state: { ready?: boolean; phase?: string; node?: string; ip?: string }): Promise<Pod> {
  const { ready = true, phase = 'Running', node = 'node-1' } = state;
  const ip = state.ip ?? pod.status?.podIP ?? `10.244.0.${++lastIp}`;
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: timestamp() }];
  const key = { name: pod.metadata.name, namespace: pod.metadata.namespace };
  await client.resource(resources.pods).patch(key, 'merge', { spec: { nodeName: pod.spec.nodeName ?? node } });
  return client
    .resource(resources.pods)
    .patch(key, 'merge', { status: { phase, podIP: ip, podIPs: [{ ip }], conditions } }, { subresource: 'status' });
}
