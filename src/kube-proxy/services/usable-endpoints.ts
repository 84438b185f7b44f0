import type { Endpoint } from './endpoints.ts';
import { isExternallyAccessible, type ServicePort } from './service-port.ts';

/** Where traffic of a service port may go, by traffic policy. */
export interface UsableEndpoints {
  /** For policy Cluster. Also what pods and the node itself get from external addresses of policy Local. */
  cluster: readonly Endpoint[];
  /** For policy Local. */
  local: readonly Endpoint[];
  /** All that a rule may point to: every endpoint of the two above, once. */
  reachable: readonly Endpoint[];
  /** Whether the port has usable endpoints on any node. */
  any: boolean;
}

export interface NodePlace {
  nodeName: string;
  zone?: string;
}

const isLastResort = (endpoint: Endpoint): boolean => endpoint.serving && endpoint.terminating;

/**
 * Ready endpoints, those meant for this node or zone first; where there is none, those that terminate and still serve. Policy
 * Local decides between ready and terminating among the node's own.
 */
export function usableEndpoints(port: ServicePort, endpoints: readonly Endpoint[], place: NodePlace): UsableEndpoints {
  const external = isExternallyAccessible(port);
  const usesCluster = !port.internalLocal || external;
  const usesLocal = port.internalLocal || (port.externalLocal && external);
  const ready = endpoints.filter((endpoint) => endpoint.ready);
  const preferred = readyOr(ready, endpoints);
  const cluster = usesCluster ? nearest(preferred, place) : [];
  if (!usesLocal) return { cluster, local: [], reachable: cluster, any: cluster.length > 0 };
  const local = readyOr(
    ready.filter((endpoint) => endpoint.local),
    endpoints.filter((endpoint) => endpoint.local),
  );
  return { cluster, local, reachable: [...new Set([...cluster, ...local])], any: preferred.length > 0 };
}

function readyOr(ready: Endpoint[], all: readonly Endpoint[]): Endpoint[] {
  return ready.length > 0 ? ready : all.filter((endpoint) => !endpoint.ready && isLastResort(endpoint));
}

/** Hints count only when all ready endpoints have them and one at least is meant for this node (or zone). */
function nearest(endpoints: Endpoint[], { nodeName, zone }: NodePlace): Endpoint[] {
  if (endpoints.some((endpoint) => !endpoint.ready)) return endpoints;
  if (endpoints.every(({ nodeHints }) => nodeHints.length > 0)) {
    const forNode = endpoints.filter(({ nodeHints }) => nodeHints.includes(nodeName));
    if (forNode.length > 0) return forNode;
  }
  if (zone && endpoints.every(({ zoneHints }) => zoneHints.length > 0)) {
    const forZone = endpoints.filter(({ zoneHints }) => zoneHints.includes(zone));
    if (forZone.length > 0) return forZone;
  }
  return endpoints;
}
