import type { Pod, TopologySpreadConstraint } from '#api/generated/core-v1.ts';
import { selectorOf, type Selector } from '#apimachinery';
import type { ClusterState } from '../cluster/cluster-state.ts';
import type { DomainCounts } from '../cluster/match-counts.ts';
import type { NodeInfo } from '../cluster/node-info.ts';
import type { PodInfo } from '../cluster/pod-info.ts';
import { MAX_SCORE, type Opinion, type Plugin, type Rejection } from '../framework/plugin.ts';
import { requiredNodes } from './node-affinity.ts';
import { isTolerated } from './taints.ts';

const SKEWED: Rejection = { reason: "node(s) didn't match pod topology spread constraints", resolvable: true, dependsOnOthers: true };
const NO_LABEL: Rejection = { reason: "node(s) didn't match pod topology spread constraints (missing required label)", resolvable: false };

/** The pods that a pod belongs together with, by the Services and owners that select it: those are spread by default. */
export type DefaultSelector = (pod: Pod) => Selector | undefined;

interface Constraint {
  maxSkew: number;
  minDomains: number;
  topologyKey: string;
  domains: DomainCounts;
  /** Whether the pod itself counts once it is placed. */
  self: 0 | 1;
  eligible(node: NodeInfo): boolean;
}

const DEFAULTS: readonly Pick<TopologySpreadConstraint, 'maxSkew' | 'topologyKey'>[] = [
  { maxSkew: 3, topologyKey: 'kubernetes.io/hostname' },
  { maxSkew: 5, topologyKey: 'topology.kubernetes.io/zone' },
];

/** Spreads pods over nodes and zones: as their constraints demand, else as seems sensible. */
export function topologySpread(defaultSelector: DefaultSelector): Plugin {
  return {
    name: 'PodTopologySpread',
    prepare(pod, cluster) {
      const own = pod.pod.spec.topologySpreadConstraints ?? [];
      const hard = own
        .filter(({ whenUnsatisfiable }) => whenUnsatisfiable === 'DoNotSchedule')
        .map((item) => constraintOf(item, pod, cluster));
      const soft =
        own.length > 0
          ? own.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === 'ScheduleAnyway').map((item) => constraintOf(item, pod, cluster))
          : defaultConstraints(pod, cluster, defaultSelector(pod.pod));
      if (hard.length === 0 && soft.length === 0) return undefined;
      const opinion: Opinion = {};
      if (hard.length > 0) opinion.filter = filterOf(hard, cluster);
      if (soft.length > 0) opinion.score = scorerOf(soft, own.length === 0);
      return opinion;
    },
  };
}

function constraintOf(constraint: TopologySpreadConstraint, { pod }: PodInfo, cluster: ClusterState): Constraint {
  const { matchLabelKeys = [], nodeAffinityPolicy = 'Honor', nodeTaintsPolicy = 'Ignore' } = constraint;
  const keys = matchLabelKeys.flatMap((key) => {
    const value = pod.metadata.labels?.[key];
    return value === undefined ? [] : [{ key, operator: 'In', values: [value] }];
  });
  const { labelSelector } = constraint;
  const selector = selectorOf(
    labelSelector === undefined ? undefined : { ...labelSelector, matchExpressions: [...(labelSelector.matchExpressions ?? []), ...keys] },
  );
  const required = nodeAffinityPolicy === 'Honor' ? requiredNodes(pod) : undefined;
  const honorsTaints = nodeTaintsPolicy === 'Honor';
  return {
    maxSkew: constraint.maxSkew,
    minDomains: constraint.minDomains ?? 1,
    topologyKey: constraint.topologyKey,
    domains: countsOf(selector, pod.metadata.namespace ?? '', cluster, constraint.topologyKey),
    self: selector.matches(pod.metadata.labels) ? 1 : 0,
    eligible: (node) =>
      (required?.(node) ?? true) &&
      (!honorsTaints || node.taints.every((taint) => taint.effect === 'PreferNoSchedule' || isTolerated(taint, pod.spec.tolerations))),
  };
}

function defaultConstraints({ pod }: PodInfo, cluster: ClusterState, selector: Selector | undefined): Constraint[] {
  if (selector === undefined) return [];
  return DEFAULTS.map(({ maxSkew, topologyKey }) => ({
    maxSkew,
    minDomains: 1,
    topologyKey,
    domains: countsOf(selector, pod.metadata.namespace ?? '', cluster, topologyKey),
    self: 1,
    eligible: () => true,
  }));
}

function countsOf(selector: Selector, namespace: string, cluster: ClusterState, topologyKey: string): DomainCounts {
  const key = JSON.stringify(['spread', namespace, selector.toString(), selector.isNothing]);
  const counts = cluster.counts(
    key,
    ({ pod }) =>
      pod.metadata.namespace === namespace && pod.metadata.deletionTimestamp === undefined && selector.matches(pod.metadata.labels),
  );
  return counts.by(topologyKey);
}

function filterOf(constraints: readonly Constraint[], cluster: ClusterState): Opinion['filter'] {
  const lowest = constraints.map((constraint) => lowestCount(constraint, constraints, cluster));
  return (node) => {
    for (const [index, { topologyKey, domains, self, maxSkew }] of constraints.entries()) {
      const value = node.labels[topologyKey];
      if (value === undefined) return NO_LABEL;
      if (domains.get(value) + self - (lowest[index] as number) > maxSkew) return SKEWED;
    }
    return undefined;
  };
}

/** The fewest matching pods in any domain that the pod could go to; none at all as long as there are too few domains. */
function lowestCount(
  { topologyKey, domains, minDomains, eligible }: Constraint,
  all: readonly Constraint[],
  cluster: ClusterState,
): number {
  const seen = new Set<string>();
  let lowest = Number.MAX_SAFE_INTEGER;
  for (const node of cluster.order) {
    const value = node.labels[topologyKey];
    if (value === undefined || seen.has(value)) continue;
    if (all.some((other) => node.labels[other.topologyKey] === undefined) || !eligible(node)) continue;
    seen.add(value);
    lowest = Math.min(lowest, domains.get(value));
  }
  return seen.size < minDomains || seen.size === 0 ? 0 : lowest;
}

function scorerOf(constraints: readonly Constraint[], isDefault: boolean): Opinion['score'] {
  const missing = -1;
  return {
    weight: 2,
    score(node) {
      let sum = 0;
      for (const { topologyKey, domains, maxSkew } of constraints) {
        const value = node.labels[topologyKey];
        // By default nodes need no zone; constraints of the pod's own are about labelled nodes only.
        if (value === undefined) {
          if (isDefault) continue;
          return missing;
        }
        sum += domains.get(value) + maxSkew - 1;
      }
      return Math.round(sum);
    },
    normalize(scores) {
      const counted = scores.filter((score) => score !== missing);
      const most = Math.max(...counted, 0);
      const least = Math.min(...counted, most);
      for (let i = 0; i < scores.length; i++) {
        const score = scores[i] as number;
        if (score === missing) scores[i] = 0;
        else scores[i] = most === 0 ? MAX_SCORE : Math.floor((MAX_SCORE * (most + least - score)) / most);
      }
    },
  };
}
