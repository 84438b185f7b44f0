import type { ServiceSpec } from '../generated/core-v1.ts';

/** Keeps `clusterIP` and `clusterIPs` in step when a client that knows only the older field writes one of them. */
export function normalizeClusterIps(spec: ServiceSpec, old: ServiceSpec | undefined): void {
  if (old === undefined) {
    if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
    return;
  }
  if ((spec.clusterIP ?? '') === (old.clusterIP ?? '')) return;
  if (!spec.clusterIP && sameItems(spec.clusterIPs, old.clusterIPs)) delete spec.clusterIPs;
  else if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
  else if (spec.clusterIP && sameItems(spec.clusterIPs, old.clusterIPs)) {
    spec.clusterIPs = [spec.clusterIP, ...(spec.clusterIPs ?? []).slice(1)];
  }
}

/**
 * The IP families of a new service in a cluster of IPv4 alone. A headless service without selector is told to carry both:
 * nothing is allocated for it, its endpoints are whatever somebody writes.
 */
export function defaultIpFamilies(spec: ServiceSpec): void {
  if (spec.type === 'ExternalName') return;
  const headlessWithoutSelector = spec.clusterIP === 'None' && !hasKeys(spec.selector);
  spec.ipFamilyPolicy ??= headlessWithoutSelector ? 'RequireDualStack' : 'SingleStack';
  if (!spec.ipFamilies?.length) spec.ipFamilies = familiesOf(spec.clusterIPs);
  if (headlessWithoutSelector && spec.ipFamilyPolicy !== 'SingleStack' && spec.ipFamilies.length === 1) {
    spec.ipFamilies.push(spec.ipFamilies[0] === 'IPv4' ? 'IPv6' : 'IPv4');
  }
}

/** Carries over what was allocated, and drops what the service's new type has no use for. */
export function prepareServiceForUpdate(spec: ServiceSpec, old: ServiceSpec): void {
  normalizeClusterIps(spec, old);
  keepAllocated(spec, old);
  dropLeftovers(spec, old);
  if (needsClusterIp(spec)) {
    if (needsClusterIp(old)) {
      spec.ipFamilyPolicy ??= old.ipFamilyPolicy;
      if (!spec.ipFamilies?.length && old.ipFamilies) spec.ipFamilies = old.ipFamilies;
    }
    defaultIpFamilies(spec);
  }
}

function keepAllocated(spec: ServiceSpec, old: ServiceSpec): void {
  if (needsClusterIp(spec) && needsClusterIp(old)) {
    spec.clusterIP ||= old.clusterIP;
    if (!spec.clusterIPs?.length && old.clusterIPs?.length) spec.clusterIPs = [...old.clusterIPs];
  }
  if (needsNodePort(spec) && needsNodePort(old)) keepNodePorts(spec, old);
  if (needsHealthCheckPort(spec) && needsHealthCheckPort(old)) spec.healthCheckNodePort ||= old.healthCheckNodePort;
}

function keepNodePorts(spec: ServiceSpec, old: ServiceSpec): void {
  const asked = new Set((spec.ports ?? []).map((port) => port.nodePort ?? 0));
  const byName = new Map((old.ports ?? []).map((port) => [port.name ?? '', port.nodePort]));
  for (const port of spec.ports ?? []) {
    if (port.nodePort) continue;
    const before = byName.get(port.name ?? '');
    if (before && !asked.has(before)) port.nodePort = before;
  }
}

/** A field that only the old type had, and that the client sent back unchanged, goes; a changed one is left to validation. */
function dropLeftovers(spec: ServiceSpec, old: ServiceSpec): void {
  if (needsClusterIp(old) && !needsClusterIp(spec)) dropClusterIps(spec, old);
  if (needsNodePort(old) && !needsNodePort(spec)) dropNodePorts(spec, old);
  if (needsHealthCheckPort(old) && !needsHealthCheckPort(spec) && spec.healthCheckNodePort === old.healthCheckNodePort) {
    delete spec.healthCheckNodePort;
  }
  if (old.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') dropLoadBalancer(spec, old);
  if (isExternallyAccessible(old) && !isExternallyAccessible(spec) && spec.externalTrafficPolicy === old.externalTrafficPolicy) {
    delete spec.externalTrafficPolicy;
  }
}

function dropClusterIps(spec: ServiceSpec, old: ServiceSpec): void {
  if (spec.clusterIP === old.clusterIP && sameItems(spec.clusterIPs, old.clusterIPs)) {
    delete spec.clusterIP;
    delete spec.clusterIPs;
  }
  if (spec.ipFamilyPolicy === old.ipFamilyPolicy) delete spec.ipFamilyPolicy;
  if (sameItems(spec.ipFamilies, old.ipFamilies)) delete spec.ipFamilies;
  if (spec.internalTrafficPolicy === old.internalTrafficPolicy) delete spec.internalTrafficPolicy;
}

function dropNodePorts(spec: ServiceSpec, old: ServiceSpec): void {
  const before = new Set((old.ports ?? []).map((port) => port.nodePort ?? 0));
  if ((spec.ports ?? []).every((port) => before.has(port.nodePort ?? 0))) {
    for (const port of spec.ports ?? []) delete port.nodePort;
  }
}

function dropLoadBalancer(spec: ServiceSpec, old: ServiceSpec): void {
  if (spec.allocateLoadBalancerNodePorts === old.allocateLoadBalancerNodePorts) delete spec.allocateLoadBalancerNodePorts;
  if (spec.loadBalancerClass === old.loadBalancerClass) delete spec.loadBalancerClass;
}

/** Every type but ExternalName has an address in the cluster (`None` counts as one). */
export function needsClusterIp(spec: ServiceSpec): boolean {
  return spec.type === 'ClusterIP' || spec.type === 'NodePort' || spec.type === 'LoadBalancer';
}

/** Is every port of the service to have a port on the nodes? */
function needsNodePort(spec: ServiceSpec): boolean {
  return spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
}

/** Does a load balancer have to ask each node whether it has local endpoints? */
export function needsHealthCheckPort(spec: ServiceSpec): boolean {
  return spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';
}

/** May traffic from outside the cluster reach the service by way of a node? */
export function isExternallyAccessible(spec: ServiceSpec): boolean {
  switch (spec.type) {
    case 'NodePort':
    case 'LoadBalancer':
      return true;
    case 'ClusterIP':
      return (spec.externalIPs?.length ?? 0) > 0;
    default:
      return false;
  }
}

function familiesOf(ips: readonly string[] | undefined): string[] {
  const families = (ips ?? []).filter((ip) => ip !== 'None').map((ip) => (ip.includes(':') ? 'IPv6' : 'IPv4'));
  return families.length === 0 ? ['IPv4'] : families;
}

function hasKeys(map: object | undefined): boolean {
  for (const _ in map) return true;
  return false;
}

function sameItems(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  if ((a?.length ?? 0) !== (b?.length ?? 0)) return false;
  return a === undefined || b === undefined || a.every((item, index) => item === b[index]);
}
