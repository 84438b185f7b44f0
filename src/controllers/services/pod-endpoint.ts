import type { Container, Pod, Service, ServicePort } from '#api/generated/core-v1.ts';
import type { ObjectReference } from '#api/generated/core-v1.ts';

/** A port of a Service as one of its pods provides it. */
export interface ProvidedPort {
  name: string;
  port: number;
  protocol: string;
  appProtocol: string | undefined;
}

/** Nothing selects its endpoints, or there are none by design. */
export function hasNoEndpoints(service: Service): boolean {
  return service.spec?.type === 'ExternalName' || !service.spec?.selector || Object.keys(service.spec.selector).length === 0;
}

export function isHeadless(service: Service): boolean {
  return service.spec.clusterIP === 'None';
}

/** The Service's ports by their numbers in this pod; ports whose name no container has are left out. */
export function providedPorts(service: Service, pod: Pod): ProvidedPort[] {
  const ports: ProvidedPort[] = [];
  for (const servicePort of service.spec.ports ?? []) {
    const port = targetPort(servicePort, pod);
    if (port === undefined) continue;
    ports.push({ name: servicePort.name ?? '', port, protocol: servicePort.protocol ?? 'TCP', appProtocol: servicePort.appProtocol });
  }
  return ports;
}

function targetPort({ targetPort: target, port, protocol = 'TCP' }: ServicePort, pod: Pod): number | undefined {
  if (target === undefined || target === 0 || target === '') return port;
  if (typeof target === 'number') return target;
  for (const container of longRunning(pod)) {
    const named = container.ports?.find((each) => each.name === target && (each.protocol ?? 'TCP') === protocol);
    if (named) return named.containerPort;
  }
  return undefined;
}

/** Containers and sidecars: what may serve while the pod runs. */
function* longRunning(pod: Pod): Generator<Container> {
  yield* pod.spec.containers;
  for (const container of pod.spec.initContainers ?? []) if (container.restartPolicy === 'Always') yield container;
}

/** The name by which a headless Service's DNS knows this pod. */
export function hostnameFor(service: Service, pod: Pod): string | undefined {
  const { hostname, subdomain } = pod.spec;
  return hostname && subdomain === service.metadata.name ? hostname : undefined;
}

export function podReference(pod: Pod): ObjectReference {
  const { namespace, name, uid } = pod.metadata;
  return { kind: 'Pod', namespace, name, uid };
}

/** All addresses of the pod, in its own order. */
export function addressesOf(pod: Pod): string[] {
  const ips = pod.status?.podIPs?.map(({ ip }) => ip).filter(Boolean) ?? [];
  return ips.length > 0 ? ips : pod.status?.podIP ? [pod.status.podIP] : [];
}

export function isIPv6(address: string): boolean {
  return address.includes(':');
}
