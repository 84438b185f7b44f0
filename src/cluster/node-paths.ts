import { join } from 'node:path';
import type { ClusterPaths } from './paths.ts';

/** What every pod's network namespace is held by. */
export const PAUSE_IMAGE = 'registry.k8s.io/pause:3.10.1';

export interface NodePaths {
  dir: string;
  kubelet: string;
  containerd: string;
  /** Which pod addresses are taken. */
  cni: string;
  /** Static pods. */
  manifests: string;
}

export function nodePaths(paths: ClusterPaths, name: string): NodePaths {
  const dir = paths.node(name);
  return {
    dir,
    kubelet: join(dir, 'kubelet'),
    containerd: join(dir, 'containerd'),
    cni: join(dir, 'cni'),
    manifests: join(dir, 'manifests'),
  };
}

/** Images that were built on this machine, and the packages for them: shared by all clusters. */
export const IMAGE_CACHE_DIR = '/var/cache/skiff/images';
