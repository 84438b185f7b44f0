import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { kubeconfigClient, readKubeconfig, resources, type Client } from '#client';
import { ensureKubeconfig, mergeKubeconfig } from '#pki';
import { machineAddress } from './addresses.ts';
import { startInBackground } from './background.ts';
import {
  DEFAULT_CONFIG,
  listClusters,
  loadConfig,
  saveConfig,
  type ClusterConfig,
  type ExternalEtcd,
  type NodeRuntime,
  type SnapshotSchedule,
} from './config.ts';
import { ensureClusterPki } from './cluster-pki.ts';
import { contextName } from './context-name.ts';
import { Failure } from './failure.ts';
import { installMissing } from './install/index.ts';
import { kubeconfigFile } from './kubeconfig-file.ts';
import { withLock } from './lock.ts';
import { withStoreOptions } from './store-options.ts';
import { clusterPaths, defaultBaseDir, type ClusterPaths } from './paths.ts';
import { readProcessFile } from './process-file.ts';
import type { Progress } from './progress.ts';

export interface UpOptions {
  name: string;
  dir: string;
  nodeRuntime?: NodeRuntime;
  nodes?: number;
  port?: number;
  host?: string;
  nodeName?: string;
  nodeAddress?: string;
  containerRuntimeEndpoint?: string;
  etcd?: ExternalEtcd;
  etcdPort?: number | 'none';
  etcdHealthPort?: number;
  /** File that is copied into the cluster's folder. */
  encryptionProviderConfig?: string;
  /** `undefined` as it is; `none`: none. */
  snapshots?: SnapshotSchedule | 'none';
  /** The kubeconfig to add the cluster to; default: kubectl's own; `false`: none. */
  kubeconfig?: string | false;
  /** Install Debian packages that are missing. */
  install: boolean;
}

export interface UpResult {
  config: ClusterConfig;
  paths: ClusterPaths;
  server: string;
  /** It was running already. */
  found: boolean;
}

const CONTROL_PLANE_MS = 60_000;
const NODE_MS = 120_000;

/** Brings a cluster up, or says that it is. A failure on the way stops again what this call started. */
export async function up(options: UpOptions, progress: Progress, signal: AbortSignal): Promise<UpResult> {
  checkName(options.name);
  const paths = clusterPaths(options.dir);
  await mkdir(paths.dir, { recursive: true, mode: 0o755 });
  return await withLock(paths, async () => {
    const existing = await loadConfig(paths);
    const config = await withStoreOptions(
      existing === undefined ? newConfig(options) : agreed(withFirstPort(existing, paths, options), options),
      paths,
      options,
    );
    await requireFit(config, options, progress);
    const started: string[] = [];
    try {
      return await unlessAborted(bringUp(config, paths, options, progress, started), signal);
    } catch (error) {
      if (started.length > 0) {
        const { stopComponents } = await import('./down.ts');
        await stopComponents(paths, started);
      }
      throw error;
    }
  });
}

async function bringUp(
  wanted: ClusterConfig,
  paths: ClusterPaths,
  options: UpOptions,
  progress: Progress,
  started: string[],
): Promise<UpResult> {
  let config = wanted;
  const running = await readProcessFile(paths.processFile('control-plane'));
  if (running === undefined) {
    await saveConfig(paths, config);
    await progress.step('Certificates', async () => await ensureClusterPki(config, paths));
    const port = await progress.step('Control plane: etcd, API server, controllers, scheduler', async () => {
      started.push('control-plane');
      const ready = await startInBackground({
        name: 'the control plane',
        arguments: ['run', 'control-plane', '--data-dir', paths.dir],
        log: paths.log('control-plane'),
        timeoutMs: CONTROL_PLANE_MS,
      });
      return Number(ready['port']);
    });
    // A port of 0 was any free one: it stays this one from now on.
    config = { ...config, port, hasStarted: true };
    await saveConfig(paths, config);
  }
  const server = `https://${config.host === '0.0.0.0' ? '127.0.0.1' : config.host}:${config.port}`;
  await writeKubeconfigs(config, paths, server, options);
  const agent = config.nodeRuntime === 'none' ? {} : await readProcessFile(paths.processFile('agent'));
  if (agent === undefined) await startNode(config, paths, progress, started);
  return { config, paths, server, found: running !== undefined && agent !== undefined };
}

async function startNode(config: ClusterConfig, paths: ClusterPaths, progress: Progress, started: string[]): Promise<void> {
  await progress.step(`Node ${config.nodeName}: kubelet, kube-proxy, ${config.nodeRuntime}`, async () => {
    started.push('agent');
    const done = new AbortController();
    try {
      await Promise.race([bringUpNode(config, paths), failWhenControlPlaneEnds(paths, done.signal)]);
    } finally {
      done.abort();
    }
  });
}

async function bringUpNode(config: ClusterConfig, paths: ClusterPaths): Promise<void> {
  await startInBackground({
    name: 'the node',
    arguments: ['run', 'agent', '--data-dir', paths.dir],
    log: paths.log('agent'),
    timeoutMs: NODE_MS,
  });
  const client = await kubeconfigClient(paths.adminKubeconfig);
  try {
    await untilNodeReady(client, config.nodeName);
  } finally {
    await client.close();
  }
}

