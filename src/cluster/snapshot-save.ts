import { request } from 'node:http';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { loadConfig, type ClusterConfig } from './config.ts';
import { codeOf, Failure } from './failure.ts';
import { stderrLog } from './log.ts';
import { clusterPaths, type ClusterPaths } from './paths.ts';
import { readProcessFile } from './process-file.ts';
import { snapshotInfo, snapshotStream, writeSnapshot } from './snapshot-file.ts';

const ENDING = '.tar.gz';
/** Snapshots that are made by the clock; only these are removed again. */
const SCHEDULED = 'auto-';

/** Where a cluster's snapshots go that are given no place of their own. */
export function snapshotDir(paths: ClusterPaths, { snapshots }: Pick<ClusterConfig, 'snapshots'>): string {
  return snapshots?.dir ?? paths.snapshots;
}

/** `20261123T150405Z`. */
const stamp = () => new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');

export interface SavedSnapshot {
  file: string;
  bytes: number;
}

/** Saves a cluster that runs, or one that is stopped, in a file. Throws Failure. */
export async function saveSnapshot(dir: string, file?: string): Promise<SavedSnapshot> {
  const paths = clusterPaths(dir);
  const config = await loadConfig(paths);
  if (config === undefined) throw new Failure(`there is no cluster in ${dir}`, 'see which there are: skiff list');
  const target = file === undefined ? join(snapshotDir(paths, config), `${stamp()}${ENDING}`) : resolve(file);
  await makePlace(target, file === undefined);
  const running = (await readProcessFile(paths.processFile('control-plane'))) !== undefined;
  return { file: target, bytes: running ? await saveRunning(paths, target) : await saveStopped(config, paths, target) };
}

async function makePlace(target: string, ours: boolean): Promise<void> {
  if (ours) await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  const found = await stat(target).catch(() => undefined);
  if (found !== undefined) throw new Failure(`${target} exists`, 'choose another name');
  const folder = await stat(dirname(target)).catch(() => undefined);
  if (folder?.isDirectory() !== true) throw new Failure(`there is no folder ${dirname(target)}`, `make it: mkdir -p ${dirname(target)}`);
}

async function saveRunning(paths: ClusterPaths, target: string): Promise<number> {
  try {
    return await writeSnapshot(target, await fromRunning(paths));
  } catch (error) {
    if (codeOf(error) !== 'ECONNRESET') throw error;
    throw new Failure('the control plane has broken the snapshot off', 'see why: skiff logs control-plane', { cause: error });
  }
}

async function saveStopped(config: ClusterConfig, paths: ClusterPaths, target: string): Promise<number> {
  const { openStore } = await import('./etcd-store.ts');
  const storage = await openStore(config, paths, stderrLog);
  try {
    return await writeSnapshot(target, snapshotStream(config, paths, await storage.snapshot()));
  } finally {
    await storage.close();
  }
}

/** The control plane has the store open: it hands out the snapshot through its socket. */
function fromRunning(paths: ClusterPaths): Promise<Readable> {
  return new Promise((resolveStream, reject) => {
    const asked = request({ socketPath: paths.controlSocket, path: '/snapshot', method: 'POST' }, (response) => {
      if (response.statusCode === 200) return resolveStream(response);
      let message = '';
      response.on('data', (part: Buffer) => (message += part.toString()));
      response.on('end', () => reject(new Failure(message, 'see why: skiff logs control-plane')));
    });
    asked.on('error', (error) =>
      reject(
        new Failure(
          `the control plane does not answer at ${paths.controlSocket}: ${error.message}`,
          'it may be starting or stopping: try again',
          { cause: error },
        ),
      ),
    );
    asked.end();
  });
}

/** Saves the cluster of this process under a name of its own, and removes what is more than `keep`. */
export async function saveScheduled(config: ClusterConfig, paths: ClusterPaths, stream: Readable, keep: number): Promise<string> {
  const folder = snapshotDir(paths, config);
  const file = join(folder, `${SCHEDULED}${config.name}-${stamp()}${ENDING}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeSnapshot(file, stream);
  const old = (await scheduledFiles(folder, config.name)).slice(0, -keep);
  await Promise.all(old.map((name) => rm(join(folder, name))));
  return file;
}

/** When the newest scheduled snapshot was made, in milliseconds since 1970; 0: there is none. */
export async function lastScheduled(config: ClusterConfig, paths: ClusterPaths): Promise<number> {
  const folder = snapshotDir(paths, config);
  const newest = (await scheduledFiles(folder, config.name)).at(-1);
  return newest === undefined ? 0 : (await stat(join(folder, newest))).mtimeMs;
}

async function scheduledFiles(folder: string, cluster: string): Promise<string[]> {
  const names = await filesIn(folder);
  return names.filter((name) => name.startsWith(`${SCHEDULED}${cluster}-`) && /-\d{8}T\d{6}Z\.tar\.gz$/.test(name)).sort();
}

async function filesIn(folder: string): Promise<string[]> {
  return await readdir(folder).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  });
}

export interface ListedSnapshot {
  file: string;
  cluster: string;
  created: string;
  revision: number;
  bytes: number;
}

/** The snapshots of a folder, oldest first. What cannot be read as one is left out. */
export async function listSnapshots(folder: string): Promise<ListedSnapshot[]> {
  const names = (await filesIn(folder)).filter((name) => name.endsWith(ENDING));
  const listed = await Promise.all(
    names.map(async (name) => {
      const file = join(folder, name);
      const [info, found] = await Promise.all([snapshotInfo(file).catch(() => undefined), stat(file)]);
      return info === undefined ? [] : [{ file, cluster: info.cluster, created: info.created, revision: info.revision, bytes: found.size }];
    }),
  );
  return listed.flat().sort((a, b) => (a.created < b.created ? -1 : 1));
}
