import type { Service } from '#api/generated/core-v1.ts';
import type { EndpointSlice } from '#api/generated/discovery-v1.ts';
import { notFound, serviceUnavailable } from '#apimachinery';
import type { ObjectReader } from '../types.ts';

/** Where a connection goes. */
export interface Address {
  host: string;
  port: number;
}

/** Finds an address behind a service. Throws 404 for no such service, 503 while nobody serves. */
export type ResolveService = (namespace: string, name: string, port: number) => Address;

const SERVICES = { group: '', resource: 'services' };
const SLICES = { group: 'discovery.k8s.io', resource: 'endpointslices' };

/** What must be in memory before services are resolved. */
export const SERVICE_READS: readonly { group: string; resource: string }[] = [SERVICES, SLICES];

/**
 * Resolves services to one of their ready endpoints, chosen at random: the server may be where no cluster IP leads anywhere.
 */
export function serviceResolver(reader: ObjectReader): ResolveService {
  return (namespace, name, port) => {
    const service = reader.get(SERVICES, namespace, name) as Service | undefined;
    if (service === undefined) throw notFound({ group: '', resource: 'services' }, name);
    const { type, externalName, ports = [] } = service.spec;
    if (type === 'ExternalName') return { host: externalName ?? '', port };
    const servicePort = ports.find((item) => item.port === port);
    if (servicePort === undefined) throw serviceUnavailable(`no service port ${port} found for service "${name}"`);
    const addresses = endpointsOf(reader, namespace, name, servicePort.name ?? '');
    const chosen = addresses[Math.floor(Math.random() * addresses.length)];
    if (chosen === undefined) throw serviceUnavailable(`no endpoints available for service "${name}"`);
    return chosen;
  };
}

/** The ready addresses behind one port of a service. */
export function endpointsOf(reader: ObjectReader, namespace: string, service: string, portName: string): Address[] {
  const addresses: Address[] = [];
  for (const object of reader.list(SLICES, namespace)) {
    const slice = object as EndpointSlice;
    if (slice.metadata.labels?.['kubernetes.io/service-name'] !== service) continue;
    const port = slice.ports?.find((item) => (item.name ?? '') === portName)?.port;
    if (port === undefined || port === null) continue;
    for (const { addresses: hosts, conditions } of slice.endpoints) {
      if (conditions?.ready !== false) addresses.push(...hosts.map((host) => ({ host, port })));
    }
  }
  return addresses;
}
