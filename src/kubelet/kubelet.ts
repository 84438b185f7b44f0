import { mkdir } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { Pod } from '#api/generated/core-v1.ts';
import { createInformer, delay, eventRecorder, resources, type Informer } from '#client';
import { BackOff } from './back-off.ts';
import { detectMachine, type MachineFacts } from './containerd/index.ts';
import { PodCgroups } from './containers/index.ts';
import { collectImages, ImagePuller } from './images/index.ts';
import { unmountBelow } from './mounts.ts';
import { machineInfo, nodeAllocatable, NodeReporter, systemInfo, type MachineInfo } from './node/index.ts';
import { DEFAULT_MAX_PODS, KUBELET_VERSION, type KubeletOptions } from './options.ts';
import { WatchedPodObjects } from './pod-objects.ts';
import { isStaticPod, PodWorkers, StaticPods, type PodContext } from './pods/index.ts';
import { startServer, type KubeletServer } from './server/index.ts';
import { StatusWriter } from './status/index.ts';
import { prepareSecretDirectory, releaseSecretDirectory, ServiceAccountTokens } from './volumes/index.ts';
import { NetworkStatus } from './network-status.ts';
import { LogRotation } from './log-rotation.ts';

const IMAGE_COLLECTION_MS = 300_000;
const STOP_MS = 1000;

/** A running kubelet. */
export interface Kubelet {
  /** Of the HTTPS server; 0 without one. */
  readonly port: number;
  readonly workers: PodWorkers;
  /** Stops working; pods go on running. */
  stop(): Promise<void>;
  /** `stop`, and undoes what the kubelet did to the machine. The runtime's pods must have been removed. */
  delete(): Promise<void>;
}

function checkOptions(options: KubeletOptions): void {
  if (!isAbsolute(options.directory))
    throw new Error(`the kubelet's directory must be an absolute path, not ${JSON.stringify(options.directory)}`);
  if (options.nodeName === '') throw new Error('the kubelet needs a node name');
  if (!options.addresses.some(({ type }) => type === 'InternalIP'))
    throw new Error('the node needs at least one address of type InternalIP');
}

function reportTo(options: KubeletOptions): (message: string, error: unknown) => void {
  return options.onError ?? ((message, error) => console.error(`kubelet: ${message}:`, error instanceof Error ? error.message : error));
}

class RunningKubelet implements Kubelet {
  readonly workers: PodWorkers;
  readonly #options: KubeletOptions;
  readonly #stop: AbortController;
  readonly #context: PodContext;
  readonly #machine: MachineInfo;
  readonly #onError: (message: string, error: unknown) => void;
  readonly #network: NetworkStatus;
  #reporter: NodeReporter | undefined;
  #server: KubeletServer | undefined;
  #following: Promise<void> | undefined;
  #staticPods: StaticPods | undefined;

  constructor(options: KubeletOptions, machine: MachineInfo, facts: MachineFacts, stop: AbortController) {
    this.#options = options;
    this.#machine = machine;
    this.#stop = stop;
    this.#onError = reportTo(options);
    const { client, nodeName, directory, runtime } = options;
    const { signal } = stop;
    const objects = new WatchedPodObjects(client, (uid) => this.workers.get(uid)?.objectsChanged());
    const { maxPods = DEFAULT_MAX_PODS } = options;
    this.#network = new NetworkStatus(runtime.runtime);
    this.#context = {
      client,
      runtime,
      images: new ImagePuller({
        images: runtime.images,
        objects,
        provider: options.imageProvider,
        isUnreachable: options.isRegistryUnreachable,
      }),
      recorder: eventRecorder({ client, component: 'kubelet', host: nodeName, signal }),
      statuses: new StatusWriter(client, signal),
      objects,
      tokens: new ServiceAccountTokens(client),
      ...this.#services(signal),
      node: {
        nodeName,
        hostIPs: options.addresses.filter(({ type }) => type === 'InternalIP').map(({ address }) => address),
        allocatable: nodeAllocatable(machine, maxPods),
      },
      nodeMemoryBytes: machine.memoryBytes,
      cgroups:
        options.isolation === 'none'
          ? undefined
          : new PodCgroups({ root: options.cgroupRoot ?? '/', driver: facts.cgroupDriver, version: facts.cgroupVersion }),
      sandbox: {
        podLogs: options.podLogs ?? `${directory}/logs/pods`,
        clusterDns: options.clusterDns ?? [],
        clusterDomain: options.clusterDomain ?? 'cluster.local',
        resolverConfig: options.resolverConfig ?? '/etc/resolv.conf',
      },
      security: { seccompDirectory: `${directory}/seccomp`, appArmor: facts.appArmor },
      crashBackOff: new BackOff(),
      networkReady: () => this.#network.check(),
      podDirectory: (uid) => `${directory}/pods/${uid}`,
      secretDirectory: (uid) => `${directory}/secrets/${uid}`,
      bindMounts: options.isolation !== 'none',
      signal,
      report: this.#onError,
    };
    this.workers = new PodWorkers(this.#context);
  }

  get port(): number {
    return this.#server?.port ?? 0;
  }

