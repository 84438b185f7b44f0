import type { EndpointAddress, EndpointPort, EndpointSubset, Pod, Service } from '#api/generated/core-v1.ts';
import { isReady, isTerminal } from '../pods/pod-state.ts';
import { addressesOf, hostnameFor, isIPv6, podReference, providedPorts } from '../services/pod-endpoint.ts';

/** More addresses than this are cut off: EndpointSlices are for Services of that size. */
const MAX_ADDRESSES = 1000;

interface Group {
  ports: EndpointPort[];
  ready: EndpointAddress[];
  notReady: EndpointAddress[];
}

/** The addresses of the pods in groups with the same ports, everything in a fixed order so that equal states look equal. */
export function subsetsOf(service: Service, pods: readonly Pod[]): { subsets: EndpointSubset[] | undefined; truncated: boolean } {
  const groups = new Map<string, Group>();
  for (const pod of pods) addPod(groups, service, pod);
  const kept = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
  const truncated = truncate(kept);
  const subsets = kept.filter(({ ready, notReady }) => ready.length + notReady.length > 0).map(toSubset);
  return { subsets: subsets.length > 0 ? subsets : undefined, truncated };
}

function addPod(groups: Map<string, Group>, service: Service, pod: Pod): void {
  const { publishNotReadyAddresses = false, ports: wanted = [] } = service.spec;
  if (isTerminal(pod) || (pod.metadata.deletionTimestamp && !publishNotReadyAddresses)) return;
  const ip = addressFor(service, pod);
  const ports: EndpointPort[] = providedPorts(service, pod).map(({ name, ...port }) => ({ ...port, name: name || undefined }));
  if (ip === undefined || (wanted.length > 0 && ports.length === 0)) return;
  const key = JSON.stringify(ports);
  let group = groups.get(key);
  if (!group) groups.set(key, (group = { ports, ready: [], notReady: [] }));
  const address = { ip, hostname: hostnameFor(service, pod), nodeName: pod.spec.nodeName, targetRef: podReference(pod) };
  (publishNotReadyAddresses || isReady(pod) ? group.ready : group.notReady).push(address);
}

/** Endpoints have one address family: the Service's first. */
function addressFor(service: Service, pod: Pod): string | undefined {
  const family = service.spec.ipFamilies?.[0];
  const addresses = addressesOf(pod);
  return family === undefined ? addresses[0] : addresses.find((address) => isIPv6(address) === (family === 'IPv6'));
}

/** Keeps ready addresses before others. Answers whether something was cut off. */
function truncate(groups: readonly Group[]): boolean {
  const count = groups.reduce((sum, { ready, notReady }) => sum + ready.length + notReady.length, 0);
  if (count <= MAX_ADDRESSES) return false;
  let left = MAX_ADDRESSES;
  for (const list of [...groups.map((group) => group.ready), ...groups.map((group) => group.notReady)]) {
    list.sort(byAddress).splice(left);
    left -= list.length;
  }
  return true;
}

function toSubset({ ports, ready, notReady }: Group): EndpointSubset {
  return {
    addresses: ready.length > 0 ? ready.sort(byAddress) : undefined,
    notReadyAddresses: notReady.length > 0 ? notReady.sort(byAddress) : undefined,
    ports: ports.length > 0 ? ports : undefined,
  };
}

function byAddress(a: EndpointAddress, b: EndpointAddress): number {
  if (a.ip !== b.ip) return a.ip < b.ip ? -1 : 1;
  return (a.targetRef?.uid ?? '') < (b.targetRef?.uid ?? '') ? -1 : 1;
}
