import { mkdir, rm } from 'node:fs/promises';
import { isMountPoint, mountTmpfs, unmount } from '../mounts.ts';

/**
 * Makes the directory in memory under which all pods' secrets stand: one mount for the whole node instead of one a volume.
 * Where mounting is not allowed (simulated nodes), an ordinary directory takes its place.
 */
export async function prepareSecretDirectory(path: string, inMemory: boolean): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o755 });
  if (inMemory && !(await isMountPoint(path))) await mountTmpfs(path, 'mode=0755,size=50%');
}

export async function releaseSecretDirectory(path: string): Promise<void> {
  await unmount(path);
  await rm(path, { recursive: true, force: true });
}
