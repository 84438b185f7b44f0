import { ageCell, ageColumn, nameColumn, textColumn } from '../printing.ts';
import { defineKind, type Column } from '../kind-definition.ts';
import { storageV1beta1 } from './versions.ts';
import { structOf } from '../struct-of.ts';
import { validateCSIDriver, validateCSIDriverUpdate } from './csi-driver-validation.ts';
import type { CSIDriver } from '../generated/storage-v1.ts';

function defaults(object: CSIDriver): void {
  const spec = structOf(object, 'spec');
  spec.attachRequired ??= true;
  spec.podInfoOnMount ??= false;
  spec.storageCapacity ??= false;
  spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType';
  if (!spec.volumeLifecycleModes?.length) spec.volumeLifecycleModes = ['Persistent'];
  spec.requiresRepublish ??= false;
  spec.seLinuxMount ??= false;
}

const flag = (name: string, description: string): Column => ({ name, type: 'boolean', description });

export const csiDriverKind = defineKind<CSIDriver>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  resource: 'csidrivers',
  singular: 'csidriver',
  namespaced: false,
  alsoServed: [storageV1beta1('CSIDriver', 'v1.19', 'v1.22')],
  hasStatus: false,
  hasGeneration: true,
  unconditionalUpdate: false,
  defaults,
  validate: validateCSIDriver,
  validateUpdate: validateCSIDriverUpdate,
  columns: [
    nameColumn,
    flag('AttachRequired', 'Whether volumes of the driver must be attached before they are mounted.'),
    flag('PodInfoOnMount', 'Whether the driver wants to know of the pod when it mounts.'),
    flag('StorageCapacity', 'Whether the driver publishes how much capacity is left.'),
    textColumn('TokenRequests', 'Audiences of the service account tokens that the driver gets.'),
    flag('RequiresRepublish', 'Whether the driver wants to be called again and again while mounted.'),
    textColumn('Modes', 'The kinds of volumes that the driver supports.'),
    ageColumn,
  ],
  row: (object, now) => [
    object.metadata.name,
    object.spec.attachRequired ?? true,
    object.spec.podInfoOnMount ?? false,
    object.spec.storageCapacity ?? false,
    object.spec.tokenRequests?.map(({ audience }) => audience).join(',') || '<unset>',
    object.spec.requiresRepublish ?? false,
    object.spec.volumeLifecycleModes?.join(',') || '<none>',
    ageCell(object, now),
  ],
});
