import type { EndpointAddress, Endpoints, EndpointSubset, Service } from '#api/generated/core-v1.ts';
import type { Endpoint, EndpointPort, EndpointSlice } from '#api/generated/discovery-v1.ts';
import { objectEqual } from '#apimachinery';
import { resources, runController, WorkQueue, type Client, type Informer, type Request } from '#client';
import type { ControllerContext } from '../context.ts';
import { packSlices, portsKey, type EndpointGroup } from '../endpointslice/pack.ts';
import { MANAGED_BY, MAX_ENDPOINTS, SERVICE_NAME, writeSlices } from '../endpointslice/slice-writer.ts';
import { Expectations } from '../expectations.ts';
import { enqueueSelf } from '../owner-queue.ts';
import { controllerReference } from '../ownership.ts';
import { isIPv6 } from '../services/pod-endpoint.ts';
import { LAST_CHANGE_TRIGGER_TIME } from '../services/trigger-time.ts';

const CONTROLLER = 'endpointslicemirroring-controller.k8s.io';
const SKIP_MIRROR = 'endpointslice.kubernetes.io/skip-mirror';
const LEADER = 'control-plane.alpha.kubernetes.io/leader';
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const BY_ENDPOINTS = 'endpoints';
/** Addresses of one subset that are mirrored. */
const MAX_PER_SUBSET = 1000;

/** Writes Endpoints that people made by hand, for Services without a selector, as EndpointSlices too. */
export async function startEndpointSliceMirroringController(context: ControllerContext): Promise<void> {
  const { client, informers, signal } = context;
  const services = informers.get(resources.services);
  const endpoints = informers.get(resources.endpoints);
  const slices = informers.get(resources.endpointSlices);
  const queue = new WorkQueue(signal);
  slices.addIndex(BY_ENDPOINTS, endpointsKey);
  services.addHandlers(enqueueSelf(queue));
  endpoints.addHandlers(enqueueSelf(queue));
  const enqueueSource = (slice: EndpointSlice): void => {
    const key = endpointsKey(slice);
    if (key) queue.add(key);
  };
  slices.addHandlers({ update: enqueueSource, delete: enqueueSource });
  const deps = { client, services, endpoints, slices, expectations: new Expectations(slices) };
  await runController({
    name: 'endpointslicemirroring',
    queue,
    signal,
    informers: [services, endpoints, slices],
    reconcile: (request) => mirror(request, deps),
  });
}

interface Dependencies {
  client: Client;
  services: Informer<Service>;
  endpoints: Informer<Endpoints>;
  slices: Informer<EndpointSlice>;
  expectations: Expectations<EndpointSlice>;
}

function endpointsKey({ metadata }: EndpointSlice): string | undefined {
  const service = metadata.labels?.[SERVICE_NAME];
  return service && metadata.labels?.[MANAGED_BY] === CONTROLLER ? `${metadata.namespace}/${service}` : undefined;
}

async function mirror(request: Request, deps: Dependencies): Promise<void> {
  const { services, endpoints, slices, expectations } = deps;
  const key = `${request.namespace}/${request.name}`;
  if (!expectations.satisfied(key)) return;
  const source = endpoints.get(request.name, request.namespace);
  const service = services.get(request.name, request.namespace);
  const present = [...slices.byIndex(BY_ENDPOINTS, key)];
  if (!source || !service || !isMirrored(source, service)) {
    await writeSlices(deps.client, key, { create: [], update: [], delete: present }, expectations, undefined);
    return;
  }
  const time = source.metadata.annotations?.[LAST_CHANGE_TRIGGER_TIME];
  for (const addressType of ['IPv4', 'IPv6']) {
    const groups = groupsOf(source.subsets ?? [], addressType === 'IPv6');
    const ofType = present.filter((slice) => slice.addressType === addressType);
    if (groups.length === 0) {
      await writeSlices(deps.client, key, { create: [], update: [], delete: ofType }, expectations, undefined);
      continue;
    }
    const changes = packSlices(groups, ofType, packOptions(source, addressType));
    await writeSlices(deps.client, key, changes, expectations, time ? { annotation: LAST_CHANGE_TRIGGER_TIME, time } : undefined);
  }
}

function isMirrored(endpoints: Endpoints, service: Service): boolean {
  const { labels, annotations } = endpoints.metadata;
  if (labels?.[SKIP_MIRROR] === 'true' || (annotations && LEADER in annotations)) return false;
  return !service.spec.selector || Object.keys(service.spec.selector).length === 0;
}

function groupsOf(subsets: readonly EndpointSubset[], ipv6: boolean): EndpointGroup[] {
  const groups = new Map<string, EndpointGroup>();
  for (const subset of subsets) {
    const all = [
      ...(subset.addresses ?? []).map((address) => endpointOf(address, true)),
      ...(subset.notReadyAddresses ?? []).map((address) => endpointOf(address, false)),
    ];
    const endpoints = all.slice(0, MAX_PER_SUBSET).filter(({ addresses }) => isIPv6(addresses[0]!) === ipv6);
    if (endpoints.length === 0) continue;
    const ports: EndpointPort[] = (subset.ports ?? []).map((port) => ({
      name: port.name ?? '',
      port: port.port,
      protocol: port.protocol ?? 'TCP',
      appProtocol: port.appProtocol,
    }));
    const key = portsKey(ports);
    const group = groups.get(key);
    if (group) group.endpoints.push(...endpoints);
    else groups.set(key, { ports, endpoints });
  }
  return [...groups.values()];
}

function endpointOf({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint {
  return { addresses: [ip], conditions: { ready }, hostname, nodeName, targetRef };
}

function packOptions(source: Endpoints, addressType: string) {
  const { name, namespace } = source.metadata;
  const labels = { ...source.metadata.labels, [SERVICE_NAME]: name, [MANAGED_BY]: CONTROLLER };
  const { [LAST_APPLIED]: _, [LAST_CHANGE_TRIGGER_TIME]: __, ...annotations } = source.metadata.annotations ?? {};
  return {
    max: MAX_ENDPOINTS,
    relabel: (slice: EndpointSlice): EndpointSlice =>
      objectEqual(slice.metadata.labels, labels) ? slice : { ...slice, metadata: { ...slice.metadata, labels } },
    blank: (ports: EndpointPort[], endpoints: Endpoint[]): EndpointSlice => ({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: '',
        generateName: `${name}-`,
        namespace,
        labels,
        annotations,
        ownerReferences: [controllerReference(resources.endpoints, source)],
      },
      addressType,
      endpoints,
      ports,
    }),
  };
}
