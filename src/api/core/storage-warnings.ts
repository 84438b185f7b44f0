import { root, type FieldPath } from '#apimachinery';
import type { PersistentVolume, PersistentVolumeClaim, PersistentVolumeSpec } from '../generated/core-v1.ts';
import { nodeLabelWarning } from './node-label-warning.ts';
import { quantityOf } from './resource-list.ts';
import { BETA_STORAGE_CLASS } from './storage-text.ts';
import { warning } from './warning.ts';

const SPEC = root.child('spec');
const ANNOTATIONS = root.child('metadata', 'annotations');
const BETA_MOUNT_OPTIONS = 'volume.beta.kubernetes.io/mount-options';

/** What is allowed in volumes and claims and still on its way out. */
export function storageWarnings({ metadata, spec }: PersistentVolume | PersistentVolumeClaim): string[] {
  const warnings: string[] = [];
  if (metadata.annotations?.[BETA_STORAGE_CLASS] !== undefined) {
    warnings.push(warning(ANNOTATIONS.key(BETA_STORAGE_CLASS), 'deprecated since v1.8; use "storageClassName" attribute instead'));
  }
  if (metadata.annotations?.[BETA_MOUNT_OPTIONS] !== undefined) {
    warnings.push(warning(ANNOTATIONS.key(BETA_MOUNT_OPTIONS), 'deprecated since v1.31; use "mountOptions" attribute instead'));
  }
  if ('resources' in spec) {
    warnFractional(spec.resources?.requests?.['storage'], SPEC.child('resources', 'requests').key('storage'), warnings);
  } else volumeWarnings(spec, warnings);
  return warnings;
}

function volumeWarnings(spec: PersistentVolumeSpec, warnings: string[]): void {
  warnFractional(spec.capacity?.['storage'], SPEC.child('capacity').key('storage'), warnings);
  if (spec.persistentVolumeReclaimPolicy === 'Recycle') {
    const text = 'The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.';
    warnings.push(warning(SPEC.child('persistentVolumeReclaimPolicy'), text));
  }
  spec.nodeAffinity?.required?.nodeSelectorTerms?.forEach(({ matchExpressions = [] }, term) => {
    matchExpressions.forEach(({ key }, index) => {
      const text = nodeLabelWarning(key);
      if (text === undefined) return;
      const path = SPEC.child('nodeAffinity', 'required', 'nodeSelectorTerms')
        .index(term)
        .child('matchExpressions')
        .index(index)
        .child('key');
      warnings.push(warning(path, `${key} is ${text}`));
    });
  });
}

function warnFractional(text: string | undefined, path: FieldPath, warnings: string[]): void {
  if (text === undefined || (quantityOf(text)?.milliValue() ?? 0) % 1000 === 0) return;
  warnings.push(warning(path, `fractional byte value "${text}" is invalid, must be an integer`));
}
