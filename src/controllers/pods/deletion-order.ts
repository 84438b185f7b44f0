import type { ContainerStatus, Pod } from '#api/generated/core-v1.ts';
import { isReady, readyCondition } from './pod-state.ts';

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const PHASES: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 };

interface Ranked {
  pod: Pod;
  /** In the order of comparison; smaller goes first. */
  ranks: number[];
}

/**
 * Sorts pods so that those whose loss hurts least come first: not yet scheduled, not yet running, not ready, cheap by
 * annotation, doubled up on a node, ready or made only recently, often restarted. `onNode` counts a node's related pods.
 */
export function inDeletionOrder(pods: readonly Pod[], onNode: (node: string) => number, now: number): Pod[] {
  const ranked = pods.map((pod): Ranked => ({ pod, ranks: ranksOf(pod, onNode, now) }));
  ranked.sort((a, b) => compare(a, b));
  return ranked.map(({ pod }) => pod);
}

function compare(a: Ranked, b: Ranked): number {
  for (let i = 0; i < a.ranks.length; i++) {
    const difference = a.ranks[i]! - b.ranks[i]!;
    if (difference !== 0) return difference;
  }
  return (a.pod.metadata.uid ?? '') < (b.pod.metadata.uid ?? '') ? -1 : 1;
}

function ranksOf(pod: Pod, onNode: (node: string) => number, now: number): number[] {
  const { nodeName } = pod.spec;
  const ready = isReady(pod);
  return [
    nodeName ? 1 : 0,
    PHASES[pod.status?.phase ?? ''] ?? 0,
    ready ? 1 : 0,
    Number(pod.metadata.annotations?.[DELETION_COST] ?? 0) || 0,
    nodeName ? -onNode(nodeName) : 0,
    ready ? ageRank(readyCondition(pod)?.lastTransitionTime, now) : 0,
    -restarts(pod),
    ageRank(pod.metadata.creationTimestamp, now),
  ];
}

/** Ages count by powers of two: of pods about equally old any may go, so that old pods are not always spared. */
function ageRank(time: string | null | undefined, now: number): number {
  if (!time) return -1;
  const age = now - Date.parse(time);
  return age <= 0 ? 0 : Math.floor(Math.log2(age));
}

function restarts(pod: Pod): number {
  return mostRestarts(pod.status?.containerStatuses) + mostRestarts(pod.status?.initContainerStatuses);
}

function mostRestarts(statuses: readonly ContainerStatus[] | undefined): number {
  let most = 0;
  for (const { restartCount } of statuses ?? []) if (restartCount > most) most = restartCount;
  return most;
}
