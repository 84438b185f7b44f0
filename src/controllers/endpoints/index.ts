import { keyOf, resources, runController, WorkQueue } from '#client';
import type { ControllerContext } from '../context.ts';
import { enqueueSelf } from '../owner-queue.ts';
import { ServicePods } from '../services/service-pods.ts';
import { TriggerTimes } from '../services/trigger-time.ts';
import { reconcileEndpoints } from './reconcile.ts';

/** Keeps an Endpoints object for each Service with a selector: the older form of EndpointSlices, for those who still read it. */
export async function startEndpointsController(context: ControllerContext): Promise<void> {
  const { client, informers, signal } = context;
  const services = informers.get(resources.services);
  const endpoints = informers.get(resources.endpoints);
  const servicePods = new ServicePods(services, informers.get(resources.pods));
  const queue = new WorkQueue(signal);
  services.addHandlers(enqueueSelf(queue));
  servicePods.pods.addHandlers(servicePods.podHandlers(queue));
  // Endpoints without a Service are left over from a Service that went while nobody looked.
  endpoints.addHandlers({ add: (object) => queue.add(keyOf(object)), delete: (object) => queue.add(keyOf(object)) });
  const deps = { client, servicePods, endpoints, triggerTimes: new TriggerTimes(), recorder: context.recorder('endpoint-controller') };
  await runController({
    name: 'endpoints',
    queue,
    signal,
    informers: [services, endpoints, servicePods.pods],
    reconcile: (request) => reconcileEndpoints(request, deps),
  });
}
