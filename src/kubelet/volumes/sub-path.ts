import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { lstat, mkdir, open, realpath, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { isMountPoint, unmountBelow } from '../mounts.ts';

const NO_FOLLOW = constants.O_RDONLY | constants.O_NOFOLLOW;
const O_PATH = 0o10000000;

function isInside(root: string, path: string): boolean {
  const rest = relative(root, path);
  return rest !== '..' && !rest.startsWith('../') && !rest.startsWith('/');
}

/** The first of the path's parents (or itself) that exists, with links resolved. */
async function existingPart(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return existingPart(dirname(path));
  }
}

/** Opens without following a link anywhere below `root`, so that nobody can swap a component for a link meanwhile. */
async function openBelow(root: string, path: string): Promise<FileHandle> {
  let handle = await open(root, NO_FOLLOW | O_PATH);
  for (const part of relative(root, path).split('/').filter(Boolean)) {
    try {
      const next = await open(`/proc/self/fd/${handle.fd}/${part}`, NO_FOLLOW | O_PATH);
      await handle.close();
      handle = next;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }
  return handle;
}

function bindMount(handle: FileHandle, target: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('mount', ['--no-canonicalize', '--bind', '/proc/self/fd/3', target], {
      stdio: ['ignore', 'ignore', 'pipe', handle.fd],
    });
    let text = '';
    child.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`failed to bind-mount subPath: ${text.trim()}`))));
  });
}

/**
 * Makes one entry of a volume mountable by itself. It is bound to a place that containers cannot reach, so that a container
 * with write access to the volume cannot lead another one out of it. A missing entry becomes a directory.
 */
export async function bindSubPath(volumePath: string, subPath: string, target: string): Promise<string> {
  if (subPath.startsWith('/')) throw new Error(`subPath ${subPath} must be a relative path`);
  if (subPath.split('/').includes('..')) throw new Error(`subPath ${subPath} must not contain '..'`);
  if (await isMountPoint(target)) return target;
  const root = await realpath(volumePath);
  const wanted = join(root, subPath);
  if (!isInside(root, await existingPart(wanted))) throw new Error(`subPath ${subPath} is outside of the volume`);
  await mkdir(wanted, { recursive: true, mode: 0o750 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const source = await realpath(wanted);
  if (!isInside(root, source)) throw new Error(`subPath ${subPath} is outside of the volume`);
  const handle = await openBelow(root, source);
  try {
    await mkdir(dirname(target), { recursive: true });
    if ((await lstat(source)).isDirectory()) await mkdir(target, { recursive: true });
    else await writeFile(target, '');
    await bindMount(handle, target);
  } finally {
    await handle.close();
  }
  return target;
}

/** Undoes `bindSubPath` for everything below a pod's directory of subPaths. */
export async function releaseSubPaths(directory: string): Promise<void> {
  await unmountBelow(directory);
  await rm(directory, { recursive: true, force: true });
}
