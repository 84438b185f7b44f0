import type { Pod } from '#api/generated/core-v1.ts';
import { milliValue } from './quantities.ts';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

const COMPUTE = ['cpu', 'memory'];

const isSet = (quantity: string | undefined): quantity is string => quantity !== undefined && milliValue(quantity) > 0;

/** How well the pod is protected when the node runs short, from its containers' requests and limits. */
export function computeQosClass(pod: Pod): QosClass {
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  let anySet = false;
  let guaranteed = true;
  const judge = (requests: Record<string, string> = {}, limits: Record<string, string> = {}): void => {
    for (const name of COMPUTE) {
      const limit = limits[name];
      const request = requests[name] ?? limit;
      if (isSet(request) || isSet(limit)) anySet = true;
      if (!isSet(limit) || !isSet(request) || milliValue(limit) !== milliValue(request)) guaranteed = false;
    }
  };
  const { resources } = pod.spec;
  if (resources !== undefined && (resources.requests !== undefined || resources.limits !== undefined))
    judge(resources.requests, resources.limits);
  else for (const container of containers) judge(container.resources?.requests, container.resources?.limits);
  if (!anySet) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}
