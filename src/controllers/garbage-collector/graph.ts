import { apiVersionOf, parseApiVersion, type KubeObject, type OwnerReference } from '#apimachinery';
import type { ResourceType } from '#client';

/** An object as the collector knows it. */
export interface Node {
  readonly uid: string;
  /** Undefined for an owner that is known only from a reference to it. */
  type: ResourceType | undefined;
  kind: string;
  apiVersion: string;
  name: string;
  namespace: string;
  owners: readonly OwnerReference[];
  readonly dependents: Set<Node>;
  /** Asked to go. */
  beingDeleted: boolean;
  /** Waits for its dependents to go first: it has the finalizer `foregroundDeletion`. */
  deletingDependents: boolean;
  /** Its dependents are to be set free first: it has the finalizer `orphan`. */
  orphaning: boolean;
}

export interface GraphEvents {
  /** The node may have to go: look at its owners. */
  attemptToDelete(node: Node): void;
  attemptToOrphan(node: Node): void;
}

const NONE: readonly OwnerReference[] = [];

/** Who owns whom, of all objects there are. An event costs its object's owners and, on deletion, its dependents. */
export class OwnerGraph {
  readonly #nodes = new Map<string, Node>();
  readonly #events: GraphEvents;

  constructor(events: GraphEvents) {
    this.#events = events;
  }

  get size(): number {
    return this.#nodes.size;
  }

  get(uid: string): Node | undefined {
    return this.#nodes.get(uid);
  }

  /** An object appeared or changed. */
  observe(type: ResourceType, object: KubeObject): void {
    const { uid } = object.metadata;
    if (!uid) return;
    const node =
      this.#nodes.get(uid) ?? this.#add(uid, type.kind, apiVersionOf(type), object.metadata.name, object.metadata.namespace ?? '');
    if (node.type === undefined) this.#identify(node, type, object);
    this.#setOwners(node, object.metadata.ownerReferences ?? NONE);
    const before = { deleting: node.deletingDependents, orphaning: node.orphaning };
    setDeletionState(node, object);
    if (node.deletingDependents && !before.deleting) this.#startForeground(node);
    if (node.orphaning && !before.orphaning) this.#events.attemptToOrphan(node);
  }

  /** An object has gone: its dependents have to be looked at, and owners that waited for it. */
  forget(uid: string): void {
    const node = this.#nodes.get(uid);
    if (!node) return;
    this.#nodes.delete(uid);
    this.#setOwners(node, NONE);
    for (const dependent of node.dependents) this.#events.attemptToDelete(dependent);
    // References to it stay in its dependents: a node for them comes back with their next change, if need be.
  }

  /** Whether every owner is surely there and not waiting for its dependents to go: then nothing is to be done. */
  isSafe(node: Node): boolean {
    return node.owners.every((reference) => {
      const owner = this.#nodes.get(reference.uid);
      return owner !== undefined && isOwner(owner, node, reference) && !owner.deletingDependents;
    });
  }

  /** Until now there were only references to it; some may have meant something else. */
  #identify(node: Node, type: ResourceType, { metadata }: KubeObject): void {
    const { kind } = type;
    Object.assign(node, { type, kind, apiVersion: apiVersionOf(type), name: metadata.name, namespace: metadata.namespace ?? '' });
    for (const dependent of node.dependents) if (!this.isSafe(dependent)) this.#events.attemptToDelete(dependent);
  }

  #add(uid: string, kind: string, version: string, name: string, namespace: string): Node {
    const node: Node = {
      uid,
      type: undefined,
      kind,
      apiVersion: version,
      name,
      namespace,
      owners: NONE,
      dependents: new Set(),
      beingDeleted: false,
      deletingDependents: false,
      orphaning: false,
    };
    this.#nodes.set(uid, node);
    return node;
  }

  #setOwners(node: Node, owners: readonly OwnerReference[]): void {
    const before = node.owners;
    if (before === owners || (before.length === 0 && owners.length === 0)) return;
    node.owners = owners;
    for (const reference of before) {
      const present = owners.find(({ uid }) => uid === reference.uid);
      const owner = this.#nodes.get(reference.uid);
      if (!present) owner?.dependents.delete(node);
      const unblocked = reference.blockOwnerDeletion && !present?.blockOwnerDeletion;
      if (owner?.deletingDependents && (unblocked || !present)) this.#events.attemptToDelete(owner);
      if (owner && owner.type === undefined && owner.dependents.size === 0) this.#nodes.delete(owner.uid);
    }
    for (const reference of owners) this.#link(node, reference, before);
  }

  #link(node: Node, reference: OwnerReference, before: readonly OwnerReference[]): void {
    let owner = this.#nodes.get(reference.uid);
    if (!owner) {
      owner = this.#add(reference.uid, reference.kind, reference.apiVersion, reference.name, node.namespace);
      owner.dependents.add(node);
      // Nothing is known of this owner yet: whether it exists is found out by looking at its dependent.
      this.#events.attemptToDelete(node);
      return;
    }
    owner.dependents.add(node);
    const isNew = !before.some(({ uid }) => uid === reference.uid);
    if (isNew && (owner.deletingDependents || !isOwner(owner, node, reference))) this.#events.attemptToDelete(node);
  }

  #startForeground(node: Node): void {
    for (const dependent of node.dependents) this.#events.attemptToDelete(dependent);
    this.#events.attemptToDelete(node);
  }
}

function setDeletionState(node: Node, { metadata }: KubeObject): void {
  node.beingDeleted = Boolean(metadata.deletionTimestamp);
  node.deletingDependents = node.beingDeleted && Boolean(metadata.finalizers?.includes('foregroundDeletion'));
  node.orphaning = node.beingDeleted && Boolean(metadata.finalizers?.includes('orphan'));
}

/** Whether `reference`, found in `dependent`, means this node: uids can be wrong, by mistake or on purpose. */
export function isOwner(node: Node, dependent: Node, reference: OwnerReference): boolean {
  return (
    node.type !== undefined &&
    node.kind === reference.kind &&
    node.name === reference.name &&
    node.type.group === parseApiVersion(reference.apiVersion).group &&
    (node.namespace === '' || node.namespace === dependent.namespace)
  );
}
