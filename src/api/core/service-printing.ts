import type { LoadBalancerStatus, Service, ServiceSpec } from '../generated/core-v1.ts';

/** The EXTERNAL-IP cell: what the load balancer and `externalIPs` give, or the external name. */
export function serviceExternalIp(service: Service): string {
  const spec = service.spec;
  const externalIps = spec.externalIPs ?? [];
  switch (spec.type) {
    case 'ClusterIP':
    case 'NodePort':
      return externalIps.join(',') || '<none>';
    case 'LoadBalancer':
      return [...loadBalancerAddresses(service.status.loadBalancer), ...externalIps].join(',') || '<pending>';
    case 'ExternalName':
      return spec.externalName ?? '';
    default:
      return '<unknown>';
  }
}

/** The addresses that a load balancer has announced, sorted, each once. */
function loadBalancerAddresses(status: LoadBalancerStatus | undefined): string[] {
  const addresses = new Set<string>();
  for (const ingress of status?.ingress ?? []) {
    const address = ingress.ip || ingress.hostname;
    if (address) addresses.add(address);
  }
  return [...addresses].sort();
}

/** The PORT(S) cell: `80/TCP,443:30443/TCP`. */
export function servicePortsText(spec: ServiceSpec): string {
  const texts = (spec.ports ?? []).map(({ port, nodePort, protocol }) =>
    nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
  );
  return texts.join(',') || '<none>';
}
