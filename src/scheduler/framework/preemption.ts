import type { PodDisruptionBudget } from '#api/generated/policy-v1.ts';
import { selectorOf } from '#apimachinery';
import type { ClusterState } from '../cluster/cluster-state.ts';
import type { NodeInfo } from '../cluster/node-info.ts';
import type { PodInfo } from '../cluster/pod-info.ts';

/** Pods that would have to go from a node so that another one fits. */
export interface Preemption {
  node: NodeInfo;
  /** Highest priority first. */
  victims: readonly PodInfo[];
  /** How many of them a PodDisruptionBudget wants to keep. */
  violations: number;
}

/** Nodes that are tried out: a tenth of all, at least this many. */
const LEAST_CANDIDATES = 100;

/**
 * The node on which making room hurts least: fewest violated budgets, then the lowest priorities, fewest pods, youngest
 * pods. Undefined when it would help nowhere. `fits` says whether the pod could go to a node as the cluster is at that moment.
 */
export function findPreemption(
  pod: PodInfo,
  nodes: readonly NodeInfo[],
  fits: (node: NodeInfo) => boolean,
  cluster: ClusterState,
  budgets: readonly PodDisruptionBudget[],
): Preemption | undefined {
  const wanted = Math.max(LEAST_CANDIDATES, Math.floor(nodes.length / 10));
  const candidates: Preemption[] = [];
  for (const node of nodes) {
    const candidate = makeRoom(pod, node, fits, cluster, budgets);
    if (candidate !== undefined && candidates.push(candidate) >= wanted) break;
  }
  return candidates.toSorted(compare)[0];
}

function makeRoom(
  pod: PodInfo,
  node: NodeInfo,
  fits: (node: NodeInfo) => boolean,
  cluster: ClusterState,
  budgets: readonly PodDisruptionBudget[],
): Preemption | undefined {
  const lower = [...node.pods.values()].filter(({ priority }) => priority < pod.priority);
  if (lower.length === 0) return undefined;
  return cluster.supposing(() => {
    for (const info of lower) cluster.takeOff(node, info);
    if (!fits(node)) return undefined;
    const victims: PodInfo[] = [];
    let violations = 0;
    const { guarded, free } = byBudget(lower.toSorted(moreImportant), budgets);
    // Those that a budget guards are spared first, the most important of each sort before the others.
    for (const [isGuarded, list] of [
      [true, guarded],
      [false, free],
    ] as const)
      for (const info of list) {
        cluster.putOn(node, info);
        if (fits(node)) continue;
        cluster.takeOff(node, info);
        victims.push(info);
        if (isGuarded) violations++;
      }
    return { node, victims: victims.toSorted(moreImportant), violations };
  });
}

function startOf({ pod }: PodInfo): string {
  return pod.status.startTime ?? pod.metadata.creationTimestamp ?? '';
}

/** Higher priority first, then what has run longer. */
function moreImportant(a: PodInfo, b: PodInfo): number {
  return b.priority - a.priority || (startOf(a) < startOf(b) ? -1 : 1);
}

function byBudget(pods: readonly PodInfo[], budgets: readonly PodDisruptionBudget[]): { guarded: PodInfo[]; free: PodInfo[] } {
  const left = budgets.map((budget) => ({
    budget,
    selector: selectorOf(budget.spec.selector),
    allowed: budget.status.disruptionsAllowed ?? 0,
  }));
  const guarded: PodInfo[] = [];
  const free: PodInfo[] = [];
  for (const info of pods) {
    const { metadata } = info.pod;
    const about = left.filter(
      ({ budget, selector }) => budget.metadata.namespace === metadata.namespace && selector.matches(metadata.labels),
    );
    for (const entry of about) entry.allowed--;
    (about.some(({ allowed }) => allowed < 0) ? guarded : free).push(info);
  }
  return { guarded, free };
}

function compare(a: Preemption, b: Preemption): number {
  const highest = ({ victims }: Preemption): number => victims[0]?.priority ?? Number.NEGATIVE_INFINITY;
  const sum = ({ victims }: Preemption): number => victims.reduce((total, { priority }) => total + priority, 0);
  const youngest = ({ victims }: Preemption): string => (victims[0] === undefined ? '' : startOf(victims[0]));
  return (
    a.violations - b.violations ||
    highest(a) - highest(b) ||
    sum(a) - sum(b) ||
    a.victims.length - b.victims.length ||
    (youngest(a) > youngest(b) ? -1 : youngest(a) < youngest(b) ? 1 : 0)
  );
}
