import { rm } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { EtcdServer } from '#etcd';
import { loadConfig, type ClusterConfig } from './config.ts';
import type { ControlPlane } from './control-plane.ts';
import { Failure } from './failure.ts';
import type { Log } from './log.ts';
import type { ClusterPaths } from './paths.ts';

/** What a control plane does beside its work. Nothing of it holds up the start. */
export interface Duties {
  stop(): Promise<void>;
}

interface DutiesOptions {
  config: ClusterConfig;
  paths: ClusterPaths;
  plane: ControlPlane;
  log: Log;
}

/** The node starts as soon as the control plane is ready: the processor is its own until then. */
const AFTER_START_MS = 500;
/** A schedule looks at the clock at least so often: timers do not count the time that a machine sleeps. */
const LOOK_MS = 60_000;

/** Opens etcd's own door and the socket for commands, and makes snapshots on schedule. */
export function startDuties(options: DutiesOptions): Duties {
  const control = openControlSocket(options);
  let face: Promise<EtcdServer | undefined> | undefined;
  const timer = setTimeout(() => {
    face = openEtcdFace(options);
  }, AFTER_START_MS);
  const stopSchedule = scheduleSnapshots(options);
  return {
    async stop() {
      clearTimeout(timer);
      stopSchedule();
      const socket = await control;
      socket?.close();
      socket?.closeAllConnections();
      await (await face)?.close();
      await rm(options.paths.controlSocket, { force: true });
    },
  };
}

async function openEtcdFace({ config, paths, plane, log }: DutiesOptions): Promise<EtcdServer | undefined> {
  const { etcd } = plane.storage;
  if (etcd === undefined) return undefined;
  const { serveEtcdFace } = await import('./serve-etcd.ts');
  return await serveEtcdFace(etcd, plane.pki, config, paths, log);
}

/** Commands of the same user come in through a socket in the cluster's folder: `POST /snapshot`. */
async function openControlSocket(options: DutiesOptions): Promise<Server | undefined> {
  const { paths, log } = options;
  await rm(paths.controlSocket, { force: true });
  const server = createServer((request, response) => {
    if (request.method === 'POST' && request.url === '/snapshot') void sendSnapshot(options, response);
    else response.writeHead(404).end();
  });
  return await new Promise((resolve) => {
    server.once('error', (error) => {
      log('skiff', `commands cannot be taken at ${paths.controlSocket}`, error);
      resolve(undefined);
    });
    server.listen(paths.controlSocket, () => resolve(server));
  });
}

async function sendSnapshot(options: DutiesOptions, response: ServerResponse): Promise<void> {
  try {
    const stream = await snapshotNow(options);
    const { pipeline } = await import('node:stream/promises');
    response.writeHead(200, { 'content-type': 'application/gzip' });
    await pipeline(stream, response);
  } catch (error) {
    options.log('skiff', 'a snapshot failed', error);
    // Once it has begun, only a broken connection tells that it is not whole.
    if (response.headersSent) response.destroy();
    else response.writeHead(500).end(error instanceof Error ? error.message : String(error));
  }
}

async function snapshotNow({ paths, plane }: DutiesOptions): Promise<Readable> {
  // The port may have been chosen after this process read its configuration.
  const config = await loadConfig(paths);
  if (config === undefined) throw new Failure(`${paths.config} is gone`);
  const { snapshotStream } = await import('./snapshot-file.ts');
  return snapshotStream(config, paths, await plane.storage.snapshot());
}

function scheduleSnapshots(options: DutiesOptions): () => void {
  const { config, paths, log } = options;
  const { snapshots } = config;
  if (snapshots === undefined) return () => undefined;
  let due: number | undefined;
  let busy = false;
  const look = async (): Promise<void> => {
    const { lastScheduled, saveScheduled } = await import('./snapshot-save.ts');
    due ??= (await lastScheduled(config, paths)) + snapshots.everyMs;
    if (Date.now() < due) return;
    due = Date.now() + snapshots.everyMs;
    log('skiff', `saved ${await saveScheduled(config, paths, await snapshotNow(options), snapshots.keep)}`);
  };
  const timer = setInterval(
    () => {
      if (busy) return;
      busy = true;
      look()
        .catch((error: unknown) => log('skiff', 'the scheduled snapshot failed', error))
        .finally(() => (busy = false));
    },
    Math.min(LOOK_MS, snapshots.everyMs),
  );
  return () => clearInterval(timer);
}
