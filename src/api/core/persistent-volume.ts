import { timestamp } from '#apimachinery';
import type { PersistentVolume } from '../generated/core-v1.ts';
import { defineKind, type Cell } from '../kind-definition.ts';
import { ageCell, ageColumn, nameColumn, textColumn } from '../printing.ts';
import { defaultAttachedStorage } from './pod/volume-defaults.ts';
import { accessModesText, storageClassOf } from './storage-text.ts';
import { storageWarnings } from './storage-warnings.ts';
import { validatePersistentVolume, validatePersistentVolumeUpdate } from './persistent-volume-validation.ts';

/** A PersistentVolume: a piece of storage of the cluster. */
export const persistentVolumeKind = defineKind<PersistentVolume>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  resource: 'persistentvolumes',
  singular: 'persistentvolume',
  shortNames: ['pv'],
  namespaced: false,
  hasStatus: true,

  defaults(volume) {
    const spec = (volume.spec ??= {});
    spec.persistentVolumeReclaimPolicy ||= 'Retain';
    spec.volumeMode ??= 'Filesystem';
    defaultAttachedStorage(spec);
  },
  prepareForCreate(volume, { now }) {
    volume.status = { phase: 'Pending', lastPhaseTransitionTime: timestamp(now) };
  },
  prepareForStatusUpdate(volume, old, { now }) {
    volume.status.phase ||= 'Pending';
    if (volume.status.phase === old.status.phase) volume.status.lastPhaseTransitionTime ??= old.status.lastPhaseTransitionTime;
    else if (volume.status.lastPhaseTransitionTime === old.status.lastPhaseTransitionTime) {
      volume.status.lastPhaseTransitionTime = timestamp(now);
    }
  },
  validate: validatePersistentVolume,
  validateUpdate: validatePersistentVolumeUpdate,
  warnings: storageWarnings,

  columns: [
    nameColumn,
    textColumn('Capacity', 'How much the volume holds.'),
    textColumn('Access Modes', 'All the ways in which the volume can be mounted.'),
    textColumn('Reclaim Policy', 'What happens to the volume when it is released from its claim.'),
    textColumn('Status', 'Whether the volume is available, bound to a claim, or released by one.'),
    textColumn('Claim', 'The claim that the volume is bound to.'),
    textColumn('StorageClass', 'StorageClass of the pv'),
    textColumn('VolumeAttributesClass', 'VolumeAttributesClass of the pv'),
    textColumn('Reason', 'Why the volume is in this state.'),
    ageColumn,
    textColumn('VolumeMode', 'Whether the volume is formatted with a filesystem or used as a raw block device.', true),
  ],
  row(volume, now): Cell[] {
    const { metadata, spec, status } = volume;
    const { claimRef } = spec;
    return [
      metadata.name,
      spec.capacity?.['storage'] ?? '0',
      accessModesText(spec.accessModes),
      spec.persistentVolumeReclaimPolicy ?? '',
      metadata.deletionTimestamp ? 'Terminating' : (status.phase ?? ''),
      claimRef ? `${claimRef.namespace ?? ''}/${claimRef.name ?? ''}` : '',
      storageClassOf(volume),
      spec.volumeAttributesClassName ?? '<unset>',
      status.reason ?? '',
      ageCell(volume, now),
      spec.volumeMode ?? '<unset>',
    ];
  },
});
