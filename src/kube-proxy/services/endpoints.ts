import type { Endpoint as SliceEndpoint, EndpointSlice } from '#api/generated/discovery-v1.ts';
import type { IpFamily } from '../options.ts';
import type { ServicePort } from './service-port.ts';

/** One place that traffic of a service port may go to. */
export interface Endpoint {
  ip: string;
  /** `ip:port`, in brackets where the address has colons. */
  target: string;
  ready: boolean;
  serving: boolean;
  terminating: boolean;
  /** On this node. */
  local: boolean;
  /** Zones and nodes that this endpoint is meant for; empty: no hints. */
  zoneHints: readonly string[];
  nodeHints: readonly string[];
}

/** The port's endpoints out of the Service's slices, each once, ordered by target. */
export function endpointsOf(port: ServicePort, slices: Iterable<EndpointSlice>, family: IpFamily, nodeName: string): Endpoint[] {
  const found = new Map<string, Endpoint>();
  for (const slice of slices) {
    if (slice.addressType !== family) continue;
    const number = portNumber(slice, port);
    if (!number) continue;
    for (const endpoint of slice.endpoints ?? []) {
      const ip = endpoint.addresses?.[0];
      if (!ip) continue;
      const target = ip.includes(':') ? `[${ip}]:${number}` : `${ip}:${number}`;
      // While an endpoint moves from one slice to another it stands in both.
      if (found.get(target)?.ready) continue;
      found.set(target, { ip, target, ...stateOf(endpoint, nodeName) });
    }
  }
  return [...found.values()].sort((a, b) => (a.target < b.target ? -1 : 1));
}

function portNumber(slice: EndpointSlice, { portName, protocol }: ServicePort): number | undefined {
  for (const port of slice.ports ?? []) {
    if ((port.name ?? '') === portName && (port.protocol ?? 'TCP').toLowerCase() === protocol) return port.port;
  }
  return undefined;
}

function stateOf({ conditions, nodeName, hints }: SliceEndpoint, thisNode: string): Omit<Endpoint, 'ip' | 'target'> {
  return {
    ready: conditions?.ready ?? true,
    serving: conditions?.serving ?? true,
    terminating: conditions?.terminating ?? false,
    local: nodeName === thisNode,
    zoneHints: hints?.forZones?.map(({ name }) => name) ?? [],
    nodeHints: hints?.forNodes?.map(({ name }) => name) ?? [],
  };
}
