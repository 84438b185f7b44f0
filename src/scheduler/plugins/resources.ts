import type { NodeInfo } from '../cluster/node-info.ts';
import type { PodInfo } from '../cluster/pod-info.ts';
import { MAX_SCORE, type Plugin, type Rejection } from '../framework/plugin.ts';

const TOO_MANY: Rejection = { reason: 'Too many pods', resolvable: true };
const insufficient = new Map<string, Rejection>();

function rejectionFor(resource: string): Rejection {
  let rejection = insufficient.get(resource);
  if (rejection === undefined) insufficient.set(resource, (rejection = { reason: `Insufficient ${resource}`, resolvable: true }));
  return rejection;
}

/** What a pod requests must be left on its node; of those where it is, the emptier one is liked better. */
export const resourcesFit: Plugin = {
  name: 'NodeResourcesFit',
  prepare(pod) {
    const wanted = Object.entries(pod.requests.exact).filter(([, amount]) => amount > 0);
    return {
      filter(node) {
        const { allocatable, requested } = node;
        if (node.pods.size + 1 > (allocatable['pods'] ?? 0)) return TOO_MANY;
        for (const [resource, amount] of wanted)
          if (amount > (allocatable[resource] ?? 0) - (requested[resource] ?? 0)) return rejectionFor(resource);
        return undefined;
      },
      score: { weight: 1, score: (node) => leastAllocated(pod, node) },
    };
  },
};

/** Nodes whose CPU and memory would be used up alike are liked better: neither is left over without the other. */
export const balancedAllocation: Plugin = {
  name: 'NodeResourcesBalancedAllocation',
  prepare: (pod) => ({ score: { weight: 1, score: (node) => balance(pod, node) } }),
};

function leastAllocated({ requests }: PodInfo, node: NodeInfo): number {
  const cpu = freeShare(node.allocatable['cpu'], node.guessedCpu + requests.guessedCpu);
  const memory = freeShare(node.allocatable['memory'], node.guessedMemory + requests.guessedMemory);
  return Math.floor((cpu + memory) / 2);
}

function freeShare(capacity: number | undefined, used: number): number {
  if (capacity === undefined || capacity === 0 || used > capacity) return 0;
  return Math.floor(((capacity - used) * MAX_SCORE) / capacity);
}

function balance({ requests }: PodInfo, node: NodeInfo): number {
  const cpu = usedShare(node.allocatable['cpu'], (node.requested['cpu'] ?? 0) + (requests.exact['cpu'] ?? 0));
  const memory = usedShare(node.allocatable['memory'], (node.requested['memory'] ?? 0) + (requests.exact['memory'] ?? 0));
  return Math.floor((1 - Math.abs(cpu - memory) / 2) * MAX_SCORE);
}

function usedShare(capacity: number | undefined, used: number): number {
  return capacity === undefined || capacity === 0 ? 1 : Math.min(1, used / capacity);
}
