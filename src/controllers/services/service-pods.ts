import type { Pod, Service } from '#api/generated/core-v1.ts';
import type { Labels } from '#apimachinery';
import { keyOf, type Informer, type InformerHandlers, type WorkQueue } from '#client';
import { coalescingDelay } from '../coalesce.ts';
import { countLabelled, indexByLabel, labelKeys, labelled } from '../indexes.ts';
import { hasLabels } from '../selector.ts';
import { isReady } from '../pods/pod-state.ts';

const BY_SELECTOR = 'selector';

/** Connects Services with the pods they select, in both directions, without ever looking at all of either. */
export class ServicePods {
  readonly services: Informer<Service>;
  readonly pods: Informer<Pod>;

  constructor(services: Informer<Service>, pods: Informer<Pod>) {
    this.services = services;
    this.pods = pods;
    indexByLabel(pods);
    // One pair is enough to find a Service by its pod; the others are compared afterwards.
    services.addIndex(BY_SELECTOR, ({ metadata, spec }) => labelKeys(metadata.namespace, spec?.selector)[0]);
  }

  podsOf(service: Service): Pod[] {
    return labelled(this.pods, service.metadata.namespace, service.spec.selector);
  }

  /** The Services whose selector chooses these labels. */
  servicesFor(namespace: string | undefined, labels: Labels | undefined): Service[] {
    const found: Service[] = [];
    for (const key of labelKeys(namespace, labels)) {
      for (const service of this.services.byIndex(BY_SELECTOR, key)) {
        if (hasLabels(labels, service.spec.selector)) found.push(service);
      }
    }
    return found;
  }

  /** Handlers that enqueue the Services of a pod whose change an endpoint would show. */
  podHandlers(queue: WorkQueue): InformerHandlers<Pod> {
    const enqueue = (pod: Pod): void => {
      for (const service of this.servicesFor(pod.metadata.namespace, pod.metadata.labels)) {
        queue.addAfter(keyOf(service), coalescingDelay(countLabelled(this.pods, service.metadata.namespace, service.spec.selector)));
      }
    };
    return {
      add: enqueue,
      delete: enqueue,
      update(pod, old) {
        const relabelled = pod.metadata.labels !== old.metadata.labels && !sameLabels(pod.metadata.labels, old.metadata.labels);
        if (!relabelled && !endpointChanged(pod, old)) return;
        enqueue(pod);
        if (relabelled) enqueue(old);
      },
    };
  }
}

/** Whether the pod's endpoint would look different now. */
function endpointChanged(pod: Pod, old: Pod): boolean {
  return (
    pod.metadata.deletionTimestamp !== old.metadata.deletionTimestamp ||
    isReady(pod) !== isReady(old) ||
    pod.spec.nodeName !== old.spec.nodeName ||
    pod.spec.hostname !== old.spec.hostname ||
    pod.status?.phase !== old.status?.phase ||
    pod.status?.podIP !== old.status?.podIP ||
    (pod.status?.podIPs?.length ?? 0) !== (old.status?.podIPs?.length ?? 0) ||
    (pod.status?.podIPs ?? []).some(({ ip }, index) => ip !== old.status?.podIPs?.[index]?.ip)
  );
}

function sameLabels(a: Labels | undefined, b: Labels | undefined): boolean {
  return hasLabels(a, b) && hasLabels(b, a);
}