  async start(): Promise<void> {
    const { signal } = this.#stop;
    await this.#serve();
    await this.#startStaticPods();
    this.#following = this.workers
      .followRuntime(this.#watchPods().synced)
      .catch((error: unknown) => this.#onError('following the runtime', error));
    this.#reporter = await this.#makeReporter();
    await this.#reporter.start();
    void new LogRotation(this.#context.runtime.runtime, this.workers, this.#context.sandbox.podLogs).run(signal);
    void this.#collectImages(signal);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#context.objects.stop();
    await this.#server?.close();
    // A container that takes its time to end is the next kubelet's business.
    await Promise.race([Promise.all([this.#following, ...[...this.workers].map((worker) => worker.settled())]), delay(STOP_MS)]);
  }

  async delete(): Promise<void> {
    await this.stop();
    await unmountBelow(`${this.#options.directory}/pods`);
    await releaseSecretDirectory(`${this.#options.directory}/secrets`);
    await this.#context.cgroups?.removeAll();
  }

  async #serve(): Promise<void> {
    const { server } = this.#options;
    if (server === undefined) return;
    this.#server = await startServer({
      ...server,
      client: this.#options.client,
      runtime: this.#options.runtime,
      workers: this.workers,
      nodeName: this.#options.nodeName,
      podLogs: this.#context.sandbox.podLogs,
    });
  }

  #services(signal: AbortSignal): Pick<PodContext, 'services' | 'servicesSynced'> {
    const { client, services: shared } = this.#options;
    if (shared !== undefined) return { services: () => shared.list(), servicesSynced: shared.synced };
    const onError = (error: unknown): void => this.#onError('following services', error);
    const own = createInformer(client, resources.services, { signal, onError });
    return { services: () => own.list(), servicesSynced: own.synced };
  }

  /** They need no API server: it may be one of them. */
  async #startStaticPods(): Promise<void> {
    const { staticPodDirectory: directory, client, nodeName } = this.#options;
    if (directory === undefined) return;
    const { statuses } = this.#context;
    this.#staticPods = new StaticPods({
      directory,
      nodeName,
      client,
      workers: this.workers,
      statuses,
      signal: this.#stop.signal,
      onError: this.#onError,
    });
    await this.#staticPods.start();
  }

  async #makeReporter(): Promise<NodeReporter> {
    const { client, nodeName, labels = {}, taints = [], addresses, directory, runtime, maxPods = DEFAULT_MAX_PODS } = this.#options;
    const version = await runtime.runtime.version();
    const info = await systemInfo(KUBELET_VERSION, `${version.runtimeName}://${version.runtimeVersion}`);
    return new NodeReporter({
      client,
      nodeName,
      labels,
      taints,
      recorder: this.#context.recorder,
      signal: this.#stop.signal,
      onPodCidr: async (cidr, cidrs) => {
        await this.#options.onPodCidr?.(cidr, cidrs);
        await runtime.runtime.updateRuntimeConfig(cidr);
        this.#network.changed();
      },
      onError: (error) => this.#onError('reporting the node', error),
      source: {
        machine: this.#machine,
        addresses,
        info,
        kubeletPort: this.port,
        maxPods,
        directory,
        images: () => runtime.images.listImages(),
        problems: () => this.#network.problems(),
      },
    });
  }

  #watchPods(): Informer<Pod> {
    const { client, nodeName } = this.#options;
    const informer = createInformer(client, resources.pods, {
      fieldSelector: `spec.nodeName=${nodeName}`,
      signal: this.#stop.signal,
      onError: (error, during) => this.#onError(`${during} of pods`, error),
    });
    const take = (pod: Pod): void => {
      if (pod.spec.nodeName !== nodeName) return;
      if (isStaticPod(pod)) this.#staticPods?.mirrorSeen(pod);
      else this.workers.update(pod);
    };
    const drop = (pod: Pod): void => (isStaticPod(pod) ? this.#staticPods?.mirrorGone(pod) : this.workers.remove(pod));
    informer.addHandlers({ add: take, update: take, delete: drop });
    return informer;
  }

  async #collectImages(signal: AbortSignal): Promise<void> {
    const { runtime, directory, sandboxImage } = this.#options;
    const timer = setInterval(() => {
      collectImages({
        images: runtime.images,
        runtime: runtime.runtime,
        directory,
        keep: sandboxImage === undefined ? [] : [sandboxImage],
      }).catch((error: unknown) => this.#onError('collecting images', error));
    }, IMAGE_COLLECTION_MS);
    signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  }
}

/**
 * Starts a kubelet: registers the node, runs the pods that are assigned to it and finds again those that an earlier kubelet
 * started. Resolves when the node has been registered. Throws with what is wrong when it cannot start.
 */
export async function startKubelet(options: KubeletOptions): Promise<Kubelet> {
  checkOptions(options);
  const stop = new AbortController();
  options.signal?.addEventListener('abort', () => stop.abort(), { once: true });
  // What pods may read, the machine's other users may not.
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  await mkdir(`${options.directory}/pods`, { recursive: true });
  const real = options.isolation !== 'none';
  await prepareSecretDirectory(`${options.directory}/secrets`, real);
  const facts = options.machine ?? detectMachine();
  const kubelet = new RunningKubelet(options, await machineInfo(options.directory), facts, stop);
  try {
    await kubelet.start();
  } catch (error) {
    await kubelet.stop();
    throw error;
  }
  return kubelet;
}
