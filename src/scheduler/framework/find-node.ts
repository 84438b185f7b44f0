import type { ClusterState } from '../cluster/cluster-state.ts';
import type { NodeInfo } from '../cluster/node-info.ts';
import type { PodInfo } from '../cluster/pod-info.ts';
import { isRejection, type Opinion, type Plugin, type Rejection } from './plugin.ts';

export type Placement =
  | { node: string }
  | {
      node: undefined;
      /** For people: `0/3 nodes are available: 3 Insufficient cpu.` */
      message: string;
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
    if (nodes.length === 0) return { node: undefined, message: 'no nodes available to schedule pods' };
    const opinions: Opinion[] = [];
    for (const plugin of this.#plugins) {
      const opinion = plugin.prepare(pod, this.#cluster);
      if (opinion === undefined) continue;
      if (isRejection(opinion))
        return { node: undefined, message: unavailable(nodes.length, new Map([[opinion.reason, nodes.length]])) };
      opinions.push(opinion);
    }
    const rejected = new Map<string, number>();
    const feasible = this.#feasible(nodes, opinions, ({ reason }) => {
      rejected.set(reason, (rejected.get(reason) ?? 0) + 1);
    });
    const best = feasible.length > 1 ? highest(feasible, opinions) : feasible[0];
    if (best === undefined) return { node: undefined, message: unavailable(nodes.length, rejected) };
    return { node: best.name };
  }

  #feasible(nodes: readonly NodeInfo[], opinions: readonly Opinion[], reject: (rejection: Rejection) => void): NodeInfo[] {
    const wanted = enough(nodes.length);
    const filters = opinions.filter(({ filter }) => filter !== undefined);
    const feasible: NodeInfo[] = [];
    const start = this.#start % nodes.length;
    let looked = 0;
    while (looked < nodes.length && feasible.length < wanted) {
      const node = nodes[(start + looked++) % nodes.length] as NodeInfo;
      let rejection: Rejection | undefined;
      for (const opinion of filters) {
        rejection = opinion.filter?.(node);
        if (rejection === undefined) continue;
        reject(rejection);
        break;
      }
      if (rejection === undefined) feasible.push(node);
    }
    this.#start = (start + looked) % nodes.length;
    return feasible;
  }
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

function unavailable(nodes: number, reasons: ReadonlyMap<string, number>): string {
  const list = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${nodes} nodes are available: ${list.join(', ')}.`;
}
