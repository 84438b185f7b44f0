import type { Node, Pod } from '#api/generated/core-v1.ts';
import { objectEqual } from '#apimachinery';
import { TermIndex } from './existing-terms.ts';
import { MatchCounts } from './match-counts.ts';
import { NodeInfo } from './node-info.ts';
import { podInfoOf, podKey, type PodInfo, type Term } from './pod-info.ts';

/** Questions whose counts are kept; more are answered anew each time they come up. */
const MAX_COUNTS = 256;

/** A pod that came to a node (1) or left it (-1). */
interface Change {
  node: NodeInfo;
  info: PodInfo;
  amount: 1 | -1;
}

/**
 * The nodes and the pods on them, pods included that have been given a node but are not bound yet. All of scheduling
 * reads it; it changes only between two pods.
 */
export class ClusterState {
  readonly nodes = new Map<string, NodeInfo>();
  readonly terms = new TermIndex();
  /** Nodes in the order in which they are looked at. */
  #order: NodeInfo[] | undefined;
  readonly #placed = new Map<string, { node: string; info: PodInfo }>();
  /** Pods whose node is not known (yet). */
  readonly #homeless = new Map<string, Map<string, PodInfo>>();
  readonly #counts = new Map<string, MatchCounts>();
  /** Pods for which room is being made on a node. */
  readonly #nominated = new Map<string, { node: string; info: PodInfo }>();
  #supposed: Change[] | undefined;
  readonly #namespaceLabels = new Map<string, Readonly<Record<string, string>>>();

