import type { Service } from '#api/generated/core-v1.ts';

const variableName = (name: string): string => name.toUpperCase().replaceAll('-', '_');

function linkVariables(service: Service): [string, string][] {
  const prefix = variableName(service.metadata.name);
  const host = service.spec.clusterIP ?? '';
  const address = host.includes(':') ? `[${host}]` : host;
  const variables: [string, string][] = [];
  for (const [index, { port, protocol = 'TCP' }] of (service.spec.ports ?? []).entries()) {
    const scheme = protocol.toLowerCase();
    const url = `${scheme}://${address}:${port}`;
    const portPrefix = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
    if (index === 0) variables.push([`${prefix}_PORT`, url]);
    variables.push([portPrefix, url], [`${portPrefix}_PROTO`, scheme], [`${portPrefix}_PORT`, String(port)], [`${portPrefix}_ADDR`, host]);
  }
  return variables;
}

function serviceVariables(service: Service): [string, string][] {
  const prefix = variableName(service.metadata.name);
  const ports = service.spec.ports ?? [];
  const variables: [string, string][] = [
    [`${prefix}_SERVICE_HOST`, service.spec.clusterIP ?? ''],
    [`${prefix}_SERVICE_PORT`, String(ports[0]?.port ?? '')],
  ];
  for (const { name, port } of ports) if (name) variables.push([`${prefix}_SERVICE_PORT_${variableName(name)}`, String(port)]);
  return [...variables, ...linkVariables(service)];
}

const hasClusterIP = (service: Service): boolean => !['', 'None', undefined].includes(service.spec.clusterIP);

/**
 * The variables by which a pod of `namespace` finds Services: always the API server's own, and with `enableServiceLinks`
 * those of all Services of its namespace.
 */
export function serviceEnvironment(services: Iterable<Service>, namespace: string, enableServiceLinks: boolean): Map<string, string> {
  const chosen = new Map<string, Service>();
  for (const service of services) {
    if (!hasClusterIP(service)) continue;
    const { name, namespace: own } = service.metadata;
    const isMaster = own === 'default' && name === 'kubernetes';
    // A Service of the pod's own namespace goes before the API server's of the same name.
    if (enableServiceLinks && own === namespace) chosen.set(name, service);
    else if (isMaster && !chosen.has(name)) chosen.set(name, service);
  }
  return new Map([...chosen.values()].flatMap(serviceVariables));
}
