import { createHash, randomBytes } from 'node:crypto';
import { appendFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CriError } from '../cri-error.ts';
import type {
  Container,
  ContainerConfig,
  ContainerStatus,
  ExecSyncResult,
  Image,
  PodSandboxConfig,
  PodSandboxStatus,
  RuntimeFilter,
} from '../messages.ts';
import type { ContainerRuntime, ImageService, RuntimeEvent, RuntimeService } from '../services.ts';

/** How a simulated container behaves; from the pod's annotations `simulated.skiff.dev/…`, or given by the test. */
export interface SimulatedBehaviour {
  /** Exits after this many milliseconds; absent: runs until stopped. */
  exitAfterMs?: number;
  exitCode?: number;
  /** Written to the container's log when it starts. */
  log?: string;
  /** Ignores SIGTERM: dies only when the grace period is over. */
  stubborn?: boolean;
}

export interface SimulatedOptions {
  /** Behaviour of a container that is being started. */
  behaviour?(container: ContainerConfig): SimulatedBehaviour;
  /** What an exec'd command does; default: succeeds silently. */
  exec?(container: ContainerConfig, command: readonly string[]): { exitCode: number; stdout?: string };
  /** Which images a pull finds; default: all. */
  hasImage?(image: string): boolean;
  /** Images that are there from the start. */
  images?: readonly string[];
  /** Pods' addresses are counted up from here; default 10.244.0.0. */
  firstAddress?: string;
}

interface SimulatedSandbox extends PodSandboxStatus {
  config: PodSandboxConfig;
}

interface SimulatedContainer extends ContainerStatus {
  config: ContainerConfig;
  podSandboxId: string;
  logFile: string;
  stubborn: boolean;
  exitTimer?: NodeJS.Timeout;
}

const newId = (): string => randomBytes(32).toString('hex');
const now = (): number => Date.now() * 1e6;
const SIGTERM_EXIT = 143;
const SIGKILL_EXIT = 137;

function matches(labels: Record<string, string>, filter: RuntimeFilter): boolean {
  return Object.entries(filter.labelSelector ?? {}).every(([key, value]) => labels[key] === value);
}

function addressAfter(first: string, offset: number): string {
  const number = first.split('.').reduce((value, octet) => value * 256 + Number(octet), 0) + offset;
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}

/** The behaviour that a container's annotations ask for. */
function behaviourFrom(annotations: Record<string, string>): SimulatedBehaviour {
  const value = (name: string): string | undefined => annotations[`simulated.skiff.dev/${name}`];
  const exitAfter = value('exit-after-ms');
  return {
    exitAfterMs: exitAfter === undefined ? undefined : Number(exitAfter),
    exitCode: Number(value('exit-code') ?? 0),
    log: value('log'),
    stubborn: value('stubborn') === 'true',
  };
}

/**
 * A container runtime in this process: containers are records that start at once and exit as told. It holds to CRI's
 * rules, so that what works with it works with a real runtime, and costs a few hundred bytes a container.
 */
export class SimulatedRuntime implements ContainerRuntime {
  readonly runtime: RuntimeService;
  readonly images: ImageService;
  readonly #options: SimulatedOptions;
  readonly #sandboxes = new Map<string, SimulatedSandbox>();
  readonly #containers = new Map<string, SimulatedContainer>();
  readonly #images = new Map<string, Image>();
  readonly #listeners = new Set<(event: RuntimeEvent) => void>();
  #addresses = 0;
  /** Names of the calls made, for tests that ask in which order things happened. */
  readonly calls: string[] = [];

  constructor(options: SimulatedOptions = {}) {
    this.#options = options;
    for (const image of options.images ?? []) this.#addImage(image);
    this.runtime = this.#runtimeService();
    this.images = this.#imageService();
  }

