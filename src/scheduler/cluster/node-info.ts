import type { Node, Taint } from '#api/generated/core-v1.ts';
import type { HostPort, PodInfo } from './pod-info.ts';
import { add, amountsOf, subtract, type Amounts } from './requests.ts';

/** A node and what stands on it. Changed only by the cluster's state. */
export class NodeInfo {
  readonly name: string;
  readonly pods = new Map<string, PodInfo>();
  readonly requested: Amounts = {};
  guessedCpu = 0;
  guessedMemory = 0;
  #node: Node;
  #allocatable: Amounts = {};
  #images = new Map<string, number>();

  constructor(node: Node) {
    this.name = node.metadata.name;
    this.#node = node;
    this.update(node);
  }

  get node(): Node {
    return this.#node;
  }

  get labels(): Readonly<Record<string, string>> {
    return this.#node.metadata.labels ?? NO_LABELS;
  }

  get taints(): readonly Taint[] {
    return this.#node.spec.taints ?? NO_TAINTS;
  }

  get allocatable(): Amounts {
    return this.#allocatable;
  }

  /** Size in bytes of an image that the node has, else undefined. */
  imageSize(name: string): number | undefined {
    return this.#images.get(name);
  }

  update(node: Node): void {
    if (node.status.allocatable !== this.#node.status.allocatable || node === this.#node)
      this.#allocatable = amountsOf(node.status.allocatable);
    if (node.status.images !== this.#node.status.images || node === this.#node) this.#images = imagesOf(node);
    this.#node = node;
  }

  addPod(info: PodInfo): void {
    this.pods.set(info.key, info);
    add(this.requested, info.requests.exact);
    this.guessedCpu += info.requests.guessedCpu;
    this.guessedMemory += info.requests.guessedMemory;
  }

  removePod(info: PodInfo): void {
    if (!this.pods.delete(info.key)) return;
    subtract(this.requested, info.requests.exact);
    this.guessedCpu -= info.requests.guessedCpu;
    this.guessedMemory -= info.requests.guessedMemory;
  }

  /** Whether a pod on this node has one of these ports already. */
  hasConflict(ports: readonly HostPort[]): boolean {
    if (ports.length === 0) return false;
    for (const { ports: taken } of this.pods.values())
      for (const one of taken) for (const other of ports) if (conflicts(one, other)) return true;
    return false;
  }
}

const NO_LABELS: Readonly<Record<string, string>> = {};
const NO_TAINTS: readonly Taint[] = [];
const ANY = '0.0.0.0';

function conflicts(a: HostPort, b: HostPort): boolean {
  return a.port === b.port && a.protocol === b.protocol && (a.address === ANY || b.address === ANY || a.address === b.address);
}

function imagesOf({ status }: Node): Map<string, number> {
  const images = new Map<string, number>();
  for (const { names = [], sizeBytes = 0 } of status.images ?? []) for (const name of names) images.set(name, sizeBytes);
  return images;
}
