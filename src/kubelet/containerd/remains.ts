import { readdir, readFile, rm } from 'node:fs/promises';
import { unmountBelow } from '../mounts.ts';
import type { ContainerdPaths } from './config.ts';

async function shimsOf(socket: string): Promise<number[]> {
  const found: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const words = (await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (words[0]?.endsWith('containerd-shim-runc-v2') === true && words.includes(socket)) found.push(Number(entry));
  }
  return found;
}

/** After containerd has ended: its shims that are left, its mounts and its volatile state. */
export async function removeRemains(paths: ContainerdPaths): Promise<void> {
  for (const pid of await shimsOf(paths.socket)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
  await unmountBelow(paths.state);
  await unmountBelow(paths.root);
  await rm(paths.state, { recursive: true, force: true });
  await rm(paths.socket, { force: true });
  await rm(`${paths.socket}.ttrpc`, { force: true });
}