  close(): void {
    for (const container of this.#containers.values()) clearTimeout(container.exitTimer);
  }

  /** Ends a running container from outside, as a crash would. */
  exit(containerId: string, exitCode: number, reason?: string): void {
    const container = this.#container(containerId);
    if (container.state === 'CONTAINER_RUNNING') this.#finish(container, exitCode, reason);
  }

  /** The newest container of this name in the pod of this name. */
  find(podName: string, containerName: string): ContainerStatus | undefined {
    return [...this.#containers.values()].findLast(
      (container) => container.metadata.name === containerName && container.labels['io.kubernetes.pod.name'] === podName,
    );
  }

  #runtimeService(): RuntimeService {
    return {
      version: async () => ({ version: '0.1.0', runtimeName: 'simulated', runtimeVersion: '1.0.0', runtimeApiVersion: 'v1' }),
      status: async () => ['RuntimeReady', 'NetworkReady'].map((type) => ({ type, status: true, reason: '', message: '' })),
      updateRuntimeConfig: async () => {},
      runPodSandbox: async (config) => this.#runSandbox(config),
      stopPodSandbox: async (id) => this.#stopSandbox(id),
      removePodSandbox: async (id) => this.#removeSandbox(id),
      podSandboxStatus: async (id) => ({ ...this.#sandbox(id) }),
      listPodSandbox: async (filter = {}) =>
        [...this.#sandboxes.values()].filter((sandbox) => matches(sandbox.labels, filter) && (filter.id ?? sandbox.id) === sandbox.id),
      createContainer: async (sandboxId, config, sandbox) => this.#createContainer(sandboxId, config, sandbox),
      startContainer: (id) => this.#startContainer(id),
      stopContainer: (id, grace) => this.#stopContainer(id, grace),
      removeContainer: async (id) => this.#removeContainer(id),
      listContainers: async (filter = {}) => this.#listContainers(filter),
      containerStatus: async (id) => ({ ...this.#container(id) }),
      updateContainerResources: async (id, { cpuQuota, memoryLimitInBytes }) => {
        this.calls.push(`UpdateContainerResources ${this.#container(id).metadata.name} ${cpuQuota} ${memoryLimitInBytes}`);
      },
      reopenContainerLog: async () => {},
      listContainerStats: async () => [],
      execSync: async (id, command) => this.#execSync(id, command),
      exec: async () => this.#noStreams(),
      attach: async () => this.#noStreams(),
      portForward: async () => this.#noStreams(),
      events: (signal) => this.#events(signal),
    };
  }

  #imageService(): ImageService {
    return {
      listImages: async () => [...this.#images.values()],
      imageStatus: async (image) => this.#images.get(image) ?? [...this.#images.values()].find(({ id }) => id === image),
      pullImage: async (image) => {
        this.calls.push(`PullImage ${image}`);
        if (this.#options.hasImage?.(image) === false)
          throw new CriError('NotFound', `failed to pull and unpack image "${image}": not found`);
        return this.#addImage(image).id;
      },
      removeImage: async (image) => void this.#images.delete(image),
      imageFsInfo: async () => [],
    };
  }

  #addImage(image: string): Image {
    const digest = `sha256:${createHash('sha256').update(image).digest('hex')}`;
    const entry: Image = {
      id: digest,
      repoTags: [image],
      repoDigests: [`${image.split(':')[0]}@${digest}`],
      size: 1_000_000,
      uid: { value: 0 },
      username: '',
      pinned: false,
    };
    this.#images.set(image, entry);
    return entry;
  }

  #runSandbox(config: PodSandboxConfig): string {
    this.calls.push(`RunPodSandbox ${config.metadata.name}`);
    const id = newId();
    const { namespaceOptions } = config.linux.securityContext;
    const ip = namespaceOptions.network === 'NODE' ? '' : addressAfter(this.#options.firstAddress ?? '10.244.0.0', 2 + this.#addresses++);
    const { metadata, labels, annotations } = config;
    this.#sandboxes.set(id, {
      id,
      config,
      metadata,
      labels,
      annotations,
      state: 'SANDBOX_READY',
      createdAt: now(),
      network: { ip, additionalIps: [] },
      linux: { namespaces: { options: namespaceOptions } },
    });
    return id;
  }

  #stopSandbox(id: string): void {
    const sandbox = this.#sandboxes.get(id);
    if (sandbox === undefined) return;
    this.calls.push(`StopPodSandbox ${sandbox.metadata.name}`);
    for (const container of this.#containers.values()) {
      if (container.podSandboxId === id && container.state === 'CONTAINER_RUNNING') this.#finish(container, SIGKILL_EXIT);
    }
    sandbox.state = 'SANDBOX_NOTREADY';
    this.#emit({ containerId: id, type: 'exited' });
  }

  #removeSandbox(id: string): void {
    this.#stopSandbox(id);
    for (const container of this.#containers.values()) if (container.podSandboxId === id) this.#containers.delete(container.id);
    this.#sandboxes.delete(id);
  }

  #createContainer(podSandboxId: string, config: ContainerConfig, sandbox: PodSandboxConfig): string {
    if (this.#sandbox(podSandboxId).state !== 'SANDBOX_READY')
      throw new CriError('Unknown', `sandbox container "${podSandboxId}" is not running`);
    const image = this.#images.get(config.image.image) ?? [...this.#images.values()].find(({ id }) => id === config.image.image);
    if (image === undefined)
      throw new CriError('NotFound', `failed to create containerd container: image "${config.image.image}": not found`);
    const id = newId();
    this.calls.push(`CreateContainer ${config.metadata.name}`);
    const { metadata, labels, annotations } = config;
    this.#containers.set(id, {
      id,
      config,
      podSandboxId,
      metadata,
      labels,
      annotations: { ...sandbox.annotations, ...annotations },
      state: 'CONTAINER_CREATED',
      createdAt: now(),
      startedAt: 0,
      finishedAt: 0,
      exitCode: 0,
      image: { image: image.repoTags[0] ?? image.id },
      imageRef: image.repoDigests[0] ?? image.id,
      reason: '',
      message: '',
      mounts: config.mounts,
      logPath: config.logPath,
      logFile: join(sandbox.logDirectory, config.logPath),
      stubborn: false,
    });
    return id;
  }

