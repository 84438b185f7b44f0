import type { Service } from '#api/generated/core-v1.ts';
import type { Client, EventRecorder } from '#client';
import type { BackOff } from '../back-off.ts';
import type { PodCgroups, SandboxSettings, SecuritySupport } from '../containers/index.ts';
import type { ContainerRuntime } from '../cri/index.ts';
import type { NodeFacts } from '../environment/index.ts';
import type { ImagePuller } from '../images/index.ts';
import type { WatchedPodObjects } from '../pod-objects.ts';
import type { StatusWriter } from '../status/index.ts';
import type { TokenSource } from '../volumes/index.ts';

/** What the node offers to all its pods. */
export interface PodContext {
  client: Client;
  runtime: ContainerRuntime;
  images: ImagePuller;
  recorder: EventRecorder;
  statuses: StatusWriter;
  objects: WatchedPodObjects;
  tokens: TokenSource;
  services(): Iterable<Service>;
  /** Resolves when `services` has been filled for the first time. */
  servicesSynced: Promise<void>;
  node: NodeFacts;
  nodeMemoryBytes: number;
  cgroups: PodCgroups | undefined;
  sandbox: SandboxSettings;
  security: SecuritySupport;
  /** Containers that keep ending wait longer and longer. */
  crashBackOff: BackOff;
  /** Whether the node's network is ready for pods. */
  networkReady(): Promise<{ ready: boolean; message: string }>;
  /** Directories of one pod. */
  podDirectory(uid: string): string;
  secretDirectory(uid: string): string;
  /** Whether bind mounts are possible. */
  bindMounts: boolean;
  /** The kubelet stops: workers leave everything as it is. */
  signal: AbortSignal;
  /** Tells of something that went wrong and is being tried again; `about` says where. */
  report(about: string, error: unknown): void;
}
