import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectContainerRuntime, type ContainerRuntime, type RuntimeEvent } from '../cri/index.ts';
import { containerdConfig, type ContainerdPaths } from './config.ts';
import { containerdEvents } from './events.ts';
import { removeRemains } from './remains.ts';
import { detectMachine, type MachineFacts } from './machine.ts';
import { identifyProcess, isAlive, type ProcessIdentity } from './process-identity.ts';

export interface ContainerdOptions {
  paths: ContainerdPaths;
  sandboxImage: string;
  /** Default: `containerd` from the PATH. */
  binary?: string;
  machine?: MachineFacts;
  signal?: AbortSignal;
}

/** One node's containerd: a process of its own that outlives the kubelet. Started again when it dies while somebody follows its events. */
export interface Containerd {
  readonly endpoint: string;
  readonly pid: number;
  /** Whether it was running already. */
  readonly found: boolean;
  connect(): ContainerRuntime;
  /** Ends every pod and containerd itself; images and the configuration stay. */
  stop(): Promise<void>;
  /** `stop`, and takes everything off the machine that this containerd put on it. */
  delete(): Promise<void>;
}

const START_MS = 20_000;
const STOP_MS = 10_000;
const POD_STOP_CONCURRENCY = 16;

async function readPidFile(path: string): Promise<ProcessIdentity | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ProcessIdentity;
  } catch {
    return undefined;
  }
}

async function launch(options: ContainerdOptions, machine: MachineFacts): Promise<ProcessIdentity> {
  const { paths } = options;
  for (const directory of [paths.root, paths.state, paths.opt, paths.certsDir, paths.cniConfDir])
    await mkdir(directory, { recursive: true });
  await rm(paths.socket, { force: true });
  await rm(`${paths.socket}.ttrpc`, { force: true });
  await writeFile(paths.config, containerdConfig(paths, machine, options.sandboxImage));
  const log = openSync(paths.log, 'a');
  try {
    const child = spawn(options.binary ?? 'containerd', ['--config', paths.config], {
      detached: true,
      stdio: ['ignore', log, log],
      cwd: '/',
    });
    const failed = new Promise<never>((_, reject) => child.once('error', reject));
    await Promise.race([failed, new Promise((resolve) => child.once('spawn', resolve))]);
    child.unref();
    const identity = child.pid === undefined ? undefined : identifyProcess(child.pid);
    if (identity === undefined) throw new Error(`containerd ended at once; see ${paths.log}`);
    await writeFile(paths.pidFile, JSON.stringify(identity));
    return identity;
  } catch (error) {
    throw new Error(`containerd does not start: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  } finally {
    closeSync(log);
  }
}

async function lastLogLine(path: string): Promise<string> {
  const lines = (await readFile(path, 'utf8').catch(() => '')).trimEnd().split('\n');
  return lines.at(-1) ?? '';
}

/** Its CRI face comes up a little after its socket: ask until it answers. */
async function waitUntilServing(identity: ProcessIdentity, options: ContainerdOptions): Promise<void> {
  const deadline = Date.now() + START_MS;
  let lastError: unknown;
  while (Date.now() < deadline) {
    options.signal?.throwIfAborted();
    if (!isAlive(identity)) throw new Error(`containerd ended while starting: ${await lastLogLine(options.paths.log)}`);
    const client = connectContainerRuntime(`unix://${options.paths.socket}`);
    try {
      await client.runtime.version();
      return;
    } catch (error) {
      lastError = error;
    } finally {
      client.close();
    }
    await sleep(25);
  }
  throw new Error(`containerd does not answer after ${START_MS / 1000} s; see ${options.paths.log}`, { cause: lastError });
}

async function endProcess(identity: ProcessIdentity): Promise<void> {
  const deadline = Date.now() + STOP_MS;
  if (isAlive(identity)) process.kill(identity.pid, 'SIGTERM');
  while (isAlive(identity)) {
    if (Date.now() > deadline) process.kill(identity.pid, 'SIGKILL');
    await sleep(20);
  }
}

/** Stops and removes every pod that the runtime knows, a few at a time. Resolves with what failed. */
async function removeAllPods(runtime: ContainerRuntime): Promise<unknown[]> {
  const sandboxes = await runtime.runtime.listPodSandbox();
  const failures: unknown[] = [];
  const next = sandboxes.values();
  const work = async (): Promise<void> => {
    for (const { id } of next) {
      try {
        await runtime.runtime.stopPodSandbox(id);
        await runtime.runtime.removePodSandbox(id);
      } catch (error) {
        // The others have to go all the same; what is left of this one goes with containerd's remains.
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: POD_STOP_CONCURRENCY }, work));
  return failures;
}

/** Finds the node's containerd running, or starts it. Throws with what is wrong when it does not come up. */
export async function startContainerd(options: ContainerdOptions): Promise<Containerd> {
  const { paths } = options;
  const previous = await readPidFile(paths.pidFile);
  const found = previous !== undefined && isAlive(previous);
  const machine = options.machine ?? detectMachine();
  let identity = found ? previous : await launch(options, machine);
  await waitUntilServing(identity, options);
  const endpoint = `unix://${paths.socket}`;
  let stopping = false;

  const followEvents = async function* (signal: AbortSignal): AsyncGenerator<RuntimeEvent> {
    // Whoever lost the events comes here again: containerd has died, and its pods live on without it.
    if (!stopping && !isAlive(identity)) {
      identity = await launch(options, machine);
      await waitUntilServing(identity, options);
    }
    yield* containerdEvents(paths.socket, signal);
  };
  const connect = (): ContainerRuntime => connectContainerRuntime(endpoint, followEvents);

  const stop = async (): Promise<void> => {
    stopping = true;
    const client = connect();
    try {
      await removeAllPods(client);
    } finally {
      client.close();
      await endProcess(identity);
      await removeRemains(paths);
      await rm(paths.pidFile, { force: true });
    }
  };
  return {
    endpoint,
    get pid() {
      return identity.pid;
    },
    found,
    connect,
    stop,
    delete: async () => {
      await stop();
      for (const path of [paths.root, paths.state, paths.opt, paths.cniConfDir]) await rm(path, { recursive: true, force: true });
    },
  };
}
