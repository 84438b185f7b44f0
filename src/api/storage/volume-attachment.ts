import { ageCell, ageColumn, nameColumn, textColumn } from '../printing.ts';
import { defineKind } from '../kind-definition.ts';
import { storageV1beta1 } from './versions.ts';
import { structOf } from '../struct-of.ts';
import { validateVolumeAttachment, validateVolumeAttachmentUpdate } from './volume-attachment-validation.ts';
import type { VolumeAttachment } from '../generated/storage-v1.ts';

export const volumeAttachmentKind = defineKind<VolumeAttachment>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  resource: 'volumeattachments',
  singular: 'volumeattachment',
  namespaced: false,
  alsoServed: [storageV1beta1('VolumeAttachment', 'v1.19', 'v1.22')],
  hasStatus: true,
  unconditionalUpdate: false,
  defaults(object) {
    structOf(structOf(object, 'spec'), 'source');
    structOf(object, 'status').attached ??= false;
  },
  prepareForCreate(object) {
    object.status = { attached: false };
  },
  validate: validateVolumeAttachment,
  validateUpdate: validateVolumeAttachmentUpdate,
  columns: [
    nameColumn,
    textColumn('Attacher', 'The driver that attaches the volume.', false),
    textColumn('PV', 'The persistent volume.'),
    textColumn('Node', 'The node that the volume is to be attached to.'),
    { name: 'Attached', type: 'boolean', description: 'Whether the volume is attached.' },
    ageColumn,
  ],
  row: (object, now) => [
    object.metadata.name,
    object.spec.attacher,
    object.spec.source.persistentVolumeName ?? '',
    object.spec.nodeName,
    object.status?.attached ?? false,
    ageCell(object, now),
  ],
});
