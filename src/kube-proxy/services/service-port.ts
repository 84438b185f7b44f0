import type { Service, ServiceSpec } from '#api/generated/core-v1.ts';
import { familyOf, type IpFamily } from '../options.ts';

export type Protocol = 'tcp' | 'udp' | 'sctp';

/** One port of a Service as one IP family sees it. */
export interface ServicePort {
  /** `namespace/service:port`; nothing after the service when the port has no name. */
  name: string;
  portName: string;
  protocol: Protocol;
  clusterIP: string;
  port: number;
  /** 0: none. */
  nodePort: number;
  externalIPs: readonly string[];
  /** Load balancer addresses at which packets arrive unchanged. */
  loadBalancerIPs: readonly string[];
  /** Ranges that may use the load balancer's addresses; empty: all. */
  sourceRanges: readonly string[];
  internalLocal: boolean;
  externalLocal: boolean;
  /** How long a client stays with its endpoint; absent: not at all. */
  affinitySeconds?: number;
  /** 0: none. */
  healthCheckNodePort: number;
}

const DEFAULT_AFFINITY_SECONDS = 10_800;

/** The ports that need rules. None for ExternalName and headless Services, and for those without an address of the family. */
export function servicePortsOf(service: Service, family: IpFamily): ServicePort[] {
  const { spec, metadata } = service;
  const clusterIP = clusterIPOf(spec, family);
  if (!clusterIP || spec.type === 'ExternalName') return [];
  const ofFamily = (addresses: readonly string[]): string[] => [...new Set(addresses)].filter((address) => familyOf(address) === family);
  const common = {
    clusterIP,
    externalIPs: ofFamily(spec.externalIPs ?? []),
    loadBalancerIPs: ofFamily(loadBalancerIPsOf(service)),
    sourceRanges: ofFamily((spec.loadBalancerSourceRanges ?? []).map((range) => range.trim())),
    internalLocal: spec.internalTrafficPolicy === 'Local',
    externalLocal: spec.externalTrafficPolicy === 'Local' && acceptsExternalTraffic(spec),
    affinitySeconds:
      spec.sessionAffinity === 'ClientIP' ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS) : undefined,
    healthCheckNodePort: healthCheckNodePortOf(service),
  };
  return (spec.ports ?? []).map((port) => ({
    ...common,
    name: `${metadata.namespace}/${metadata.name}${port.name ? `:${port.name}` : ''}`,
    portName: port.name ?? '',
    protocol: (port.protocol ?? 'TCP').toLowerCase() as Protocol,
    port: port.port,
    nodePort: port.nodePort ?? 0,
  }));
}

/** The port at which load balancers ask for local endpoints; 0 for Services without one. */
export function healthCheckNodePortOf({ spec }: Service): number {
  return spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local' ? (spec.healthCheckNodePort ?? 0) : 0;
}

/** Whether anything but the cluster IP leads to the port. */
export function isExternallyAccessible(port: ServicePort): boolean {
  return port.nodePort !== 0 || port.loadBalancerIPs.length > 0 || port.externalIPs.length > 0;
}

function clusterIPOf(spec: ServiceSpec, family: IpFamily): string | undefined {
  const addresses = spec.clusterIPs?.length ? spec.clusterIPs : [spec.clusterIP ?? ''];
  return addresses.find((address) => address !== '' && address !== 'None' && familyOf(address) === family);
}

function acceptsExternalTraffic(spec: ServiceSpec): boolean {
  return spec.type === 'NodePort' || spec.type === 'LoadBalancer' || (spec.externalIPs?.length ?? 0) > 0;
}

/** A balancer of mode Proxy sends to node ports: its own address has to stay reachable. */
function loadBalancerIPsOf({ status }: Service): string[] {
  const ingress = status?.loadBalancer?.ingress ?? [];
  return ingress.flatMap(({ ip, ipMode }) => (ip && ipMode !== 'Proxy' ? [ip] : []));
}
