import { ageCell, ageColumn, integerColumn, nameColumn } from '../printing.ts';
import { defineKind } from '../kind-definition.ts';
import { storageV1beta1 } from './versions.ts';
import { structOf } from '../struct-of.ts';
import { validateCSINode, validateCSINodeUpdate } from './csi-node-validation.ts';
import type { CSINode } from '../generated/storage-v1.ts';

export const csiNodeKind = defineKind<CSINode>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSINode',
  resource: 'csinodes',
  singular: 'csinode',
  namespaced: false,
  alsoServed: [storageV1beta1('CSINode', 'v1.17', 'v1.22')],
  hasStatus: false,
  unconditionalUpdate: false,
  defaults(object) {
    structOf(object, 'spec').drivers ??= [];
  },
  validate: validateCSINode,
  validateUpdate: validateCSINodeUpdate,
  columns: [nameColumn, integerColumn('Drivers', 'How many CSI drivers the node has.'), ageColumn],
  row: (object, now) => [object.metadata.name, object.spec.drivers.length, ageCell(object, now)],
});
