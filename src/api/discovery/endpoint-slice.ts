import { ageCell, ageColumn, joinWithMore, nameColumn, textColumn } from '../printing.ts';
import { defineKind } from '../kind-definition.ts';
import { endpointSliceV1beta1 } from './conversion-endpoint-slice.ts';
import { validateEndpointSlice, validateEndpointSliceUpdate } from './endpoint-slice-validation.ts';
import type { EndpointPort, EndpointSlice } from '../generated/discovery-v1.ts';

/** How many ports and endpoints the table shows. */
const SHOWN = 3;

function defaults(slice: EndpointSlice): void {
  slice.endpoints ??= [];
  slice.ports ??= [];
  for (const endpoint of slice.endpoints) endpoint.conditions ??= {};
  for (const port of slice.ports) {
    port.name ??= '';
    port.protocol ??= 'TCP';
  }
}

const portText = ({ port, name }: EndpointPort): string => String(port ?? name ?? '*');

export const endpointSliceKind = defineKind<EndpointSlice>({
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  resource: 'endpointslices',
  singular: 'endpointslice',
  namespaced: true,
  alsoServed: [endpointSliceV1beta1],
  hasStatus: false,
  hasGeneration: true,
  defaults,
  validate: validateEndpointSlice,
  validateUpdate: validateEndpointSliceUpdate,
  columns: [
    nameColumn,
    textColumn('AddressType', 'The type of address carried by this endpoint slice.'),
    textColumn('Ports', 'The network ports exposed by each endpoint in this slice.'),
    textColumn('Endpoints', 'The addresses of the endpoints in this slice.'),
    ageColumn,
  ],
  row: (object, now) => [
    object.metadata.name,
    object.addressType,
    joinWithMore((object.ports ?? []).map(portText), SHOWN) || '<unset>',
    joinWithMore(
      (object.endpoints ?? []).flatMap(({ addresses }) => addresses ?? []),
      SHOWN,
    ) || '<unset>',
    ageCell(object, now),
  ],
});
