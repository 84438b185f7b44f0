import { ageCell, ageColumn, nameColumn } from '../printing.ts';
import { defineKind } from '../kind-definition.ts';
import { structOf } from '../struct-of.ts';
import { validateDeviceClass } from './device-class-validation.ts';
import type { DeviceClass } from '../generated/resource-v1.ts';

export const deviceClassKind = defineKind<DeviceClass>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'DeviceClass',
  resource: 'deviceclasses',
  singular: 'deviceclass',
  namespaced: false,
  hasStatus: false,
  hasGeneration: true,
  defaults: (object) => void structOf(object, 'spec'),
  validate: validateDeviceClass,
  columns: [nameColumn, ageColumn],
  row: (object, now) => [object.metadata.name, ageCell(object, now)],
});
