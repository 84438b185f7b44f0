import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where everything of one cluster is on disk. */
export interface ClusterPaths {
  dir: string;
  /** What the cluster is: written once it is complete enough to be started again. */
  config: string;
  pki: string;
  adminKubeconfig: string;
  etcd: string;
  logs: string;
  /** Snapshots that are given no other place. */
  snapshots: string;
  /** Where the running control plane takes commands. */
  controlSocket: string;
  /** Pids and sockets of what is running; worthless after a reboot. */
  run: string;
  /** State of one node: kubelet, containerd, CNI. */
  node(name: string): string;
  log(component: string): string;
  processFile(component: string): string;
}

/** The folder that holds all clusters' folders: `/var/lib/skiff` for root, else below the home directory. */
export function defaultBaseDir(): string {
  return process.getuid?.() === 0 ? '/var/lib/skiff' : join(homedir(), '.local/share/skiff');
}

export function clusterPaths(dir: string): ClusterPaths {
  return {
    dir,
    config: join(dir, 'cluster.json'),
    pki: join(dir, 'pki'),
    adminKubeconfig: join(dir, 'admin.conf'),
    etcd: join(dir, 'etcd'),
    logs: join(dir, 'logs'),
    snapshots: join(dir, 'snapshots'),
    controlSocket: join(dir, 'run', 'control.sock'),
    run: join(dir, 'run'),
    node: (name) => join(dir, 'nodes', name),
    log: (component) => join(dir, 'logs', `${component}.log`),
    processFile: (component) => join(dir, 'run', `${component}.json`),
  };
}
