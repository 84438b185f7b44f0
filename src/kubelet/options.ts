import type { NodeAddress, Service, Taint } from '#api/generated/core-v1.ts';
import type { Client, Informer } from '#client';
import type { MachineFacts } from './containerd/index.ts';
import type { ContainerRuntime } from './cri/index.ts';
import type { ImageProvider } from './images/index.ts';
import type { StreamingBridge } from './server/index.ts';

/** The kubelet's own door, served over HTTPS. */
export interface KubeletServerOptions {
  /** 10250; 0 takes any free port. */
  port: number;
  /** Default: all addresses. */
  address?: string;
  /** PEM. */
  certificate: string;
  key: string;
  /** PEM: who signs the certificates of clients. */
  clientCa?: string;
  /** Default: only /healthz. */
  anonymous?: boolean;
  streaming?: StreamingBridge;
}

export interface KubeletOptions {
  client: Client;
  nodeName: string;
  /** Absolute. Everything that the kubelet writes is below it. */
  directory: string;
  /** Absolute. Default: `<directory>/logs/pods`. */
  podLogs?: string;
  runtime: ContainerRuntime;
  /** The node's own addresses, the first InternalIP first. */
  addresses: readonly NodeAddress[];
  labels?: Readonly<Record<string, string>>;
  taints?: readonly Taint[];
  maxPods?: number;
  /** Below which cgroup pods run: `/` (the default) or `/skiff-dev`. */
  cgroupRoot?: string;
  clusterDns?: readonly string[];
  /** Default: `cluster.local`. */
  clusterDomain?: string;
  /** The node's own. Default: `/etc/resolv.conf`. */
  resolverConfig?: string;
  /** All Services, where many nodes of one process share a copy. Default: the kubelet keeps one of its own. */
  services?: Informer<Service>;
  imageProvider?: ImageProvider;
  /** Whether a failed pull means that no registry could be reached: only then is the provider asked. */
  isRegistryUnreachable?(error: unknown): boolean;
  /** Never collected. */
  sandboxImage?: string;
  /** Called when the node has got its range of pod addresses. */
  onPodCidr?(cidr: string, cidrs: readonly string[]): void | Promise<void>;
  /** Pods from files in this directory are run without being asked for by the API server. */
  staticPodDirectory?: string;
  /** Without it, nothing is served. */
  server?: KubeletServerOptions;
  /**
   * `host` (the default): mounts, cgroups and bind mounts are real. `none`: the containers are simulated, and the kubelet
   * only writes files.
   */
  isolation?: 'host' | 'none';
  machine?: MachineFacts;
  /** Hears of what went wrong and is being tried again. Default: standard error. */
  onError?: (message: string, error: unknown) => void;
  signal?: AbortSignal;
}

/** Shown as the node's kubelet version. */
export const KUBELET_VERSION = 'v1.36.0';
export const DEFAULT_MAX_PODS = 110;
