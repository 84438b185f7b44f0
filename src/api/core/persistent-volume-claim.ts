import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../generated/core-v1.ts';
import { defineKind, type Cell } from '../kind-definition.ts';
import { ageCell, ageColumn, nameColumn, textColumn } from '../printing.ts';
import { accessModesText, storageClassOf } from './storage-text.ts';
import { storageWarnings } from './storage-warnings.ts';
import { validateClaim, validateClaimStatusUpdate, validateClaimUpdate } from './persistent-volume-claim-validation.ts';

/** A PersistentVolumeClaim: somebody's wish for storage. */
export const persistentVolumeClaimKind = defineKind<PersistentVolumeClaim>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  resource: 'persistentvolumeclaims',
  singular: 'persistentvolumeclaim',
  shortNames: ['pvc'],
  namespaced: true,
  hasStatus: true,

  defaults(claim) {
    const spec = (claim.spec ??= {} as PersistentVolumeClaimSpec);
    defaultClaimSpec(spec);
  },
  prepareForCreate(claim) {
    claim.status = { phase: 'Pending' };
    completeDataSources(claim.spec);
  },
  prepareForStatusUpdate(claim) {
    claim.status.phase ||= 'Pending';
  },
  validate: validateClaim,
  validateUpdate: validateClaimUpdate,
  validateStatusUpdate: validateClaimStatusUpdate,
  warnings: storageWarnings,

  columns: [
    nameColumn,
    textColumn('Status', 'Whether the claim is pending, bound to a volume, or has lost it.'),
    textColumn('Volume', 'The volume that the claim is bound to.'),
    textColumn('Capacity', 'How much the volume holds.'),
    textColumn('Access Modes', 'The ways in which the volume can be mounted.'),
    textColumn('StorageClass', 'StorageClass of the pvc'),
    textColumn('VolumeAttributesClass', 'VolumeAttributesClass of the pvc'),
    ageColumn,
    textColumn('VolumeMode', 'What sort of volume the claim asks for.', true),
  ],
  row(claim, now): Cell[] {
    const { metadata, spec, status } = claim;
    const bound = Boolean(spec.volumeName);
    return [
      metadata.name,
      metadata.deletionTimestamp ? 'Terminating' : (status.phase ?? ''),
      spec.volumeName ?? '',
      bound ? (status.capacity?.['storage'] ?? '0') : '',
      bound ? accessModesText(status.accessModes) : '',
      storageClassOf(claim),
      spec.volumeAttributesClassName ?? '<unset>',
      ageCell(claim, now),
      spec.volumeMode ?? '<unset>',
    ];
  },
});

/** Fills in a claim's spec, also the one of an ephemeral volume's or a StatefulSet's template. */
export function defaultClaimSpec(spec: PersistentVolumeClaimSpec): void {
  spec.resources ??= {};
  spec.volumeMode ??= 'Filesystem';
}

/** `dataSource` and `dataSourceRef` say the same unless the reference leads into another namespace. */
function completeDataSources(spec: PersistentVolumeClaimSpec): void {
  const { dataSource, dataSourceRef } = spec;
  if (dataSource && !dataSourceRef) spec.dataSourceRef = { ...dataSource };
  else if (dataSourceRef && !dataSource && !dataSourceRef.namespace) {
    const { apiGroup, kind, name } = dataSourceRef;
    spec.dataSource = apiGroup === undefined ? { kind, name } : { apiGroup, kind, name };
  }
}
