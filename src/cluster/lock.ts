import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, Failure } from './failure.ts';
import type { ClusterPaths } from './paths.ts';
import { isRunning, startTimeOf, type ProcessRecord } from './process-file.ts';

/** Runs `work` while no other command changes the same cluster. Throws Failure when one does. A dead holder's lock is taken over. */
export async function withLock<R>(paths: ClusterPaths, work: () => Promise<R>): Promise<R> {
  const file = join(paths.dir, 'lock');
  await acquire(file);
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function acquire(file: string): Promise<void> {
  const mine: ProcessRecord = { pid: process.pid, startTime: startTimeOf(process.pid) ?? '' };
  for (let tries = 2; ; tries--) {
    try {
      const handle = await open(file, 'wx', 0o600);
      await handle.writeFile(JSON.stringify(mine));
      await handle.close();
      return;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      const holder = await readHolder(file);
      if (holder !== undefined && isRunning(holder))
        throw new Failure(`another skiff command (process ${holder.pid}) is working on this cluster`, 'wait for it to end');
      if (tries === 0) throw new Failure(`${file} cannot be taken over`, `remove it: rm ${file}`, { cause: error });
      await rm(file, { force: true });
    }
  }
}

async function readHolder(file: string): Promise<ProcessRecord | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as ProcessRecord;
  } catch {
    return undefined;
  }
}
