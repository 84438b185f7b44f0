import { convertTo } from '../conversion.ts';
import type { Endpoint, EndpointSlice } from '../generated/discovery-v1.ts';
import type { Endpoint as OldEndpoint, EndpointSlice as OldSlice } from '../generated/discovery-v1beta1.ts';
import type { KubeObject } from '#apimachinery';
import type { ServedVersion } from '../kind-definition.ts';

const ZONE = 'topology.kubernetes.io/zone';
const HOSTNAME = 'kubernetes.io/hostname';

/** In v1beta1 the zone and the node's name stand among the labels of `topology`; v1 has fields for them. */
function endpointToV1({ topology, ...endpoint }: OldEndpoint): Endpoint {
  if (topology === undefined) return endpoint;
  const { [ZONE]: zone, ...rest } = topology;
  const converted: Endpoint = { ...endpoint };
  if (zone !== undefined) converted.zone = zone;
  if (converted.nodeName !== undefined && rest[HOSTNAME] === converted.nodeName) delete rest[HOSTNAME];
  if (Object.keys(rest).length > 0) converted.deprecatedTopology = rest;
  return converted;
}

function endpointFromV1({ zone, deprecatedTopology, ...endpoint }: Endpoint): OldEndpoint {
  const topology: Record<string, string> = { ...deprecatedTopology };
  if (zone !== undefined) topology[ZONE] = zone;
  if (endpoint.nodeName !== undefined) topology[HOSTNAME] = endpoint.nodeName;
  return Object.keys(topology).length > 0 ? { ...endpoint, topology } : endpoint;
}

/** `discovery.k8s.io/v1beta1` of an EndpointSlice. */
export const endpointSliceV1beta1: ServedVersion<EndpointSlice> = {
  version: 'v1beta1',
  deprecated: { since: 'v1.21', removedIn: 'v1.25', use: 'discovery.k8s.io/v1 EndpointSlice' },
  toStorage: (object: KubeObject) =>
    convertTo<EndpointSlice>('discovery.k8s.io/v1', object, { endpoints: (object as OldSlice).endpoints?.map(endpointToV1) ?? [] }),
  fromStorage: (object) =>
    convertTo<OldSlice>('discovery.k8s.io/v1beta1', object, { endpoints: object.endpoints?.map(endpointFromV1) ?? [] }),
};
