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

export interface CallOptions {
  signal?: AbortSignal;
}

/** A sandbox or container changed. `containerId` is the sandbox's own id for the sandbox's process. */
export interface RuntimeEvent {
  containerId: string;
  type: 'started' | 'exited' | 'oom' | 'other';
}

/** CRI's RuntimeService. Every method throws `CriError`. */
export interface RuntimeService {
  version(): Promise<VersionResponse>;
  status(): Promise<RuntimeCondition[]>;
  updateRuntimeConfig(podCidr: string): Promise<void>;

  runPodSandbox(config: PodSandboxConfig, runtimeHandler: string, options?: CallOptions): Promise<string>;
  /** Safe to repeat; unknown ids are no error. */
  stopPodSandbox(id: string): Promise<void>;
  removePodSandbox(id: string): Promise<void>;
  podSandboxStatus(id: string): Promise<PodSandboxStatus>;
  listPodSandbox(filter?: RuntimeFilter): Promise<PodSandbox[]>;

  createContainer(sandboxId: string, config: ContainerConfig, sandbox: PodSandboxConfig, options?: CallOptions): Promise<string>;
  startContainer(id: string): Promise<void>;
  /** Resolves when the container is dead: SIGTERM, then after `graceSeconds` SIGKILL. */
  stopContainer(id: string, graceSeconds: number): Promise<void>;
  removeContainer(id: string): Promise<void>;
  listContainers(filter?: RuntimeFilter): Promise<Container[]>;
  containerStatus(id: string): Promise<ContainerStatus>;
  updateContainerResources(id: string, resources: LinuxContainerResources): Promise<void>;
  reopenContainerLog(id: string): Promise<void>;
  listContainerStats(filter?: RuntimeFilter): Promise<ContainerStats[]>;

  /** Runs to the end; throws `CriError` with code DEADLINE_EXCEEDED after `timeoutSeconds` (0: never). */
  execSync(id: string, command: string[], timeoutSeconds: number): Promise<ExecSyncResult>;
  /** Each resolves with the URL of a one-time stream. */
  exec(request: { containerId: string; cmd: string[]; tty: boolean; stdin: boolean; stdout: boolean; stderr: boolean }): Promise<string>;
  attach(request: { containerId: string; tty: boolean; stdin: boolean; stdout: boolean; stderr: boolean }): Promise<string>;
  portForward(request: { podSandboxId: string; port: number[] }): Promise<string>;

  /** What happens in the runtime, as it happens; ends (or throws) when the runtime goes away or cannot tell. */
  events(signal: AbortSignal): AsyncIterable<RuntimeEvent>;
}

/** CRI's ImageService. Every method throws `CriError`. */
export interface ImageService {
  listImages(): Promise<Image[]>;
  /** Undefined when the image is not here. */
  imageStatus(image: string): Promise<Image | undefined>;
  /** Resolves with the reference of what was pulled. */
  pullImage(image: string, auth: AuthConfig | undefined, sandbox: PodSandboxConfig | undefined, options?: CallOptions): Promise<string>;
  removeImage(image: string): Promise<void>;
  imageFsInfo(): Promise<FilesystemUsage[]>;
}

/** A container runtime as the kubelet sees it. */
export interface ContainerRuntime {
  readonly runtime: RuntimeService;
  readonly images: ImageService;
  close(): void;
}
