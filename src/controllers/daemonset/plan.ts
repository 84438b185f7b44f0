import type { DaemonSet } from '#api/generated/apps-v1.ts';
import type { Node, Pod } from '#api/generated/core-v1.ts';
import { scaledValue } from '#apimachinery';
import { isAvailable, isTerminal, isTerminating } from '../pods/pod-state.ts';
import { REVISION_HASH } from '../revisions/history.ts';
import { placement, targetNode } from './placement.ts';

export interface Plan {
  /** Nodes that need a pod. */
  create: string[];
  delete: Pod[];
  /** Deleted because they failed: started anew only after a while. */
  failed: Pod[];
}

export function podsByNode(pods: readonly Pod[]): Map<string, Pod[]> {
  const byNode = new Map<string, Pod[]>();
  for (const pod of pods) {
    const node = targetNode(pod);
    if (node !== undefined) byNode.set(node, [...(byNode.get(node) ?? []), pod]);
  }
  return byNode;
}

/** One pod on each node that should have one, none elsewhere, whatever their revision. */
export function planPods(daemonSet: DaemonSet, nodes: readonly Node[], pods: readonly Pod[], hash: string): Plan {
  const plan: Plan = { create: [], delete: [], failed: [] };
  const byNode = podsByNode(pods);
  for (const node of nodes) {
    const { shouldRun, mayStay } = placement(daemonSet, node);
    const present = byNode.get(node.metadata.name) ?? [];
    byNode.delete(node.metadata.name);
    if (!mayStay) plan.delete.push(...present.filter(isAlive));
    else planNode(daemonSet, node.metadata.name, present, shouldRun, hash, plan);
  }
  // What is left is meant for nodes that are gone.
  for (const orphans of byNode.values()) plan.delete.push(...orphans.filter((pod) => isAlive(pod) && !pod.spec.nodeName));
  return plan;
}

function planNode(daemonSet: DaemonSet, node: string, present: readonly Pod[], shouldRun: boolean, hash: string, plan: Plan): void {
  const ended = present.filter((pod) => isTerminal(pod) && !pod.metadata.deletionTimestamp);
  plan.failed.push(...ended);
  const alive = present.filter((pod) => !isTerminal(pod)).sort(byCreation);
  const running = alive.filter((pod) => !isTerminating(pod));
  if (alive.length === 0 && ended.length === 0 && shouldRun) plan.create.push(node);
  if (running.length <= 1) return;
  // During a rollout with surge an old and a new pod stand side by side until the new one is available.
  const surges = maxSurge(daemonSet, 1) > 0;
  const newest = running.filter((pod) => pod.metadata.labels?.[REVISION_HASH] === hash);
  const old = running.filter((pod) => pod.metadata.labels?.[REVISION_HASH] !== hash);
  plan.delete.push(...newest.slice(1), ...(surges && newest.length > 0 ? old.slice(1) : old.slice(newest.length > 0 ? 0 : 1)));
}

/** Replaces pods of old revisions, as many at a time as the strategy allows. */
export function planRollingUpdate(daemonSet: DaemonSet, nodes: readonly Node[], pods: readonly Pod[], hash: string): Plan {
  const plan: Plan = { create: [], delete: [], failed: [] };
  const byNode = podsByNode(pods);
  const wanted = nodes.filter((node) => placement(daemonSet, node).shouldRun).map(({ metadata }) => metadata.name);
  const surge = maxSurge(daemonSet, wanted.length);
  if (surge > 0) planWithSurge(daemonSet, wanted, byNode, hash, surge, plan);
  else planInPlace(daemonSet, wanted, byNode, hash, plan);
  return plan;
}

function planInPlace(daemonSet: DaemonSet, nodes: readonly string[], byNode: Map<string, Pod[]>, hash: string, plan: Plan): void {
  const { minReadySeconds = 0 } = daemonSet.spec;
  const now = Date.now();
  let unavailable = 0;
  const available: Pod[] = [];
  for (const node of nodes) {
    const { newest, old } = split(byNode.get(node) ?? [], hash);
    if (newest) {
      if (!isAvailable(newest, minReadySeconds, now)) unavailable++;
    } else if (old && isAlive(old)) {
      if (isAvailable(old, minReadySeconds, now)) available.push(old);
      else {
        // It serves nobody: replacing it costs nothing.
        unavailable++;
        plan.delete.push(old);
      }
    } else {
      unavailable++;
    }
  }
  plan.delete.push(...available.slice(0, Math.max(0, maxUnavailable(daemonSet, nodes.length) - unavailable)));
}

function planWithSurge(
  daemonSet: DaemonSet,
  nodes: readonly string[],
  byNode: Map<string, Pod[]>,
  hash: string,
  surge: number,
  plan: Plan,
): void {
  const { minReadySeconds = 0 } = daemonSet.spec;
  const now = Date.now();
  let surging = 0;
  const candidates: string[] = [];
  for (const node of nodes) {
    const { newest, old } = split(byNode.get(node) ?? [], hash);
    if (!old || !isAlive(old)) continue;
    if (!newest) {
      if (isAvailable(old, minReadySeconds, now)) candidates.push(node);
      else plan.create.push(node);
    } else if (isAvailable(newest, minReadySeconds, now)) {
      plan.delete.push(old);
    } else {
      surging++;
    }
  }
  plan.create.push(...candidates.slice(0, Math.max(0, surge - surging)));
}

function split(pods: readonly Pod[], hash: string): { newest: Pod | undefined; old: Pod | undefined } {
  const alive = pods.filter((pod) => !isTerminal(pod)).sort(byCreation);
  const newest = alive.find((pod) => pod.metadata.labels?.[REVISION_HASH] === hash && isAlive(pod));
  return { newest, old: alive.find((pod) => pod.metadata.labels?.[REVISION_HASH] !== hash) };
}

function maxSurge({ spec }: DaemonSet, nodes: number): number {
  if (spec.updateStrategy?.type === 'OnDelete') return 0;
  return scaledValue(spec.updateStrategy?.rollingUpdate?.maxSurge ?? 0, nodes, 'up');
}

function maxUnavailable({ spec }: DaemonSet, nodes: number): number {
  return scaledValue(spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, nodes, 'up');
}

function isAlive(pod: Pod): boolean {
  return !pod.metadata.deletionTimestamp;
}

function byCreation(a: Pod, b: Pod): number {
  if (Boolean(a.spec.nodeName) !== Boolean(b.spec.nodeName)) return a.spec.nodeName ? -1 : 1;
  return (a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? -1 : 1;
}
