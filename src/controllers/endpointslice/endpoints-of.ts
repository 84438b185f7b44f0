import type { Node, Pod, Service } from '#api/generated/core-v1.ts';
import type { Endpoint, EndpointHints } from '#api/generated/discovery-v1.ts';
import { isReady, isTerminal } from '../pods/pod-state.ts';
import { addressesOf, hostnameFor, isIPv6, podReference, providedPorts } from '../services/pod-endpoint.ts';
import { portsKey, type EndpointGroup } from './pack.ts';

const ZONE = 'topology.kubernetes.io/zone';

/** The endpoints of a Service's pods in one address family, in groups with the same ports. */
export function groupsOf(
  service: Service,
  pods: readonly Pod[],
  family: string,
  nodeOf: (name: string) => Node | undefined,
): EndpointGroup[] {
  const groups = new Map<string, EndpointGroup>();
  for (const pod of pods) {
    const address = addressesOf(pod).find((each) => isIPv6(each) === (family === 'IPv6'));
    if (address === undefined || isTerminal(pod)) continue;
    const ports = providedPorts(service, pod).map((port) => ({ ...port }));
    // Ports whose name no container has: there is nothing to connect to.
    if (ports.length === 0 && (service.spec.ports?.length ?? 0) > 0) continue;
    const key = portsKey(ports);
    let group = groups.get(key);
    if (!group) groups.set(key, (group = { ports, endpoints: [] }));
    group.endpoints.push(endpointOf(service, pod, address, nodeOf));
  }
  return [...groups.values()];
}

function endpointOf(service: Service, pod: Pod, address: string, nodeOf: (name: string) => Node | undefined): Endpoint {
  const serving = isReady(pod);
  const terminating = Boolean(pod.metadata.deletionTimestamp);
  const { nodeName } = pod.spec;
  const zone = nodeName ? nodeOf(nodeName)?.metadata.labels?.[ZONE] : undefined;
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  return {
    addresses: [address],
    conditions: { ready, serving, terminating },
    hostname: hostnameFor(service, pod),
    nodeName,
    targetRef: podReference(pod),
    zone,
    hints: ready ? hintsFor(service, zone, nodeName) : undefined,
  };
}

/** Where traffic is best sent from, if the Service prefers near endpoints. */
function hintsFor(service: Service, zone: string | undefined, nodeName: string | undefined): EndpointHints | undefined {
  const { trafficDistribution } = service.spec;
  const forZones = zone ? [{ name: zone }] : undefined;
  if (trafficDistribution === 'PreferClose' || trafficDistribution === 'PreferSameZone') return forZones && { forZones };
  if (trafficDistribution === 'PreferSameNode') return nodeName ? { forZones, forNodes: [{ name: nodeName }] } : undefined;
  return undefined;
}
