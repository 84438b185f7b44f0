import type { Node, Service } from '#api/generated/core-v1.ts';
import type { EndpointSlice } from '#api/generated/discovery-v1.ts';
import { objectEqual } from '#apimachinery';
import { keyOf, resources, runController, WorkQueue, type Client, type Informer, type Request } from '#client';
import type { ControllerContext } from '../context.ts';
import { Expectations } from '../expectations.ts';
import { indexByNode, podsOnNode } from '../indexes.ts';
import { enqueueSelf } from '../owner-queue.ts';
import { controllerReference } from '../ownership.ts';
import { hasNoEndpoints, isHeadless } from '../services/pod-endpoint.ts';
import { ServicePods } from '../services/service-pods.ts';
import { LAST_CHANGE_TRIGGER_TIME, TriggerTimes } from '../services/trigger-time.ts';
import { groupsOf } from './endpoints-of.ts';
import { packSlices } from './pack.ts';
import { MANAGED_BY, MAX_ENDPOINTS, SERVICE_NAME, writeSlices } from './slice-writer.ts';

const CONTROLLER = 'endpointslice-controller.k8s.io';
const HEADLESS = 'service.kubernetes.io/headless';
const BY_SERVICE = 'service';
const RESERVED = [SERVICE_NAME, MANAGED_BY, HEADLESS];

/** Keeps the EndpointSlices of each Service with a selector: who serves it, where, on which ports, and how well. */
export async function startEndpointSliceController(context: ControllerContext): Promise<void> {
  const { client, informers, signal } = context;
  const services = informers.get(resources.services);
  const slices = informers.get(resources.endpointSlices);
  const nodes = informers.get(resources.nodes);
  const servicePods = new ServicePods(services, informers.get(resources.pods));
  const queue = new WorkQueue(signal);
  indexByNode(servicePods.pods);
  slices.addIndex(BY_SERVICE, serviceKey);
  services.addHandlers(enqueueSelf(queue));
  servicePods.pods.addHandlers(servicePods.podHandlers(queue));
  const enqueueOwner = (slice: EndpointSlice): void => {
    const key = serviceKey(slice);
    if (key) queue.add(key);
  };
  slices.addHandlers({ add: enqueueOwner, update: enqueueOwner, delete: enqueueOwner });
  nodes.addHandlers({
    update: (node, old) => void (zoneOf(node) !== zoneOf(old) && enqueueServicesOn(node, servicePods, queue)),
    add: (node) => void (zoneOf(node) !== undefined && enqueueServicesOn(node, servicePods, queue)),
  });
  const deps = { client, servicePods, slices, nodes, expectations: new Expectations(slices), triggerTimes: new TriggerTimes() };
  await runController({
    name: 'endpointslice',
    queue,
    signal,
    informers: [services, slices, nodes, servicePods.pods],
    reconcile: (request) => reconcileSlices(request, deps),
  });
}

interface Dependencies {
  client: Client;
  servicePods: ServicePods;
  slices: Informer<EndpointSlice>;
  nodes: Informer<Node>;
  expectations: Expectations<EndpointSlice>;
  triggerTimes: TriggerTimes;
}

/** Slices of this controller by the Service they belong to. */
function serviceKey({ metadata }: EndpointSlice): string | undefined {
  const { labels, namespace } = metadata;
  const service = labels?.[SERVICE_NAME];
  return service && labels[MANAGED_BY] === CONTROLLER ? `${namespace}/${service}` : undefined;
}

function zoneOf(node: Node): string | undefined {
  return node.metadata.labels?.['topology.kubernetes.io/zone'];
}

function enqueueServicesOn(node: Node, servicePods: ServicePods, queue: WorkQueue): void {
  for (const { metadata } of podsOnNode(servicePods.pods, node.metadata.name)) {
    for (const service of servicePods.servicesFor(metadata.namespace, metadata.labels)) queue.add(keyOf(service));
  }
}

async function reconcileSlices(request: Request, deps: Dependencies): Promise<void> {
  const { servicePods, slices, nodes, expectations, triggerTimes } = deps;
  const key = `${request.namespace}/${request.name}`;
  const service = servicePods.services.get(request.name, request.namespace);
  if (!service) {
    // The garbage collector removes the slices with their owner.
    triggerTimes.forget(key);
    return expectations.forget(key);
  }
  if (hasNoEndpoints(service) || service.metadata.deletionTimestamp || !expectations.satisfied(key)) return undefined;
  const pods = servicePods.podsOf(service);
  const present = [...slices.byIndex(BY_SERVICE, key)].filter((slice) => !slice.metadata.deletionTimestamp);
  const time = triggerTimes.compute(service, pods) ?? '';
  const families = familiesOf(service);
  const stale = present.filter((slice) => !families.includes(slice.addressType));
  const changed = { annotation: LAST_CHANGE_TRIGGER_TIME, time };
  await writeSlices(deps.client, key, { create: [], update: [], delete: stale }, expectations, changed);
  for (const family of families) {
    const groups = groupsOf(service, pods, family, (name) => nodes.get(name));
    const ofFamily = present.filter((slice) => slice.addressType === family);
    const changes = packSlices(groups, ofFamily, packOptions(service, family));
    await writeSlices(deps.client, key, changes, expectations, changed);
  }
}

function familiesOf(service: Service): readonly string[] {
  const { ipFamilies, clusterIP } = service.spec;
  if (ipFamilies?.length) return ipFamilies;
  return clusterIP?.includes(':') ? ['IPv6'] : ['IPv4'];
}

function packOptions(service: Service, addressType: string) {
  const labels = labelsFor(service);
  const { name, namespace } = service.metadata;
  return {
    max: MAX_ENDPOINTS,
    relabel: (slice: EndpointSlice): EndpointSlice =>
      objectEqual(slice.metadata.labels, labels) ? slice : { ...slice, metadata: { ...slice.metadata, labels } },
    blank: (ports: EndpointSlice['ports'], endpoints: EndpointSlice['endpoints']): EndpointSlice => ({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: '',
        generateName: `${name}-`,
        namespace,
        labels,
        ownerReferences: [controllerReference(resources.services, service)],
      },
      addressType,
      endpoints,
      ports,
    }),
  };
}

function labelsFor(service: Service): Record<string, string> {
  const labels: Record<string, string> = { ...service.metadata.labels };
  for (const label of RESERVED) delete labels[label];
  if (isHeadless(service)) labels[HEADLESS] = '';
  labels[SERVICE_NAME] = service.metadata.name;
  labels[MANAGED_BY] = CONTROLLER;
  return labels;
}
