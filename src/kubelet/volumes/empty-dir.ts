import { chmod, mkdir, rm } from 'node:fs/promises';
import type { EmptyDirVolumeSource } from '#api/generated/core-v1.ts';
import { quantityValue } from '../containers/quantities.ts';
import { isMountPoint, mountTmpfs, unmount } from '../mounts.ts';
import { giveToGroup, podFsGroup } from './ownership.ts';
import type { MountedVolume, VolumeContext } from './volume-context.ts';

const ANYBODY = 0o777;

async function mountMemory(path: string, source: EmptyDirVolumeSource): Promise<void> {
  if (await isMountPoint(path)) return;
  const size = source.sizeLimit === undefined ? '' : `size=${quantityValue(source.sizeLimit)},`;
  await mountTmpfs(path, `${size}mode=0777`);
}

/** A directory that lives as long as the pod: on disk, or with medium Memory in memory. */
export async function setUpEmptyDir(context: VolumeContext, name: string, source: EmptyDirVolumeSource): Promise<MountedVolume> {
  const { medium = '' } = source;
  if (medium !== '' && medium !== 'Memory') throw new Error(`unknown storage medium ${JSON.stringify(medium)}`);
  const path = `${context.podDirectory}/volumes/kubernetes.io~empty-dir/${name}`;
  await mkdir(path, { recursive: true });
  if (medium === 'Memory') await mountMemory(path, source);
  await chmod(path, ANYBODY);
  const group = podFsGroup(context.pod);
  if (group !== undefined) await giveToGroup(path, group, true);
  return {
    path,
    readOnly: false,
    tearDown: async () => {
      if (medium === 'Memory') await unmount(path);
      await rm(path, { recursive: true, force: true });
    },
  };
}
