import { mkdir } from 'node:fs/promises';
import type { PersistentVolumeClaimVolumeSource, Volume } from '#api/generated/core-v1.ts';
import { setUpHostPath } from './host-path.ts';
import { giveToGroup, podFsGroup } from './ownership.ts';
import type { MountedVolume, VolumeContext } from './volume-context.ts';

/** The claim that a volume stands for: named, or made for the pod from an `ephemeral` template. */
export function claimNameOf(podName: string, volume: Volume): string | undefined {
  return volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral === undefined ? undefined : `${podName}-${volume.name}`);
}

/** A claim bound to a hostPath or local volume of this node. Throws while it is not bound, and for other sorts of volume. */
export async function setUpClaim(
  context: VolumeContext,
  { claimName, readOnly = false }: PersistentVolumeClaimVolumeSource,
): Promise<MountedVolume> {
  const { namespace = '' } = context.pod.metadata;
  const claim = await context.persistentVolumeClaim(namespace, claimName);
  const { volumeName } = claim.spec;
  if (!volumeName || claim.status?.phase !== 'Bound') throw new Error(`PVC ${namespace}/${claimName} is not bound`);
  const volume = await context.persistentVolume(volumeName);
  const { claimRef, hostPath, local } = volume.spec;
  if (claimRef?.uid !== claim.metadata.uid) throw new Error(`PV ${volumeName} is bound to another claim than ${namespace}/${claimName}`);
  if (hostPath !== undefined) {
    // A volume made for a claim may be mounted before anything has written to it.
    if (!hostPath.type) await mkdir(hostPath.path, { recursive: true });
    return { ...(await setUpHostPath(hostPath)), readOnly };
  }
  if (local === undefined) throw new Error(`no volume plugin matched name: ${volumeName}`);
  await setUpHostPath({ path: local.path, type: 'Directory' });
  const group = podFsGroup(context.pod);
  if (group !== undefined && !readOnly)
    await giveToGroup(local.path, group, context.pod.spec.securityContext?.fsGroupChangePolicy === 'OnRootMismatch');
  return { path: local.path, readOnly };
}
