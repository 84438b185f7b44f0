import { ageCell, ageColumn, nameColumn, textColumn } from '../printing.ts';
import { defineKind } from '../kind-definition.ts';
import { structOf } from '../struct-of.ts';
import { timestamp } from '#apimachinery';
import { validateResourceSlice, validateResourceSliceUpdate } from './resource-slice-validation.ts';
import type { ResourceSlice } from '../generated/resource-v1.ts';

function defaults(object: ResourceSlice): void {
  const spec = structOf(object, 'spec');
  structOf(spec, 'pool');
  for (const { taints } of spec.devices ?? []) {
    for (const taint of taints ?? []) taint.timeAdded ??= timestamp();
  }
}

export const resourceSliceKind = defineKind<ResourceSlice>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceSlice',
  resource: 'resourceslices',
  singular: 'resourceslice',
  namespaced: false,
  hasStatus: false,
  hasGeneration: true,
  defaults,
  validate: validateResourceSlice,
  validateUpdate: validateResourceSliceUpdate,
  columns: [
    nameColumn,
    textColumn('Node', 'The node that offers the devices, if only one can use them.'),
    textColumn('Driver', 'The driver of the devices.'),
    textColumn('Pool', 'The pool that the devices belong to.'),
    ageColumn,
  ],
  row: (object, now) => [object.metadata.name, object.spec.nodeName ?? '', object.spec.driver, object.spec.pool.name, ageCell(object, now)],
  selectableFields: {
    'spec.nodeName': ({ spec }) => spec.nodeName ?? '',
    'spec.driver': ({ spec }) => spec.driver,
  },
});
