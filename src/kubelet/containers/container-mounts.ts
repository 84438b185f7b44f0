import { randomBytes } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Container, VolumeMount } from '#api/generated/core-v1.ts';
import type { Mount, MountPropagation } from '../cri/index.ts';
import { expand } from '../environment/index.ts';
import { bindSubPath, type PodVolumes } from '../volumes/index.ts';

const PROPAGATION: Record<string, MountPropagation> = {
  None: 'PROPAGATION_PRIVATE',
  HostToContainer: 'PROPAGATION_HOST_TO_CONTAINER',
  Bidirectional: 'PROPAGATION_BIDIRECTIONAL',
};

export const DEFAULT_TERMINATION_MESSAGE_PATH = '/dev/termination-log';
const HOSTS = '/etc/hosts';

export interface MountSettings {
  volumes: PodVolumes;
  podDirectory: string;
  environment: ReadonlyMap<string, string>;
  /** Whether files may be bound one by one; needs root. */
  bindMounts: boolean;
}

async function volumeMount(container: Container, mount: VolumeMount, index: number, settings: MountSettings): Promise<Mount> {
  const volume = settings.volumes.get(mount.name);
  if (volume === undefined) throw new Error(`cannot find volume "${mount.name}" to mount into container "${container.name}"`);
  const subPath = mount.subPathExpr ? expand(mount.subPathExpr, settings.environment) : (mount.subPath ?? '');
  const target = `${settings.podDirectory}/volume-subpaths/${mount.name}/${container.name}/${index}`;
  let hostPath = volume.path;
  if (subPath !== '') {
    hostPath = settings.bindMounts
      ? await bindSubPath(volume.path, subPath, target).catch((error: unknown) => failSubPath(mount, error))
      : `${volume.path}/${subPath}`;
  }
  return {
    containerPath: mount.mountPath.startsWith('/') ? mount.mountPath : `/${mount.mountPath}`,
    hostPath,
    readonly: mount.readOnly === true || volume.readOnly,
    propagation: PROPAGATION[mount.mountPropagation ?? 'None'],
  };
}

function failSubPath(mount: VolumeMount, cause: unknown): never {
  const text = cause instanceof Error ? cause.message : String(cause);
  throw new Error(`failed to prepare subPath for volumeMount "${mount.name}": ${text}`, { cause });
}

async function terminationMessageMount(container: Container, podDirectory: string): Promise<Mount> {
  const hostPath = `${podDirectory}/containers/${container.name}/${randomBytes(4).toString('hex')}`;
  await mkdir(dirname(hostPath), { recursive: true });
  await writeFile(hostPath, '');
  await chmod(hostPath, 0o666);
  return { containerPath: container.terminationMessagePath || DEFAULT_TERMINATION_MESSAGE_PATH, hostPath, readonly: false };
}

/** All that is mounted into a container: its volumes, the pod's hosts file, the file for its last words. */
export async function containerMounts(container: Container, settings: MountSettings): Promise<Mount[]> {
  const mounts: Mount[] = [];
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) mounts.push(await volumeMount(container, mount, index, settings));
  if (!mounts.some(({ containerPath }) => containerPath === HOSTS)) {
    mounts.push({ containerPath: HOSTS, hostPath: `${settings.podDirectory}/etc-hosts`, readonly: false });
  }
  mounts.push(await terminationMessageMount(container, settings.podDirectory));
  return mounts;
}
