import type { PersistentVolume, PersistentVolumeClaim } from '../generated/core-v1.ts';

/** The annotation that named the storage class before there was a field for it. */
export const BETA_STORAGE_CLASS = 'volume.beta.kubernetes.io/storage-class';

const SHORT_MODES = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
] as const;

/** The ACCESS MODES cell: `RWO,ROX`. */
export function accessModesText(modes: readonly string[] | undefined): string {
  return SHORT_MODES.filter(([mode]) => modes?.includes(mode))
    .map(([, short]) => short)
    .join(',');
}

/** The storage class of a volume or claim, wherever it is named. */
export function storageClassOf({ metadata, spec }: PersistentVolume | PersistentVolumeClaim): string {
  return metadata.annotations?.[BETA_STORAGE_CLASS] ?? spec.storageClassName ?? '';
}
