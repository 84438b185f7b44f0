import { mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf, Failure } from './failure.ts';
import { clusterPaths, type ClusterPaths } from './paths.ts';

/** The form of the data directory. Another number means: another program's, or a later version's. */
const FORMAT = 1;
/** Where the EncryptionConfiguration is copied to. */
export const ENCRYPTION_CONFIG = 'encryption-config.yaml';

export type NodeRuntime = 'containerd' | 'simulated' | 'none';

export interface ExternalEtcd {
  servers: readonly string[];
  caFile?: string;
  certFile?: string;
  keyFile?: string;
}

/** Snapshots that the control plane makes by itself. */
export interface SnapshotSchedule {
  everyMs: number;
  /** How many are kept. */
  keep: number;
  /** Default: `snapshots` in the cluster's folder. */
  dir?: string;
}

/** What a cluster is, decided when it is made and kept in its folder. */
export interface ClusterConfig {
  format: number;
  name: string;
  nodeRuntime: NodeRuntime;
  nodes: number;
  /** Address that the API server listens on. */
  host: string;
  port: number;
  /** Where others reach this machine. */
  nodeAddress: string;
  nodeName: string;
  serviceCidr: string;
  podCidr: string;
  clusterDomain: string;
  dnsAddress: string;
  nodePorts: [first: number, last: number];
  containerRuntimeEndpoint?: string;
  etcd?: ExternalEtcd;
  /** It has run before: then there must be data. */
  hasStarted?: boolean;
  /** Port at which the embedded etcd is served; 0: any free one. Default 2379, when it is free. */
  etcdPort?: number | 'none';
  /** Port of plain HTTP where `/health` says how the embedded etcd is; default: none. */
  etcdHealthPort?: number;
  /** Name of the EncryptionConfiguration's file in the cluster's folder. */
  encryptionConfig?: string;
  snapshots?: SnapshotSchedule;
}

export const DEFAULT_CONFIG = {
  format: FORMAT,
  nodeRuntime: 'containerd',
  nodes: 1,
  port: 6443,
  serviceCidr: '10.96.0.0/12',
  podCidr: '10.244.0.0/16',
  clusterDomain: 'cluster.local',
  dnsAddress: '10.96.0.10',
  nodePorts: [30000, 32767],
} as const;

/** The configuration of the cluster in a folder; undefined when there is none. Throws Failure when it cannot be used. */
export async function loadConfig(paths: ClusterPaths): Promise<ClusterConfig | undefined> {
  let text: string;
  try {
    text = await readFile(paths.config, 'utf8');
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    await refuseForeign(paths);
    return undefined;
  }
  const config = parseConfig(text, paths);
  if (config.format !== FORMAT)
    throw new Failure(
      `${paths.dir} was written by another version of Skiff (format ${config.format}; this one reads ${FORMAT})`,
      `use that version, or remove the cluster with its data: skiff delete ${config.name}`,
    );
  return config;
}

function parseConfig(text: string, paths: ClusterPaths): ClusterConfig {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'format' in value && 'name' in value) return value as ClusterConfig;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new Failure(`${paths.config} is damaged`, `restore it from a backup, or remove the whole cluster: rm -r ${paths.dir}`);
}

/** What a broken-off first start leaves can be finished; a folder of somebody else's is not touched. */
async function refuseForeign(paths: ClusterPaths): Promise<void> {
  const ours = new Set([
    'pki',
    'etcd',
    'logs',
    'run',
    'nodes',
    'admin.conf',
    'cluster.json.new',
    'containerd',
    'lock',
    'snapshots',
    ENCRYPTION_CONFIG,
  ]);
  const names = await readdir(paths.dir).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  });
  const strange = names.find((name) => !ours.has(name));
  if (strange !== undefined)
    throw new Failure(`${paths.dir} holds ${strange}, which is not Skiff's`, 'choose another folder with --data-dir');
}

export async function saveConfig(paths: ClusterPaths, config: ClusterConfig): Promise<void> {
  await mkdir(dirname(paths.config), { recursive: true, mode: 0o755 });
  await writeFile(`${paths.config}.new`, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600, flush: true });
  await rename(`${paths.config}.new`, paths.config);
}

/** Every cluster below a folder, by name. Damaged ones are left out. */
export async function listClusters(baseDir: string): Promise<{ config: ClusterConfig; paths: ClusterPaths }[]> {
  const names = await readdir(baseDir).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  });
  const found = await Promise.all(
    names
      // No cluster's name has a dot in it: such a folder is a snapshot that is being restored.
      .filter((name) => !name.includes('.'))
      .toSorted((a, b) => (a < b ? -1 : 1))
      .map(async (name) => {
        const paths = clusterPaths(`${baseDir}/${name}`);
        const config = await loadConfig(paths).catch(() => undefined);
        return config === undefined ? [] : [{ config, paths }];
      }),
  );
  return found.flat();
}
