import { defineKind } from '../kind-definition.ts';
import { nameColumn, textColumn } from '../printing.ts';
import { storageV1beta1 } from './versions.ts';
import { validateCSIStorageCapacity, validateCSIStorageCapacityUpdate } from './csi-storage-capacity-validation.ts';
import type { CSIStorageCapacity } from '../generated/storage-v1.ts';

export const csiStorageCapacityKind = defineKind<CSIStorageCapacity>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIStorageCapacity',
  resource: 'csistoragecapacities',
  singular: 'csistoragecapacity',
  namespaced: true,
  alsoServed: [storageV1beta1('CSIStorageCapacity', 'v1.24', 'v1.27')],
  hasStatus: false,
  unconditionalUpdate: false,
  validate: validateCSIStorageCapacity,
  validateUpdate: validateCSIStorageCapacityUpdate,
  columns: [
    nameColumn,
    textColumn('StorageClassName', 'The storage class that the capacity is of.'),
    textColumn('Capacity', 'How much can still be provisioned.'),
  ],
  row: (object) => [object.metadata.name, object.storageClassName, object.capacity ?? '<unset>'],
});
