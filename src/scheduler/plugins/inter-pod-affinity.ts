import type { ClusterState } from '../cluster/cluster-state.ts';
import type { ExistingTerm } from '../cluster/existing-terms.ts';
import type { DomainCounts } from '../cluster/match-counts.ts';
import type { NodeInfo } from '../cluster/node-info.ts';
import type { PodInfo, Term } from '../cluster/pod-info.ts';
import { MAX_SCORE, type Opinion, type Plugin, type Rejection } from '../framework/plugin.ts';

const AFFINITY: Rejection = { reason: "node(s) didn't match pod affinity rules", resolvable: false, dependsOnOthers: true };
const ANTI_AFFINITY: Rejection = { reason: "node(s) didn't match pod anti-affinity rules", resolvable: true };
const EXISTING: Rejection = { reason: "node(s) didn't satisfy existing pods anti-affinity rules", resolvable: true };
/** What a placed pod's required affinity adds to the liking for its domain. */
const HARD_WEIGHT = 1;

/** A wish that is the same for all nodes of a domain. */
interface Wish {
  topologyKey: string;
  domains: DomainCounts;
  weight: number;
}

/** Pods that want to be near other pods, or away from them; the wishes of those that are placed count as well. */
export const interPodAffinity: Plugin = {
  name: 'InterPodAffinity',
  prepare(pod, cluster) {
    const filter = filterOf(pod, cluster);
    const wishes = wishesOf(pod, cluster);
    if (filter === undefined && wishes.length === 0) return undefined;
    const opinion: Opinion = { filter };
    if (wishes.length > 0) opinion.score = { weight: 2, score: (node) => sumOf(wishes, node), normalize: spreadOut };
    return opinion;
  },
};

function filterOf(pod: PodInfo, cluster: ClusterState): Opinion['filter'] {
  const near = pod.affinity.required.map((term) => ({ term, domains: countsOf(term, cluster) }));
  const away = pod.affinity.requiredAnti.map((term) => ({ term, domains: countsOf(term, cluster) }));
  const refusing = applying(cluster.terms.requiredAnti.values(), pod, cluster);
  if (near.length === 0 && away.length === 0 && refusing.length === 0) return undefined;
  // The first pod of a group that wants to be together may go anywhere.
  const isFirst = near.every(({ term, domains }) => domains.total === 0 && cluster.matches(term, pod.pod));
  return (node) => {
    for (const { term, domains } of refusing) if (has(domains, node, term.topologyKey)) return EXISTING;
    for (const { term, domains } of away) if (has(domains, node, term.topologyKey)) return ANTI_AFFINITY;
    for (const { term, domains } of near)
      if (node.labels[term.topologyKey] === undefined || (!isFirst && !has(domains, node, term.topologyKey))) return AFFINITY;
    return undefined;
  };
}

function wishesOf(pod: PodInfo, cluster: ClusterState): Wish[] {
  const own = (terms: readonly Term[], sign: 1 | -1): Wish[] =>
    terms.map((term) => ({ topologyKey: term.topologyKey, domains: countsOf(term, cluster), weight: sign * term.weight }));
  const others = (terms: Iterable<ExistingTerm>, sign: 1 | -1, weight?: number): Wish[] =>
    applying(terms, pod, cluster).map(({ term, domains }) => ({
      topologyKey: term.topologyKey,
      domains,
      weight: sign * (weight ?? term.weight),
    }));
  return [
    ...own(pod.affinity.preferred, 1),
    ...own(pod.affinity.preferredAnti, -1),
    ...others(cluster.terms.preferred.values(), 1),
    ...others(cluster.terms.preferredAnti.values(), -1),
    ...others(cluster.terms.required.values(), 1, HARD_WEIGHT),
  ].filter(({ domains }) => domains.total !== 0);
}

/** Where pods that a term is about are. */
function countsOf(term: Term, cluster: ClusterState): DomainCounts {
  const key = JSON.stringify(['term', [...term.namespaces], term.namespaceSelector?.toString(), term.selector.toString()]);
  return cluster.counts(key, ({ pod }) => pod.metadata.deletionTimestamp === undefined && cluster.matches(term, pod)).by(term.topologyKey);
}

function applying(terms: Iterable<ExistingTerm>, pod: PodInfo, cluster: ClusterState): ExistingTerm[] {
  const list: ExistingTerm[] = [];
  for (const entry of terms) if (cluster.matches(entry.term, pod.pod)) list.push(entry);
  return list;
}

function has(domains: DomainCounts, node: NodeInfo, topologyKey: string): boolean {
  const value = node.labels[topologyKey];
  return value !== undefined && domains.get(value) > 0;
}

function sumOf(wishes: readonly Wish[], node: NodeInfo): number {
  let sum = 0;
  for (const { topologyKey, domains, weight } of wishes) {
    const value = node.labels[topologyKey];
    if (value !== undefined) sum += domains.get(value) * weight;
  }
  return sum;
}

/** The least liked node gets 0, the most liked one 100. */
function spreadOut(scores: number[]): void {
  const least = Math.min(...scores);
  const range = Math.max(...scores) - least;
  for (let i = 0; i < scores.length; i++) scores[i] = range === 0 ? 0 : Math.floor((MAX_SCORE * ((scores[i] as number) - least)) / range);
}
