import { GrpcChannel, parseProtocol, type UnaryOptions } from './grpc-channel.ts';
import type {
  AuthConfig,
  Container,
  ContainerConfig,
  ContainerStats,
  ContainerStatus,
  ExecSyncResult,
  FilesystemUsage,
  Image,
  LinuxContainerResources,
  PodSandbox,
  PodSandboxConfig,
  PodSandboxStatus,
  RuntimeCondition,
  RuntimeFilter,
  VersionResponse,
} from './messages.ts';
import { CRI_PROTO } from './protocol.ts';
import type { CallOptions, ContainerRuntime, ImageService, RuntimeEvent, RuntimeService } from './services.ts';

const RUNTIME = 'runtime.v1.RuntimeService';
const IMAGES = 'runtime.v1.ImageService';

const QUERY_MS = 30_000;
/** Setting up or tearing down a sandbox runs network plugins, which may be slow. */
const SANDBOX_MS = 240_000;

let protocol: ReturnType<typeof parseProtocol> | undefined;

/** A source of events beside CRI's own, for runtimes that have a better one. */
export type EventSource = (signal: AbortSignal) => AsyncIterable<RuntimeEvent>;

class GrpcRuntimeService implements RuntimeService {
  readonly #channel: GrpcChannel;
  readonly #eventSource: EventSource | undefined;

  constructor(channel: GrpcChannel, eventSource: EventSource | undefined) {
    this.#channel = channel;
    this.#eventSource = eventSource;
  }

  version(): Promise<VersionResponse> {
    return this.#call('Version', { version: '0.1.0' });
  }

  async status(): Promise<RuntimeCondition[]> {
    const response = await this.#call<{ status: { conditions: RuntimeCondition[] } | null }>('Status', {});
    return response.status?.conditions ?? [];
  }

  async updateRuntimeConfig(podCidr: string): Promise<void> {
    await this.#call('UpdateRuntimeConfig', { runtimeConfig: { networkConfig: { podCidr } } });
  }

  async runPodSandbox(config: PodSandboxConfig, runtimeHandler: string, options: CallOptions = {}): Promise<string> {
    const request = { config, runtimeHandler };
    const response = await this.#call<{ podSandboxId: string }>('RunPodSandbox', request, { ...options, timeoutMs: SANDBOX_MS });
    return response.podSandboxId;
  }

  async stopPodSandbox(podSandboxId: string): Promise<void> {
    await this.#call('StopPodSandbox', { podSandboxId }, { timeoutMs: SANDBOX_MS });
  }

  async removePodSandbox(podSandboxId: string): Promise<void> {
    await this.#call('RemovePodSandbox', { podSandboxId }, { timeoutMs: SANDBOX_MS });
  }