/** A node waits for its API server as long as it takes; whoever waits for the node should know that none will come. */
async function failWhenControlPlaneEnds(paths: ClusterPaths, done: AbortSignal): Promise<void> {
  while (!done.aborted) {
    if ((await readProcessFile(paths.processFile('control-plane'))) === undefined)
      throw new Failure('the control plane has ended meanwhile', `see ${paths.log('control-plane')}`);
    await delay(500, undefined, { signal: done }).catch(() => undefined);
  }
}

/** Rejects at once when the signal aborts: Ctrl-C. */
async function unlessAborted<R>(work: Promise<R>, signal: AbortSignal): Promise<R> {
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(new Failure('interrupted'));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Resolves when the node's Ready condition is True. Throws Failure when that takes too long. */
async function untilNodeReady(client: Client, name: string): Promise<void> {
  const signal = AbortSignal.timeout(NODE_MS);
  for await (const { object } of client.resource(resources.nodes).watch({ fieldSelector: `metadata.name=${name}`, signal }))
    if (object.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')) return;
  throw new Failure(`node ${name} did not get ready within ${NODE_MS / 1000} s`, 'see why: skiff logs agent');
}

async function writeKubeconfigs(config: ClusterConfig, paths: ClusterPaths, server: string, options: UpOptions): Promise<void> {
  const pki = await ensureClusterPki(config, paths);
  await ensureKubeconfig(paths.adminKubeconfig, {
    ca: pki.ca,
    server,
    commonName: 'kubernetes-admin',
    organizations: ['system:masters'],
    userName: 'kubernetes-admin',
    clusterName: config.name,
  });
  if (options.kubeconfig === false) return;
  const { cert, key } = await readKubeconfig(paths.adminKubeconfig);
  await mergeKubeconfig(kubeconfigFile(options.kubeconfig), {
    name: contextName(config.name),
    server,
    certificateAuthority: pki.ca.certificate,
    clientCertificate: cert?.toString(),
    clientKey: key?.toString(),
  });
}

function newConfig(options: UpOptions): ClusterConfig {
  const nodeRuntime = options.nodeRuntime ?? DEFAULT_CONFIG.nodeRuntime;
  return {
    ...DEFAULT_CONFIG,
    nodePorts: [...DEFAULT_CONFIG.nodePorts],
    name: options.name,
    nodeRuntime,
    nodes: options.nodes ?? DEFAULT_CONFIG.nodes,
    host: options.host ?? (nodeRuntime === 'none' ? '127.0.0.1' : '0.0.0.0'),
    port: options.port ?? DEFAULT_CONFIG.port,
    nodeAddress: options.nodeAddress ?? machineAddress(),
    nodeName: options.nodeName ?? nodeNameOfMachine(),
    containerRuntimeEndpoint: options.containerRuntimeEndpoint,
    etcd: options.etcd,
  };
}

/** A cluster that has never come up is not bound to a port yet: the one it was given may have been taken. */
function withFirstPort(existing: ClusterConfig, paths: ClusterPaths, options: UpOptions): ClusterConfig {
  if (options.port === undefined || existsSync(paths.adminKubeconfig)) return existing;
  return { ...existing, port: options.port };
}

/** Options of a second `up` must be those of the first: what a cluster is does not change under its data. */
function agreed(existing: ClusterConfig, options: UpOptions): ClusterConfig {
  const differing = (['nodeRuntime', 'port', 'nodes', 'nodeName'] as const).find(
    (field) => options[field] !== undefined && options[field] !== existing[field] && !(field === 'port' && options.port === 0),
  );
  if (differing !== undefined)
    throw new Failure(
      `cluster ${existing.name} exists with ${differing} ${existing[differing]}, not ${options[differing]}`,
      `leave the option out, choose another name, or delete it first: skiff delete ${existing.name}`,
    );
  return existing;
}

function checkName(name: string): void {
  if (!/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/.test(name))
    throw new Failure(`${JSON.stringify(name)} cannot be a cluster's name`, 'use up to 40 lower-case letters, digits and dashes');
}

function nodeNameOfMachine(): string {
  const name = hostname()
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]+/g, '-')
    .replaceAll(/^[^a-z0-9]+|[^a-z0-9]+$/g, '');
  return name === '' ? 'node' : name;
}

async function requireFit(config: ClusterConfig, options: UpOptions, progress: Progress): Promise<void> {
  if (config.nodeRuntime !== 'containerd') return;
  if (process.getuid?.() !== 0)
    throw new Failure(
      'a node with real containers needs root',
      'use sudo, or start a cluster without a node: skiff up --node-runtime none',
    );
  await requireOnlyNode(config);
  await installMissing(config, options.install, progress);
}

/** The node of a cluster has the machine's own network, and its kubelet the port that kubelets have: there can be one. */
async function requireOnlyNode({ name }: ClusterConfig): Promise<void> {
  for (const other of await listClusters(defaultBaseDir())) {
    if (other.config.name === name || other.config.nodeRuntime !== 'containerd') continue;
    if ((await readProcessFile(other.paths.processFile('agent'))) === undefined) continue;
    throw new Failure(
      `cluster ${other.config.name} has its node on this machine already`,
      `stop it first: skiff down ${other.config.name}\n  or start this one without a node: --node-runtime none`,
    );
  }
}
