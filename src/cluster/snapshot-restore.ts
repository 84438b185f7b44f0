import { createServer } from 'node:net';
import { createWriteStream } from 'node:fs';
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { restoreSnapshot } from '#etcd';
import { machineAddress } from './addresses.ts';
import { listClusters, loadConfig, saveConfig, type ClusterConfig } from './config.ts';
import { Failure } from './failure.ts';
import { withLock } from './lock.ts';
import { clusterPaths, defaultBaseDir, type ClusterPaths } from './paths.ts';
import { stopProcess } from './process-file.ts';
import type { Progress } from './progress.ts';
import { damaged, parseInfo, readSnapshot } from './snapshot-file.ts';
import type { TarEntry } from './tar.ts';

export interface RestoreOptions {
  file: string;
  /** Default: the cluster's own. */
  name?: string;
  /** The cluster's folder, by its name. */
  dirOf(name: string): string;
  /** Put the snapshot in the place of the cluster of this name. */
  replace: boolean;
}

export interface Restored {
  config: ClusterConfig;
  dir: string;
  /** The store's revision now. */
  revision: number;
}

/**
 * So much is added to the store's revision: whoever watched the cluster beyond the snapshot's revision is told that it is
 * gone, and starts over from what is true now.
 */
const REVISION_BUMP = 1_000_000_000;

/** How long a component may take to end by itself. */
const GRACE_MS = 15_000;

/** What a snapshot may hold: nothing is written anywhere else. */
const ALLOWED = /^(cluster\.json|admin\.conf|encryption-config\.yaml|etcd\.db|pki\/([\w-]+\/)?[\w.-]+)$/;

/** Makes a cluster's folder from a snapshot; the cluster is not started. A failure leaves all as it was. Throws Failure. */
export async function restoreCluster(options: RestoreOptions, progress: Progress): Promise<Restored> {
  const { file, replace } = options;
  const entries = readSnapshot(file);
  const first = await entries.next();
  if (first.done === true) throw new Failure(`${file} is empty`, 'use another one: skiff snapshot list');
  const info = await parseInfo(file, first.value);
  const name = options.name ?? info.cluster;
  const paths = clusterPaths(options.dirOf(name));
  const existing = await loadConfig(paths);
  if (existing !== undefined && !replace)
    throw new Failure(`cluster ${name} exists`, 'put the snapshot in its place with --replace, or choose another name with --name');
  if (existing?.etcd !== undefined)
    throw new Failure(
      `cluster ${name} keeps its data in a real etcd`,
      'choose another name with --name, or move it to the embedded one first: skiff snapshot migrate --to-embedded',
    );
  const staging = clusterPaths(`${paths.dir}.restoring`);
  await rm(staging.dir, { recursive: true, force: true });
  try {
    const { revision } = await progress.step(`Snapshot of ${info.created}, revision ${info.revision}`, async () => {
      await unpack(entries, staging);
      return await restoreStore(file, staging);
    });
    const config = await adapted(await readConfig(staging), name, existing);
    await saveConfig(staging, config);
    if (existing === undefined) await moveIn(staging, paths);
    else await withLock(paths, () => replaceParts(staging, paths, config, progress));
    return { config, dir: paths.dir, revision };
  } finally {
    await entries.return(undefined);
    await rm(staging.dir, { recursive: true, force: true });
  }
}

async function unpack(entries: AsyncGenerator<TarEntry>, { dir }: ClusterPaths): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o755 });
  let complete = false;
  for (;;) {
    const { done, value: entry } = await entries.next();
    if (done === true) break;
    if (!ALLOWED.test(entry.name))
      throw new Failure(`the snapshot holds ${JSON.stringify(entry.name)}, which does not belong into one`, 'use another one');
    const target = join(dir, entry.name);
    await mkdir(dirname(target), { recursive: true, mode: 0o755 });
    await pipeline(entry.body, createWriteStream(target, { mode: 0o600, flags: 'wx' }));
    await chmod(target, entry.mode & 0o644);
    complete = entry.name === 'etcd.db';
  }
  if (!complete) throw new Failure('the snapshot lacks its etcd', 'use another one: skiff snapshot list');
}

async function restoreStore(file: string, staging: ClusterPaths): Promise<{ revision: number }> {
  const database = join(staging.dir, 'etcd.db');
  try {
    return await restoreSnapshot({ file: database, dir: staging.etcd, bumpRevision: REVISION_BUMP });
  } catch (error) {
    throw damaged(file, error);
  } finally {
    await rm(database);
  }
}

async function readConfig(staging: ClusterPaths): Promise<ClusterConfig> {
  const config = await loadConfig(staging);
  if (config === undefined) throw new Failure('the snapshot lacks its cluster.json', 'use another one: skiff snapshot list');
  return config;
}

/** What is of this machine and this name rather than of the data. */
async function adapted(saved: ClusterConfig, name: string, existing: ClusterConfig | undefined): Promise<ClusterConfig> {
  const { etcd: _, ...config } = saved;
  if (existing !== undefined) {
    const { host, port, nodeAddress, etcdPort } = existing;
    return { ...config, name, host, port, nodeAddress, etcdPort };
  }
  const here = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === config.nodeAddress));
  const free = !(await isPromised(config.port)) && (await isFree(config.host, config.port));
  return { ...config, name, nodeAddress: here ? config.nodeAddress : machineAddress(), port: free ? config.port : 0 };
}

/** Another cluster of this machine has the port, even if it is stopped now. */
async function isPromised(port: number): Promise<boolean> {
  return (await listClusters(defaultBaseDir())).some(({ config }) => config.port === port);
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

async function moveIn(staging: ClusterPaths, paths: ClusterPaths): Promise<void> {
  // What a broken-off start may have left there; loadConfig has seen that it is ours.
  await rm(paths.dir, { recursive: true, force: true });
  await rename(staging.dir, paths.dir);
}

/** Puts the store, the certificates and the configuration in the place of a cluster's own. Its containers go on running. */
async function replaceParts(staging: ClusterPaths, paths: ClusterPaths, config: ClusterConfig, progress: Progress): Promise<void> {
  await progress.step('Stopping what runs', async () => {
    for (const component of ['agent', 'control-plane']) await stopProcess(paths.processFile(component), GRACE_MS);
  });
  const parts = ['cluster.json', 'admin.conf', 'pki', 'etcd', ...(config.encryptionConfig === undefined ? [] : [config.encryptionConfig])];
  const moved: string[] = [];
  const aside = join(staging.dir, 'before');
  await mkdir(aside);
  try {
    for (const part of parts) {
      await rename(join(paths.dir, part), join(aside, part)).catch(ignoreAbsent);
      moved.push(part);
      await rename(join(staging.dir, part), join(paths.dir, part));
    }
  } catch (error) {
    for (const part of moved) {
      await rm(join(paths.dir, part), { recursive: true, force: true });
      await rename(join(aside, part), join(paths.dir, part)).catch(ignoreAbsent);
    }
    throw error;
  }
}

function ignoreAbsent(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
