import { chmod, lchown, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '#api/generated/core-v1.ts';
import { podContainers } from '../pods/pod-containers.ts';

const READ = 0o440;
const READ_WRITE = 0o660;
const EXECUTE = 0o110;
const SET_GID = 0o2000;

export function podFsGroup(pod: Pod): number | undefined {
  return pod.spec.securityContext?.fsGroup;
}

/** The user of all containers, when they agree on one: what only it may read can then belong to it. */
export function podFsUser(pod: Pod): number | undefined {
  const users = new Set(
    [...podContainers(pod)]
      .filter(({ kind }) => kind !== 'ephemeral')
      .map(({ container }) => container.securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser),
  );
  return users.size === 1 ? [...users][0] : undefined;
}

/** A file's mode once the group may read it, too. */
export function fileGroupMode(mode: number): number {
  return mode | READ;
}

async function give(path: string, group: number, isDirectory: boolean, isLink: boolean, mode: number): Promise<void> {
  await lchown(path, -1, group);
  if (isLink) return;
  await chmod(path, (mode & 0o7777) | READ_WRITE | (isDirectory ? SET_GID | EXECUTE : 0));
}

async function isGiven(path: string, group: number): Promise<boolean> {
  const stats = await lstat(path);
  const wanted = READ_WRITE | SET_GID | EXECUTE;
  return stats.gid === group && (stats.mode & wanted) === wanted;
}

/**
 * Makes a writable volume usable by the pod's fsGroup: all of it belongs to the group, and new files will, too. With
 * `onRootMismatch` a volume whose root is right already is left alone.
 */
export async function giveToGroup(root: string, group: number, onRootMismatch = false): Promise<void> {
  if (onRootMismatch && (await isGiven(root, group))) return;
  const walk = async (path: string): Promise<void> => {
    const stats = await lstat(path);
    if (stats.isDirectory()) for (const name of await readdir(path)) await walk(join(path, name));
    // The root last: it shows that the walk was finished.
    await give(path, group, stats.isDirectory(), stats.isSymbolicLink(), stats.mode);
  };
  await walk(root);
}
