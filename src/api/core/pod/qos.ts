import type { Quantity } from '#apimachinery';
import type { PodSpec, ResourceRequirements } from '../../generated/core-v1.ts';
import { quantityOf, type ResourceList } from '../resource-list.ts';

/** How much a pod can rely on its resources: `Guaranteed`, `Burstable` or `BestEffort`. Only cpu and memory count. */
export function qosClassOf(spec: PodSpec): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const requests: Totals = {};
  const limits: Totals = {};
  const holders: readonly { resources?: ResourceRequirements }[] = hasPodResources(spec)
    ? [spec]
    : [...spec.containers, ...(spec.initContainers ?? [])];
  let allLimited = true;
  for (const { resources } of holders) {
    addTo(requests, resources?.requests);
    if (addTo(limits, resources?.limits) < 2) allLimited = false;
  }
  if (isEmpty(requests) && isEmpty(limits)) return 'BestEffort';
  const guaranteed = allLimited && sameAmount(requests.cpu, limits.cpu) && sameAmount(requests.memory, limits.memory);
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

interface Totals {
  cpu?: Quantity;
  memory?: Quantity;
}

/** Answers how many of the two resources the list has. */
function addTo(totals: Totals, list: ResourceList | undefined): number {
  let found = 0;
  if (list === undefined) return found;
  for (const name of ['cpu', 'memory'] as const) {
    const quantity = quantityOf(list[name]);
    if (quantity === undefined || quantity.sign() <= 0) continue;
    found++;
    totals[name] = totals[name]?.add(quantity) ?? quantity;
  }
  return found;
}

function hasPodResources({ resources }: PodSpec): boolean {
  for (const _ in resources?.requests) return true;
  for (const _ in resources?.limits) return true;
  return false;
}

const isEmpty = ({ cpu, memory }: Totals): boolean => cpu === undefined && memory === undefined;

function sameAmount(a: Quantity | undefined, b: Quantity | undefined): boolean {
  return a !== undefined && b !== undefined && a.compare(b) === 0;
}
