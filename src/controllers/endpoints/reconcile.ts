import type { Endpoints, Service } from '#api/generated/core-v1.ts';
import { isAlreadyExists, isForbidden, isNotFound, objectEqual } from '#apimachinery';
import { resources, type Client, type EventRecorder, type Informer, type Request } from '#client';
import { isNamespaceTerminating } from '../pods/pod-control.ts';
import { hasNoEndpoints, isHeadless } from '../services/pod-endpoint.ts';
import type { ServicePods } from '../services/service-pods.ts';
import { LAST_CHANGE_TRIGGER_TIME, type TriggerTimes } from '../services/trigger-time.ts';
import { subsetsOf } from './subsets.ts';

export interface EndpointsDependencies {
  client: Client;
  servicePods: ServicePods;
  endpoints: Informer<Endpoints>;
  triggerTimes: TriggerTimes;
  recorder: EventRecorder;
}

const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';
const HEADLESS = 'service.kubernetes.io/headless';
const MANAGED_BY = 'endpoints.kubernetes.io/managed-by';
const LEADER = 'control-plane.alpha.kubernetes.io/leader';

export async function reconcileEndpoints(request: Request, deps: EndpointsDependencies): Promise<void> {
  const { servicePods, endpoints, triggerTimes, client } = deps;
  const present = endpoints.get(request.name, request.namespace);
  const service = servicePods.services.get(request.name, request.namespace);
  if (!service) {
    triggerTimes.forget(`${request.namespace}/${request.name}`);
    if (present && !(LEADER in (present.metadata.annotations ?? {}))) await deleteEndpoints(client, present);
    return;
  }
  if (hasNoEndpoints(service)) return;
  const pods = servicePods.podsOf(service);
  const changed = triggerTimes.compute(service, pods);
  const { subsets, truncated } = subsetsOf(service, pods);
  const wanted = endpointsOf(service, present, subsets, truncated, changed);
  if (present && isUpToDate(present, wanted)) return;
  await write(service, present, wanted, deps);
}

async function deleteEndpoints(client: Client, { metadata }: Endpoints): Promise<void> {
  try {
    await client.resource(resources.endpoints).delete(metadata, { preconditions: { uid: metadata.uid } });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

function endpointsOf(
  service: Service,
  present: Endpoints | undefined,
  subsets: Endpoints['subsets'],
  truncated: boolean,
  changed: string | undefined,
): Endpoints {
  const { [OVER_CAPACITY]: _, ...annotations } = present?.metadata.annotations ?? {};
  if (truncated) annotations[OVER_CAPACITY] = 'truncated';
  if (changed) annotations[LAST_CHANGE_TRIGGER_TIME] = changed;
  const labels: Record<string, string> = { ...service.metadata.labels, [MANAGED_BY]: 'endpoint-controller' };
  delete labels[HEADLESS];
  if (isHeadless(service)) labels[HEADLESS] = '';
  const { name, namespace } = service.metadata;
  const metadata = {
    ...(present?.metadata ?? { name, namespace }),
    labels,
    annotations: Object.keys(annotations).length > 0 ? annotations : undefined,
  };
  return { apiVersion: 'v1', kind: 'Endpoints', metadata, subsets };
}

/** The trigger time alone is no reason to write. */
function isUpToDate(present: Endpoints, wanted: Endpoints): boolean {
  return (
    objectEqual(present.subsets, wanted.subsets) &&
    objectEqual(present.metadata.labels, wanted.metadata.labels) &&
    present.metadata.annotations?.[OVER_CAPACITY] === wanted.metadata.annotations?.[OVER_CAPACITY]
  );
}

async function write(service: Service, present: Endpoints | undefined, wanted: Endpoints, deps: EndpointsDependencies): Promise<void> {
  const endpoints = deps.client.resource(resources.endpoints);
  try {
    if (present) await endpoints.update(wanted);
    else await endpoints.create(wanted);
  } catch (error) {
    // Made already but not seen yet: its event brings us here again.
    if (!present && isAlreadyExists(error)) return;
    if (isNamespaceTerminating(error)) return;
    if (isForbidden(error)) {
      const reason = present ? 'FailedToUpdateEndpoint' : 'FailedToCreateEndpoint';
      const verb = present ? 'update' : 'create';
      const why = error instanceof Error ? error.message : '';
      const { namespace, name } = service.metadata;
      deps.recorder.event(
        resources.services,
        service,
        'Warning',
        reason,
        `Failed to ${verb} endpoint for service ${namespace}/${name}: ${why}`,
      );
    }
    throw error;
  }
}