  get order(): readonly NodeInfo[] {
    return (this.#order ??= byZone([...this.nodes.values()]));
  }

  setNode(node: Node): void {
    const { name } = node.metadata;
    const known = this.nodes.get(name);
    if (known === undefined) {
      const info = new NodeInfo(node);
      this.nodes.set(name, info);
      this.#order = undefined;
      for (const pod of this.#homeless.get(name)?.values() ?? []) this.#change(info, pod, 1);
      this.#homeless.delete(name);
      return;
    }
    const relabelled = !objectEqual(known.node.metadata.labels, node.metadata.labels);
    if (relabelled) this.#recount(() => known.update(node));
    else known.update(node);
  }

  removeNode(name: string): void {
    const info = this.nodes.get(name);
    if (info === undefined) return;
    const pods = new Map(info.pods);
    for (const pod of pods.values()) this.#change(info, pod, -1);
    if (pods.size > 0) this.#homeless.set(name, pods);
    this.nodes.delete(name);
    this.#order = undefined;
  }

  isPlaced(key: string): boolean {
    return this.#placed.has(key);
  }

  /** Puts a pod on a node, or moves it there; the same pod in a newer state replaces the old one. */
  place(pod: Pod, node: string, known?: PodInfo): void {
    const key = podKey(pod);
    const before = this.#placed.get(key);
    if (before !== undefined) {
      if (before.node === node && sameForScheduling(before.info.pod, pod)) {
        before.info.pod = pod;
        return;
      }
      this.remove(key);
    }
    const info = known ?? podInfoOf(pod);
    this.#nominated.delete(key);
    this.#placed.set(key, { node, info });
    const home = this.nodes.get(node);
    if (home !== undefined) this.#change(home, info, 1);
    else this.#homeless.set(node, (this.#homeless.get(node) ?? new Map<string, PodInfo>()).set(key, info));
  }

  remove(key: string): void {
    const placed = this.#placed.get(key);
    if (placed === undefined) return;
    this.#placed.delete(key);
    const home = this.nodes.get(placed.node);
    if (home !== undefined) this.#change(home, placed.info, -1);
    else this.#homeless.get(placed.node)?.delete(key);
  }

  /** Keeps room on a node for a pod until it is placed, gone, or nominated elsewhere. */
  nominate(info: PodInfo, node: string): void {
    this.#nominated.set(info.key, { node, info });
  }

  nominatedNode(key: string): string | undefined {
    return this.#nominated.get(key)?.node;
  }

  forgetNomination(key: string): void {
    this.#nominated.delete(key);
  }

  /** Pods that are expected on a node and that this one must not push aside. */
  expectedOn(node: NodeInfo, by: PodInfo): PodInfo[] {
    if (this.#nominated.size === 0) return NOBODY;
    return [...this.#nominated.values()]
      .filter(({ node: name, info }) => name === node.name && info.key !== by.key && info.priority >= by.priority)
      .map(({ info }) => info);
  }

  /** Runs `work`, in which pods may be taken off and put on nodes, and makes everything as it was before. */
  supposing<R>(work: () => R): R {
    const changes: Change[] = [];
    this.#supposed = changes;
    try {
      return work();
    } finally {
      for (const { node, info, amount } of changes.toReversed()) this.#change(node, info, amount === 1 ? -1 : 1);
      this.#supposed = undefined;
    }
  }

  /** Within `supposing` it is undone at the end; else the caller undoes it. */
  takeOff(node: NodeInfo, info: PodInfo): void {
    this.#supposed?.push({ node, info, amount: -1 });
    this.#change(node, info, -1);
  }

  /** Likewise. */
  putOn(node: NodeInfo, info: PodInfo): void {
    this.#supposed?.push({ node, info, amount: 1 });
    this.#change(node, info, 1);
  }

  setNamespace(name: string, labels: Readonly<Record<string, string>> | undefined): void {
    if (labels === undefined) this.#namespaceLabels.delete(name);
    else this.#namespaceLabels.set(name, labels);
    // Terms may choose namespaces by labels: their counts are not true any more.
    this.#counts.clear();
  }

  /** Whether a term is about a pod. */
  matches(term: Term, { metadata }: Pod): boolean {
    const namespace = metadata.namespace ?? '';
    const inNamespace = term.namespaces.has(namespace) || (term.namespaceSelector?.matches(this.#namespaceLabels.get(namespace)) ?? false);
    return inNamespace && term.selector.matches(metadata.labels);
  }

  /** The counts of the pods that `matches` lets through; `key` names the question and must be the same for the same one. */
  counts(key: string, matches: (info: PodInfo) => boolean): MatchCounts {
    let counts = this.#counts.get(key);
    if (counts === undefined) {
      counts = new MatchCounts(matches, this.nodes.values());
      const oldest = this.#counts.size >= MAX_COUNTS ? this.#counts.keys().next().value : undefined;
      if (oldest !== undefined) this.#counts.delete(oldest);
    } else this.#counts.delete(key);
    this.#counts.set(key, counts);
    return counts;
  }

  #change(node: NodeInfo, info: PodInfo, amount: 1 | -1): void {
    if (amount === 1) node.addPod(info);
    else node.removePod(info);
    this.terms.change(node, info, amount);
    for (const counts of this.#counts.values()) counts.change(node, info, amount);
  }

  /** Changes labels of a node: domains have moved. */
  #recount(change: () => void): void {
    change();
    this.#order = undefined;
    this.terms.clear();
    for (const counts of this.#counts.values()) counts.forgetTopologies();
    for (const node of this.nodes.values()) for (const info of node.pods.values()) this.terms.change(node, info, 1);
  }
}

const NOBODY: PodInfo[] = [];

/** Status changes all the time and means nothing to the placement of others. */
function sameForScheduling(a: Pod, b: Pod): boolean {
  return a.metadata.uid === b.metadata.uid && objectEqual(a.metadata.labels, b.metadata.labels) && objectEqual(a.spec, b.spec);
}

/** One node of each zone in turn, so that a search that ends early has seen all zones. */
function byZone(nodes: NodeInfo[]): NodeInfo[] {
  const zones = new Map<string, NodeInfo[]>();
  for (const node of nodes) {
    const zone = `${node.labels['topology.kubernetes.io/region'] ?? ''}/${node.labels['topology.kubernetes.io/zone'] ?? ''}`;
    const list = zones.get(zone);
    if (list === undefined) zones.set(zone, [node]);
    else list.push(node);
  }
  const lists = [...zones.values()];
  const order: NodeInfo[] = [];
  for (let index = 0; order.length < nodes.length; index++)
    for (const list of lists) {
      const node = list[index];
      if (node !== undefined) order.push(node);
    }
  return order;
}