  async #startContainer(id: string): Promise<void> {
    const container = this.#container(id);
    if (container.state !== 'CONTAINER_CREATED') throw new CriError('Unknown', `container is in ${container.state} state`);
    this.calls.push(`StartContainer ${container.metadata.name}`);
    const behaviour = { ...behaviourFrom(container.annotations), ...this.#options.behaviour?.(container.config) };
    container.state = 'CONTAINER_RUNNING';
    container.startedAt = now();
    container.stubborn = behaviour.stubborn === true;
    if (behaviour.log !== undefined) await this.#log(container, behaviour.log);
    this.#emit({ containerId: id, type: 'started' });
    if (behaviour.exitAfterMs !== undefined) {
      container.exitTimer = setTimeout(() => this.#finish(container, behaviour.exitCode ?? 0), behaviour.exitAfterMs);
      container.exitTimer.unref();
    }
  }

  async #log(container: SimulatedContainer, text: string): Promise<void> {
    await mkdir(dirname(container.logFile), { recursive: true });
    const lines = text.split('\n').map((line) => `${new Date().toISOString().replace('Z', '000000Z')} stdout F ${line}\n`);
    await appendFile(container.logFile, lines.join(''));
  }

  async #stopContainer(id: string, graceSeconds: number): Promise<void> {
    const container = this.#containers.get(id);
    if (container === undefined || container.state !== 'CONTAINER_RUNNING') return;
    this.calls.push(`StopContainer ${container.metadata.name} ${graceSeconds}`);
    if (!container.stubborn) return this.#finish(container, SIGTERM_EXIT);
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#listeners.delete(listener);
        resolve();
      };
      const timer = setTimeout(end, graceSeconds * 1000);
      const listener = (event: RuntimeEvent): void => void (event.containerId === id && end());
      this.#listeners.add(listener);
    });
    if (container.state === 'CONTAINER_RUNNING') this.#finish(container, SIGKILL_EXIT);
  }

  #finish(container: SimulatedContainer, exitCode: number, reason = exitCode === 0 ? 'Completed' : 'Error'): void {
    clearTimeout(container.exitTimer);
    Object.assign(container, { state: 'CONTAINER_EXITED', finishedAt: now(), exitCode, reason });
    this.#emit({ containerId: container.id, type: 'exited' });
  }

  #removeContainer(id: string): void {
    const container = this.#containers.get(id);
    if (container?.state === 'CONTAINER_RUNNING') this.#finish(container, SIGKILL_EXIT);
    this.#containers.delete(id);
  }

  #listContainers(filter: RuntimeFilter): Container[] {
    return [...this.#containers.values()].filter(
      (container) =>
        matches(container.labels, filter) &&
        (filter.id ?? container.id) === container.id &&
        (filter.podSandboxId ?? container.podSandboxId) === container.podSandboxId,
    );
  }

  #execSync(id: string, command: readonly string[]): ExecSyncResult {
    const container = this.#container(id);
    this.calls.push(`ExecSync ${container.metadata.name} ${command.join(' ')}`);
    const { exitCode, stdout = '' } = this.#options.exec?.(container.config, command) ?? { exitCode: 0 };
    return { exitCode, stdout: Buffer.from(stdout), stderr: Buffer.alloc(0) };
  }

  #noStreams(): never {
    throw new CriError('Unimplemented', 'a simulated container has no streams');
  }

  async *#events(signal: AbortSignal): AsyncGenerator<RuntimeEvent> {
    const pending: RuntimeEvent[] = [];
    let wake = (): void => {};
    const listener = (event: RuntimeEvent): void => {
      pending.push(event);
      wake();
    };
    const abort = (): void => wake();
    this.#listeners.add(listener);
    signal.addEventListener('abort', abort);
    try {
      while (!signal.aborted) {
        const event = pending.shift();
        if (event !== undefined) yield event;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      this.#listeners.delete(listener);
      signal.removeEventListener('abort', abort);
    }
  }

  #emit(event: RuntimeEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #sandbox(id: string): SimulatedSandbox {
    const sandbox = this.#sandboxes.get(id);
    if (sandbox === undefined) throw new CriError('NotFound', `an error occurred when try to find sandbox: not found`);
    return sandbox;
  }

  #container(id: string): SimulatedContainer {
    const container = this.#containers.get(id);
    if (container === undefined) throw new CriError('NotFound', `an error occurred when try to find container "${id}": not found`);
    return container;
  }
}
