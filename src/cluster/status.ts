import { readFile } from 'node:fs/promises';
import { kubeconfigClient, resources } from '#client';
import { loadConfig, type ClusterConfig } from './config.ts';
import { readEtcdFace, type EtcdFace } from './etcd-face.ts';
import { Failure } from './failure.ts';
import { clusterPaths, type ClusterPaths } from './paths.ts';
import { readProcessFile } from './process-file.ts';

export interface ComponentStatus {
  name: string;
  running: boolean;
  pid?: number;
  /** Resident memory in bytes. */
  memory?: number;
}

export interface NodeStatus {
  name: string;
  ready: boolean;
}

export interface ClusterStatus {
  name: string;
  /** `running`, `stopped`, or `degraded` when only a part of it runs. */
  state: 'running' | 'stopped' | 'degraded';
  server: string;
  dataDir: string;
  /** Where etcdctl reaches the embedded etcd, or why it cannot. */
  etcd?: EtcdFace;
  components: ComponentStatus[];
  nodes: NodeStatus[];
}

/** What of a cluster runs, and how it is. */
export async function clusterStatus(dir: string): Promise<ClusterStatus> {
  const paths = clusterPaths(dir);
  const config = await loadConfig(paths);
  if (config === undefined) throw new Failure(`there is no cluster in ${dir}`, 'start one: skiff up');
  const names = config.nodeRuntime === 'none' ? ['control-plane'] : ['control-plane', 'agent'];
  const components = await Promise.all(names.map(async (name) => await componentStatus(paths, name)));
  const running = components.filter((component) => component.running).length;
  return {
    name: config.name,
    state: running === 0 ? 'stopped' : running === names.length ? 'running' : 'degraded',
    server: serverOf(config),
    dataDir: dir,
    etcd: config.etcd === undefined ? await readEtcdFace(paths) : undefined,
    components,
    nodes: components[0]?.running === true ? await nodesOf(paths) : [],
  };
}

export function serverOf({ host, port }: ClusterConfig): string {
  return `https://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`;
}

async function componentStatus(paths: ClusterPaths, name: string): Promise<ComponentStatus> {
  const record = await readProcessFile(paths.processFile(name));
  if (record === undefined) return { name, running: false };
  return { name, running: true, pid: record.pid, memory: await memoryOf(record.pid) };
}

async function memoryOf(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

async function nodesOf(paths: ClusterPaths): Promise<NodeStatus[]> {
  const client = await kubeconfigClient(paths.adminKubeconfig);
  try {
    const { items } = await client.resource(resources.nodes).list({ signal: AbortSignal.timeout(5000) });
    return items.map(({ metadata, status }) => ({
      name: metadata.name,
      ready: status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false,
    }));
  } catch {
    return [];
  } finally {
    await client.close();
  }
}
