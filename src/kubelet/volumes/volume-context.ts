import type { PersistentVolume, PersistentVolumeClaim, Pod } from '#api/generated/core-v1.ts';
import type { NodeFacts } from '../environment/index.ts';
import type { PodObjects } from '../pod-objects.ts';
import type { TokenSource } from './service-account-tokens.ts';

/** What a volume needs to know of the pod and of the node. */
export interface VolumeContext {
  pod: Pod;
  /** The pod's own directory on disk. */
  podDirectory: string;
  /** The pod's own directory in memory, for what must not reach a disk. */
  secretDirectory: string;
  node: NodeFacts;
  podIPs(): readonly string[];
  objects: PodObjects;
  tokens: TokenSource;
  persistentVolumeClaim(namespace: string, name: string): Promise<PersistentVolumeClaim>;
  persistentVolume(name: string): Promise<PersistentVolume>;
}

/** A volume that is ready to be mounted into containers. */
export interface MountedVolume {
  /** On the node. */
  path: string;
  /** Containers may not write to it, whatever their mounts say. */
  readOnly: boolean;
  /** Brings the content up to date. */
  refresh?: () => Promise<void>;
  /** When `refresh` is due even if nothing was seen to change, in milliseconds since 1970. */
  refreshAt?: () => number | undefined;
  /** Takes the volume off the node. */
  tearDown?: () => Promise<void>;
}