  async podSandboxStatus(podSandboxId: string): Promise<PodSandboxStatus> {
    return (await this.#call<{ status: PodSandboxStatus }>('PodSandboxStatus', { podSandboxId })).status;
  }

  async listPodSandbox(filter: RuntimeFilter = {}): Promise<PodSandbox[]> {
    return (await this.#call<{ items: PodSandbox[] }>('ListPodSandbox', { filter })).items;
  }

  async createContainer(
    podSandboxId: string,
    config: ContainerConfig,
    sandboxConfig: PodSandboxConfig,
    options: CallOptions = {},
  ): Promise<string> {
    const request = { podSandboxId, config, sandboxConfig };
    const response = await this.#call<{ containerId: string }>('CreateContainer', request, { ...options, timeoutMs: SANDBOX_MS });
    return response.containerId;
  }

  async startContainer(containerId: string): Promise<void> {
    await this.#call('StartContainer', { containerId }, { timeoutMs: SANDBOX_MS });
  }

  async stopContainer(containerId: string, graceSeconds: number): Promise<void> {
    await this.#call('StopContainer', { containerId, timeout: graceSeconds }, { timeoutMs: graceSeconds * 1000 + SANDBOX_MS });
  }

  async removeContainer(containerId: string): Promise<void> {
    await this.#call('RemoveContainer', { containerId });
  }

  async listContainers(filter: RuntimeFilter = {}): Promise<Container[]> {
    return (await this.#call<{ containers: Container[] }>('ListContainers', { filter })).containers;
  }

  async containerStatus(containerId: string): Promise<ContainerStatus> {
    return (await this.#call<{ status: ContainerStatus }>('ContainerStatus', { containerId })).status;
  }

  async updateContainerResources(containerId: string, linux: LinuxContainerResources): Promise<void> {
    await this.#call('UpdateContainerResources', { containerId, linux });
  }

  async reopenContainerLog(containerId: string): Promise<void> {
    await this.#call('ReopenContainerLog', { containerId });
  }

  async listContainerStats(filter: RuntimeFilter = {}): Promise<ContainerStats[]> {
    return (await this.#call<{ stats: ContainerStats[] }>('ListContainerStats', { filter })).stats;
  }

  execSync(containerId: string, cmd: string[], timeoutSeconds: number): Promise<ExecSyncResult> {
    const timeoutMs = timeoutSeconds === 0 ? undefined : (timeoutSeconds + 2) * 1000;
    return this.#call('ExecSync', { containerId, cmd, timeout: timeoutSeconds }, { timeoutMs });
  }

  async exec(request: Parameters<RuntimeService['exec']>[0]): Promise<string> {
    return (await this.#call<{ url: string }>('Exec', request)).url;
  }

  async attach(request: Parameters<RuntimeService['attach']>[0]): Promise<string> {
    return (await this.#call<{ url: string }>('Attach', request)).url;
  }

  async portForward(request: Parameters<RuntimeService['portForward']>[0]): Promise<string> {
    return (await this.#call<{ url: string }>('PortForward', request)).url;
  }

  events(signal: AbortSignal): AsyncIterable<RuntimeEvent> {
    return this.#eventSource === undefined ? this.#containerEvents(signal) : this.#eventSource(signal);
  }

  async *#containerEvents(signal: AbortSignal): AsyncGenerator<RuntimeEvent> {
    const types: Record<string, RuntimeEvent['type']> = { CONTAINER_STARTED_EVENT: 'started', CONTAINER_STOPPED_EVENT: 'exited' };
    const stream = this.#channel.stream<{ containerId: string; containerEventType: string }>(RUNTIME, 'GetContainerEvents', {}, signal);
    for await (const event of stream) yield { containerId: event.containerId, type: types[event.containerEventType] ?? 'other' };
  }

  #call<Response>(method: string, request: object, options: UnaryOptions = { timeoutMs: QUERY_MS }): Promise<Response> {
    return this.#channel.unary<Response>(RUNTIME, method, request, options);
  }
}

class GrpcImageService implements ImageService {
  readonly #channel: GrpcChannel;

  constructor(channel: GrpcChannel) {
    this.#channel = channel;
  }

  async listImages(): Promise<Image[]> {
    return (await this.#call<{ images: Image[] }>('ListImages', {})).images;
  }

  async imageStatus(image: string): Promise<Image | undefined> {
    return (await this.#call<{ image: Image | null }>('ImageStatus', { image: { image } })).image ?? undefined;
  }

  async pullImage(
    image: string,
    auth: AuthConfig | undefined,
    sandboxConfig: PodSandboxConfig | undefined,
    options: CallOptions = {},
  ): Promise<string> {
    const response = await this.#call<{ imageRef: string }>('PullImage', { image: { image }, auth, sandboxConfig }, options);
    return response.imageRef;
  }

  async removeImage(image: string): Promise<void> {
    await this.#call('RemoveImage', { image: { image } });
  }

  async imageFsInfo(): Promise<FilesystemUsage[]> {
    return (await this.#call<{ imageFilesystems: FilesystemUsage[] }>('ImageFsInfo', {})).imageFilesystems;
  }

  #call<Response>(method: string, request: object, options: UnaryOptions = { timeoutMs: QUERY_MS }): Promise<Response> {
    return this.#channel.unary<Response>(IMAGES, method, request, options);
  }
}

/** Speaks CRI v1 to the runtime at `endpoint` (`unix:///run/…`). Connects on the first call. */
export function connectContainerRuntime(endpoint: string, eventSource?: EventSource): ContainerRuntime {
  protocol ??= parseProtocol(CRI_PROTO);
  const channel = new GrpcChannel(endpoint, protocol);
  return {
    runtime: new GrpcRuntimeService(channel, eventSource),
    images: new GrpcImageService(channel),
    close: () => channel.close(),
  };
}
