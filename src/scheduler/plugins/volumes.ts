import type { PersistentVolume, PersistentVolumeClaim, Pod } from '#api/generated/core-v1.ts';
import type { StorageClass } from '#api/generated/storage-v1.ts';
import type { Plugin, Rejection } from '../framework/plugin.ts';
import { nodeSelectorMatcher } from './node-affinity.ts';

/** What the volume plugin reads beside the pod. */
export interface VolumeReader {
  claim(namespace: string, name: string): PersistentVolumeClaim | undefined;
  volume(name: string): PersistentVolume | undefined;
  storageClass(name: string): StorageClass | undefined;
}

const CONFLICT: Rejection = { reason: 'node(s) had volume node affinity conflict', resolvable: false };

/** Claims must exist and be bound (or wait for their first consumer), and their volumes be reachable from the node. */
export function volumeBinding(reader: VolumeReader): Plugin {
  return {
    name: 'VolumeBinding',
    prepare({ pod }) {
      const names = claimNames(pod);
      if (names.length === 0) return undefined;
      const matchers: ReturnType<typeof nodeSelectorMatcher>[] = [];
      for (const name of names) {
        const claim = reader.claim(pod.metadata.namespace ?? '', name);
        if (claim === undefined) return { reason: `persistentvolumeclaim "${name}" not found`, resolvable: false };
        if (claim.metadata.deletionTimestamp !== undefined)
          return { reason: `persistentvolumeclaim "${name}" is being deleted`, resolvable: false };
        const volumeName = claim.spec.volumeName ?? '';
        if (volumeName === '') {
          if (!waitsForConsumer(claim, reader)) return { reason: 'pod has unbound immediate PersistentVolumeClaims', resolvable: false };
          continue;
        }
        const required = reader.volume(volumeName)?.spec.nodeAffinity?.required;
        if (required !== undefined) matchers.push(nodeSelectorMatcher(required));
      }
      return { filter: (node) => (matchers.every((matches) => matches(node)) ? undefined : CONFLICT) };
    },
  };
}

/** The claims of a pod, those of its ephemeral volumes included. */
export function claimNames({ metadata, spec }: Pod): string[] {
  return (spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim !== undefined) return [persistentVolumeClaim.claimName];
    return ephemeral === undefined ? [] : [`${metadata.name}-${name}`];
  });
}

export function waitsForConsumer(claim: PersistentVolumeClaim, reader: VolumeReader): boolean {
  const { storageClassName } = claim.spec;
  if (storageClassName === undefined || storageClassName === '') return false;
  return reader.storageClass(storageClassName)?.volumeBindingMode === 'WaitForFirstConsumer';
}
