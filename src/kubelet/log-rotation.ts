import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { delay } from '#client';
import { podLogDirectory } from './containers/index.ts';
import type { RuntimeService } from './cri/index.ts';
import type { PodWorkers } from './pods/index.ts';

const CHECK_MS = 10_000;
const MAX_BYTES = 10 * 1024 * 1024;
const MAX_FILES = 5;

async function compress(path: string): Promise<void> {
  const temporary = `${path}.tmp`;
  await pipeline(createReadStream(path), createGzip(), createWriteStream(temporary));
  await rename(temporary, `${path}.gz`);
  await rm(path);
}

/** Starts a new file for a log that has grown too large, and keeps a few old ones, all but the newest compressed. */
export async function rotateLog(path: string, reopen: () => Promise<void>, maxFiles = MAX_FILES, now = new Date()): Promise<void> {
  const directory = dirname(path);
  const prefix = `${basename(path)}.`;
  const old = (await readdir(directory)).filter((name) => name.startsWith(prefix)).sort();
  for (const name of old.filter((name) => name.endsWith('.tmp'))) await rm(join(directory, name));
  const rotated = old.filter((name) => !name.endsWith('.tmp'));
  // The present file and the one that it is about to become count, too.
  const excess = rotated.length - (maxFiles - 2);
  for (const name of rotated.slice(0, Math.max(excess, 0))) await rm(join(directory, name));
  for (const name of rotated.slice(Math.max(excess, 0))) if (!name.endsWith('.gz')) await compress(join(directory, name));
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  const target = `${path}.${stamp}`;
  await rename(path, target);
  try {
    await reopen();
  } catch (error) {
    await rename(target, path);
    throw error;
  }
}

/** Rotates the logs of running containers. */
export class LogRotation {
  readonly #runtime: RuntimeService;
  readonly #workers: PodWorkers;
  readonly #podLogs: string;

  constructor(runtime: RuntimeService, workers: PodWorkers, podLogs: string) {
    this.#runtime = runtime;
    this.#workers = workers;
    this.#podLogs = podLogs;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await delay(CHECK_MS, signal);
      if (!signal.aborted) await this.#rotateAll();
    }
  }

  async #rotateAll(): Promise<void> {
    for (const { pod, runtime } of this.#workers) {
      const directory = podLogDirectory(this.#podLogs, pod);
      for (const { id, logPath } of runtime.running) {
        const path = logPath.startsWith('/') ? logPath : join(directory, logPath);
        const size = (await stat(path).catch(() => undefined))?.size ?? 0;
        // A log that cannot be rotated now is looked at again.
        if (size > MAX_BYTES) await rotateLog(path, () => this.#runtime.reopenContainerLog(id)).catch(() => {});
      }
    }
  }
}
