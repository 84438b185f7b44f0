import type { ClusterState } from '../cluster/cluster-state.ts';
import type { NodeInfo } from '../cluster/node-info.ts';
import type { PodInfo } from '../cluster/pod-info.ts';
import { ANY_CHANGE, isRejection, type ClusterChange, type Opinion, type Plugin, type Rejection } from './plugin.ts';

export type Placement =
  | { node: string }
  | {
      node: undefined;
      /** For people: `0/3 nodes are available: 3 Insufficient cpu.` */
      message: string;
      /** Nodes that removing pods could make fit. */
      resolvable: readonly NodeInfo[];
      /** What could make the pod fit; it need not be tried again before. */
      helpedBy: ReadonlySet<ClusterChange>;
      fits(node: NodeInfo): boolean;
    };

/** Chooses nodes for pods, one after the other. */
export class NodeFinder {
  readonly #plugins: readonly Plugin[];
  readonly #cluster: ClusterState;
  /** Where the next search begins: each pod starts where the one before stopped. */
  #start = 0;

  constructor(plugins: readonly Plugin[], cluster: ClusterState) {
    this.#plugins = plugins;
    this.#cluster = cluster;
  }

  find(pod: PodInfo): Placement {
    const nodes = this.#cluster.order;
    if (nodes.length === 0) return hopeless('no nodes available to schedule pods');
    const opinions: Opinion[] = [];
    for (const plugin of this.#plugins) {
      const opinion = plugin.prepare(pod, this.#cluster);
      if (opinion === undefined) continue;
      if (isRejection(opinion)) return hopeless(unavailable(nodes.length, new Map([[opinion.reason, nodes.length]])));
      opinions.push(opinion);
    }
    const rejected = new Map<string, number>();
    const resolvable: NodeInfo[] = [];
    const helpedBy = new Set<ClusterChange>(['node', 'volume']);
    const check = (node: NodeInfo): Rejection | undefined => this.#check(pod, node, opinions);
    const feasible = this.#feasible(nodes, check, (node, rejection) => {
      rejected.set(rejection.reason, (rejected.get(rejection.reason) ?? 0) + 1);
      if (rejection.resolvable) {
        resolvable.push(node);
        helpedBy.add('podGone');
      }
      if (rejection.dependsOnOthers === true) helpedBy.add('podPlaced');
    });
    const best = feasible.length > 1 ? highest(feasible, opinions) : feasible[0];
    if (best === undefined)
      return {
        node: undefined,
        message: unavailable(nodes.length, rejected),
        resolvable,
        helpedBy,
        fits: (node) => check(node) === undefined,
      };
    return { node: best.name };
  }

  #feasible(
    nodes: readonly NodeInfo[],
    check: (node: NodeInfo) => Rejection | undefined,
    reject: (node: NodeInfo, rejection: Rejection) => void,
  ): NodeInfo[] {
    const wanted = enough(nodes.length);
    const feasible: NodeInfo[] = [];
    const start = this.#start % nodes.length;
    let looked = 0;
    while (looked < nodes.length && feasible.length < wanted) {
      const node = nodes[(start + looked++) % nodes.length] as NodeInfo;
      const rejection = check(node);
      if (rejection === undefined) feasible.push(node);
      else reject(node, rejection);
    }
    this.#start = (start + looked) % nodes.length;
    return feasible;
  }

  /** A node must do as it is, and as it will be with the pods that room is being made for. */
  #check(pod: PodInfo, node: NodeInfo, opinions: readonly Opinion[]): Rejection | undefined {
    const rejection = firstRejection(node, opinions);
    const expected = rejection === undefined ? this.#cluster.expectedOn(node, pod) : [];
    if (expected.length === 0) return rejection;
    for (const info of expected) this.#cluster.putOn(node, info);
    const later = firstRejection(node, opinions);
    for (const info of expected) this.#cluster.takeOff(node, info);
    return later;
  }
}

function firstRejection(node: NodeInfo, opinions: readonly Opinion[]): Rejection | undefined {
  for (const { filter } of opinions) {
    const rejection = filter?.(node);
    if (rejection !== undefined) return rejection;
  }
  return undefined;
}

function hopeless(message: string): Placement {
  return { node: undefined, message, resolvable: [], helpedBy: ANY_CHANGE, fits: () => false };
}

/** In large clusters a part of the nodes is choice enough: half of 100 nodes, fewer of more, at least 100 and 5 %. */
export function enough(nodes: number): number {
  const least = 100;
  if (nodes < least) return nodes;
  const percentage = Math.max(5, 50 - Math.floor(nodes / 125));
  return Math.max(least, Math.floor((nodes * percentage) / 100));
}

function highest(nodes: readonly NodeInfo[], opinions: readonly Opinion[]): NodeInfo | undefined {
  const totals = nodes.map(() => 0);
  for (const { score } of opinions) {
    if (score === undefined) continue;
    const scores = nodes.map((node) => score.score(node));
    score.normalize?.(scores);
    for (let i = 0; i < totals.length; i++) totals[i] = (totals[i] as number) + (scores[i] as number) * score.weight;
  }
  let best = 0;
  let ties = 1;
  for (let i = 1; i < totals.length; i++) {
    const difference = (totals[i] as number) - (totals[best] as number);
    if (difference < 0) continue;
    ties = difference > 0 ? 1 : ties + 1;
    // Each of the best has the same chance.
    if (Math.random() * ties < 1) best = i;
  }
  return nodes[best];
}

/** How it is told why no node will do: counts by reason, in the order of the texts. */
export function unavailable(nodes: number, reasons: ReadonlyMap<string, number>): string {
  const list = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${nodes} nodes are available: ${list.join(', ')}.`;
}
