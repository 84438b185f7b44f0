import type { Quantity } from '#apimachinery';
import type { PodSpec } from '../../generated/core-v1.ts';
import { addResources } from '../resource-list.ts';
import { isSidecar } from './pod-status-text.ts';

/**
 * A pod that is limited as a whole, and does not say what it requests, requests what its containers do together; where
 * they request nothing, what it is limited to.
 */
export function defaultPodRequests(spec: PodSpec): void {
  const limits = spec.resources?.limits;
  if (limits === undefined || spec.resources === undefined) return;
  const together = containerRequests(spec);
  const requests = (spec.resources.requests ??= {});
  for (const name in limits) requests[name] ??= together.get(name)?.toString() ?? limits[name]!;
}

/** What a pod's containers need at once: all that run side by side, or more where an init container needs more. */
export function containerRequests({ containers, initContainers = [] }: PodSpec): Map<string, Quantity> {
  const running = new Map<string, Quantity>();
  for (const container of containers) addResources(running, container.resources?.requests);
  const sidecars = new Map<string, Quantity>();
  const peaks: Map<string, Quantity>[] = [];
  for (const container of initContainers) {
    if (isSidecar(container)) {
      addResources(running, container.resources?.requests);
      addResources(sidecars, container.resources?.requests);
      continue;
    }
    const peak = new Map(sidecars);
    addResources(peak, container.resources?.requests);
    peaks.push(peak);
  }
  for (const peak of peaks) raise(running, peak);
  return running;
}

function raise(total: Map<string, Quantity>, peak: ReadonlyMap<string, Quantity>): void {
  for (const [name, quantity] of peak) {
    const before = total.get(name);
    if (before === undefined || before.compare(quantity) < 0) total.set(name, quantity);
  }
}
