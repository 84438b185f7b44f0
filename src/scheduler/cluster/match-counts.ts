import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';

/** Counts of something by the value of a node label: how many matching pods are in each zone. */
export class DomainCounts {
  readonly #counts = new Map<string, number>();
  total = 0;

  get(value: string): number {
    return this.#counts.get(value) ?? 0;
  }

  add(value: string, amount: number): void {
    const count = (this.#counts.get(value) ?? 0) + amount;
    if (count === 0) this.#counts.delete(value);
    else this.#counts.set(value, count);
    this.total += amount;
  }
}

/** How many of the pods that a question is about stand in each domain of a topology. Kept up to date pod by pod. */
export class MatchCounts {
  readonly #matches: (info: PodInfo) => boolean;
  readonly #perNode = new Map<NodeInfo, number>();
  readonly #topologies = new Map<string, DomainCounts>();

  constructor(matches: (info: PodInfo) => boolean, nodes: Iterable<NodeInfo>) {
    this.#matches = matches;
    for (const node of nodes) for (const info of node.pods.values()) this.change(node, info, 1);
  }

  /** A pod has come to a node (1) or left it (-1). */
  change(node: NodeInfo, info: PodInfo, amount: 1 | -1): void {
    if (!this.#matches(info)) return;
    const count = (this.#perNode.get(node) ?? 0) + amount;
    if (count === 0) this.#perNode.delete(node);
    else this.#perNode.set(node, count);
    for (const [key, domains] of this.#topologies) {
      const value = node.labels[key];
      if (value !== undefined) domains.add(value, amount);
    }
  }

  /** The counts by a node label; the same object from call to call, and current. */
  by(topologyKey: string): DomainCounts {
    let domains = this.#topologies.get(topologyKey);
    if (domains !== undefined) return domains;
    domains = new DomainCounts();
    for (const [node, count] of this.#perNode) {
      const value = node.labels[topologyKey];
      if (value !== undefined) domains.add(value, count);
    }
    this.#topologies.set(topologyKey, domains);
    return domains;
  }

  /** Labels of a node have changed: what was counted by them is counted anew. */
  forgetTopologies(): void {
    this.#topologies.clear();
  }
}
