import { mkdir, open, stat } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import type { HostPathVolumeSource } from '#api/generated/core-v1.ts';
import type { MountedVolume } from './volume-context.ts';

const NOTHING_THERE = new Set(['ENOENT', 'ENOTDIR']);

async function look(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (NOTHING_THERE.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

interface Check {
  is(stats: Stats): boolean;
  what: string;
}

const CHECKS: Record<string, Check> = {
  Directory: { is: (stats) => stats.isDirectory(), what: 'directory' },
  DirectoryOrCreate: { is: (stats) => stats.isDirectory(), what: 'directory' },
  File: { is: (stats) => stats.isFile(), what: 'file' },
  FileOrCreate: { is: (stats) => stats.isFile(), what: 'file' },
  Socket: { is: (stats) => stats.isSocket(), what: 'socket file' },
  CharDevice: { is: (stats) => stats.isCharacterDevice(), what: 'character device' },
  BlockDevice: { is: (stats) => stats.isBlockDevice(), what: 'block device' },
};

async function create(path: string, type: string): Promise<void> {
  if (type === 'DirectoryOrCreate') await mkdir(path, { recursive: true, mode: 0o755 });
  else await (await open(path, 'a', 0o644)).close();
}

/** Throws with the text that the FailedMount event shows when the path is not of the type. */
export async function checkHostPath({ path, type = '' }: HostPathVolumeSource): Promise<void> {
  if (type === '') return;
  const check = CHECKS[type];
  if (check === undefined) throw new Error(`hostPath type check failed: ${path} is an invalid volume type`);
  if (type.endsWith('OrCreate') && (await look(path)) === undefined) await create(path, type);
  const stats = await look(path);
  if (stats === undefined || !check.is(stats)) throw new Error(`hostPath type check failed: ${path} is not a ${check.what}`);
}

export async function setUpHostPath(source: HostPathVolumeSource): Promise<MountedVolume> {
  await checkHostPath(source);
  return { path: source.path, readOnly: false };
}
