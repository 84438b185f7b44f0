import type { Service } from '#api/generated/core-v1.ts';
import type { EndpointSlice } from '#api/generated/discovery-v1.ts';
import type { IpFamily } from '../options.ts';
import { endpointsOf, servicePortsOf, type Endpoint, type ServicePort } from '../services/index.ts';
import { ServicePortCompiler } from './compile-service-port.ts';
import { SHARED_CHAINS, type RuleContext, type ServiceRules, type SharedChain, type UdpFlows } from './service-rules.ts';

/** The rules of one Service with its slices, for one IP family. Depends on nothing but its arguments. */
export function compileService(service: Service, slices: Iterable<EndpointSlice>, family: IpFamily, context: RuleContext): ServiceRules {
  const shared = Object.fromEntries(SHARED_CHAINS.map((chain) => [chain, ''])) as Record<SharedChain, string>;
  const chains = new Map<string, string>();
  const udp: UdpFlows[] = [];
  let endpointCount = 0;
  for (const port of servicePortsOf(service, family)) {
    const endpoints = endpointsOf(port, slices, family, context.nodeName);
    endpointCount += endpoints.length;
    new ServicePortCompiler(port, endpoints, context, { shared, chains }).compile();
    if (port.protocol === 'udp') udp.push(udpFlowsOf(port, endpoints));
  }
  return { shared, chains, udp, endpointCount };
}

function udpFlowsOf(port: ServicePort, endpoints: readonly Endpoint[]): UdpFlows {
  return {
    addresses: [port.clusterIP, ...port.externalIPs, ...port.loadBalancerIPs],
    port: port.port,
    nodePort: port.nodePort,
    targets: new Set(endpoints.filter(({ serving }) => serving).map(({ target }) => target)),
  };
}
