import { ageCell, ageColumn, nameColumn, textColumn } from '../printing.ts';
import { defineKind } from '../kind-definition.ts';
import { storageV1beta1 } from './versions.ts';
import { validateStorageClass, validateStorageClassUpdate } from './storage-class-validation.ts';
import type { StorageClass } from '../generated/storage-v1.ts';

const DEFAULT_CLASS = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];

function nameCell({ metadata }: StorageClass): string {
  const isDefault = DEFAULT_CLASS.some((annotation) => metadata.annotations?.[annotation] === 'true');
  return isDefault ? `${metadata.name} (default)` : metadata.name;
}

export const storageClassKind = defineKind<StorageClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  resource: 'storageclasses',
  singular: 'storageclass',
  shortNames: ['sc'],
  namespaced: false,
  alsoServed: [storageV1beta1('StorageClass', 'v1.19', 'v1.22')],
  hasStatus: false,
  defaults(object) {
    object.reclaimPolicy ||= 'Delete';
    object.volumeBindingMode ||= 'Immediate';
  },
  validate: validateStorageClass,
  validateUpdate: validateStorageClassUpdate,
  columns: [
    nameColumn,
    textColumn('Provisioner', 'The type of the provisioner.'),
    textColumn('ReclaimPolicy', 'What becomes of dynamically provisioned volumes when their claim goes.'),
    textColumn('VolumeBindingMode', 'When volumes of this class are bound and provisioned.'),
    textColumn('AllowVolumeExpansion', 'Whether volumes of this class may be expanded.'),
    ageColumn,
  ],
  row: (object, now) => [
    nameCell(object),
    object.provisioner,
    object.reclaimPolicy ?? 'Delete',
    object.volumeBindingMode ?? '<unset>',
    object.allowVolumeExpansion ?? false,
    ageCell(object, now),
  ],
});
