import { defineKind } from '../kind-definition.ts';
import { isCanonicalAddress } from './canonical-address.ts';
import { nameColumn, textColumn } from '../printing.ts';
import { structOf } from '../struct-of.ts';
import { validateIPAddress, validateIPAddressUpdate } from './ip-address-validation.ts';
import type { IPAddress, ParentReference } from '../generated/networking-v1.ts';

/** `services/default/kubernetes`, or `widgets.example.com/a`. */
function parentCell(parent: ParentReference | undefined): string {
  if (parent === undefined) return '<none>';
  const resource = parent.group ? `${parent.resource}.${parent.group}` : parent.resource;
  return [resource, parent.namespace, parent.name].filter((part) => part).join('/');
}

export const ipAddressKind = defineKind<IPAddress>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',
  resource: 'ipaddresses',
  singular: 'ipaddress',
  shortNames: ['ip'],
  namespaced: false,
  hasStatus: false,
  hasGeneration: true,
  nameRule: isCanonicalAddress,
  defaults(object) {
    structOf(object, 'spec');
  },
  validate: validateIPAddress,
  validateUpdate: validateIPAddressUpdate,
  columns: [nameColumn, textColumn('ParentRef', 'The object that the address belongs to.')],
  row: (object) => [object.metadata.name, parentCell(object.spec.parentRef)],
});
