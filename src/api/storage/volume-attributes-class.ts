import { ageCell, ageColumn, nameColumn, textColumn } from '../printing.ts';
import { defineKind } from '../kind-definition.ts';
import { validateVolumeAttributesClass, validateVolumeAttributesClassUpdate } from './volume-attributes-class-validation.ts';
import type { VolumeAttributesClass } from '../generated/storage-v1.ts';

export const volumeAttributesClassKind = defineKind<VolumeAttributesClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttributesClass',
  resource: 'volumeattributesclasses',
  singular: 'volumeattributesclass',
  shortNames: ['vac'],
  namespaced: false,
  hasStatus: false,
  validate: validateVolumeAttributesClass,
  validateUpdate: validateVolumeAttributesClassUpdate,
  columns: [nameColumn, textColumn('DriverName', 'The CSI driver that modifies the volumes.'), ageColumn],
  row: (object, now) => [object.metadata.name, object.driverName, ageCell(object, now)],
});
