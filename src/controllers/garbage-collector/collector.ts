import {
  apiVersionOf,
  groupResource,
  isNotFound,
  parseApiVersion,
  type DeletionPropagation,
  type KubeObject,
  type OwnerReference,
} from '#apimachinery';
import type { Client, EventRecorder, ResourceType } from '#client';
import { isOwner, type Node, type OwnerGraph } from './graph.ts';
import type { Monitors } from './monitors.ts';

export interface CollectorDependencies {
  client: Client;
  graph: OwnerGraph;
  monitors: Monitors;
  recorder: EventRecorder;
  /** Asks for another look at a node. */
  attemptToDelete(node: Node): void;
}

/** What an object's owner references amount to. */
interface Owners {
  /** There, and meant to stay. */
  solid: OwnerReference[];
  /** Not there. */
  dangling: OwnerReference[];
  /** There, but waiting for its dependents to go. */
  waiting: OwnerReference[];
}

/** How long an owner that was not found is remembered not to be there; uids never come back. */
const MAX_ABSENT = 500;

/** Deletes what has lost all of its owners; helps owners to be deleted after or without their dependents. */
export class Collector {
  readonly #deps: CollectorDependencies;
  readonly #absent = new Set<string>();

  constructor(deps: CollectorDependencies) {
    this.#deps = deps;
  }

  /** One look at one node: deletes it, frees it of owners that are gone, or leaves it. */
  async attemptToDelete(uid: string): Promise<void> {
    const node = this.#deps.graph.get(uid);
    if (!node?.type) return;
    if (node.beingDeleted && !node.deletingDependents) return;
    if (node.deletingDependents) return this.#finishForeground(node);
    if (this.#deps.graph.isSafe(node)) return;
    const latest = await this.#read(node);
    if (!latest) return;
    const references = latest.metadata.ownerReferences ?? [];
    if (references.length === 0 || latest.metadata.deletionTimestamp) return;
    const owners = await this.#classify(node, references);
    if (owners.solid.length > 0) {
      if (owners.dangling.length + owners.waiting.length > 0) await this.#setOwners(node, latest, owners.solid);
    } else if (owners.waiting.length > 0 && node.dependents.size > 0) {
      await this.#deleteWithDependents(node, latest);
    } else {
      await this.#delete(node, latest, policyOf(latest));
    }
  }

  /** Frees the dependents of an object that is deleted with `Orphan`, then lets it go. */
  async attemptToOrphan(uid: string): Promise<void> {
    const owner = this.#deps.graph.get(uid);
    if (!owner?.type || !owner.orphaning) return;
    await Promise.all([...owner.dependents].map((dependent) => this.#orphan(dependent, uid)));
    await this.#removeFinalizer(owner, 'orphan');
  }

  async #orphan(dependent: Node, owner: string): Promise<void> {
    const latest = await this.#read(dependent);
    const references = latest?.metadata.ownerReferences;
    if (!latest || !references?.some(({ uid }) => uid === owner)) return;
    await this.#setOwners(
      dependent,
      latest,
      references.filter(({ uid }) => uid !== owner),
    );
  }

  /** Once nothing blocks it any more, the object may go. */
  async #finishForeground(node: Node): Promise<void> {
    const blocking = [...node.dependents].filter((dependent) => {
      return dependent.owners.some(({ uid, blockOwnerDeletion }) => uid === node.uid && blockOwnerDeletion);
    });
    if (blocking.length === 0) return this.#removeFinalizer(node, 'foregroundDeletion');
    for (const dependent of blocking) if (!dependent.deletingDependents) this.#deps.attemptToDelete(dependent);
  }

  async #deleteWithDependents(node: Node, latest: KubeObject): Promise<void> {
    // Two that wait for each other would wait for ever.
    if ([...node.dependents].some((dependent) => dependent.deletingDependents)) {
      const references = (latest.metadata.ownerReferences ?? []).map((reference) => ({ ...reference, blockOwnerDeletion: false }));
      await this.#setOwners(node, latest, references);
    }
    await this.#delete(node, undefined, 'Foreground');
  }

  async #classify(node: Node, references: readonly OwnerReference[]): Promise<Owners> {
    const owners: Owners = { solid: [], dangling: [], waiting: [] };
    for (const reference of references) owners[await this.#stateOf(node, reference)].push(reference);
    return owners;
  }

  async #stateOf(node: Node, reference: OwnerReference): Promise<keyof Owners> {
    const known = this.#deps.graph.get(reference.uid);
    if (known && isOwner(known, node, reference)) return known.deletingDependents ? 'waiting' : 'solid';
    if (this.#absent.has(absentKey(node, reference))) return 'dangling';
    const owner = await this.#readOwner(node, reference);
    if (owner === 'unresolvable') return 'solid';
    if (!owner || owner.metadata.uid !== reference.uid) {
      this.#rememberAbsent(absentKey(node, reference));
      return 'dangling';
    }
    const waits = owner.metadata.deletionTimestamp && owner.metadata.finalizers?.includes('foregroundDeletion');
    return waits ? 'waiting' : 'solid';
  }

  async #readOwner(node: Node, reference: OwnerReference): Promise<KubeObject | 'unresolvable' | undefined> {
    const { group } = parseApiVersion(reference.apiVersion);
    const type = this.#deps.monitors.typeOf(group, reference.kind);
    if (!type) throw new Error(`no resource is known for the owner ${reference.apiVersion} ${reference.kind} of ${describe(node)}`);
    if (type.namespaced && node.namespace === '') {
      this.#complain(node, reference);
      return 'unresolvable';
    }
    const namespace = type.namespaced ? node.namespace : undefined;
    return this.#get(type, reference.name, namespace);
  }

  /** Owners live in the same namespace or in none: such a reference means nothing, and must not lose the object its life. */
  #complain(node: Node, { kind, apiVersion, name, uid }: OwnerReference): void {
    const message = `ownerRef [${apiVersion}/${kind}, namespace: ${node.namespace}, name: ${name}, uid: ${uid}] does not exist in namespace "${node.namespace}"`;
    const { type, namespace } = node;
    const about = { kind: node.kind, apiVersion: type ? apiVersionOf(type) : node.apiVersion, namespace, name: node.name, uid: node.uid };
    this.#deps.recorder.eventFor(about, 'Warning', 'OwnerRefInvalidNamespace', message);
  }

  #rememberAbsent(key: string): void {
    this.#absent.add(key);
    if (this.#absent.size <= MAX_ABSENT) return;
    for (const oldest of this.#absent) {
      this.#absent.delete(oldest);
      return;
    }
  }

  /** The object as the server has it now; undefined, and forgotten, when it is gone or another one. */
  async #read(node: Node): Promise<KubeObject | undefined> {
    const latest = await this.#get(node.type!, node.name, node.namespace || undefined);
    if (latest?.metadata.uid === node.uid) return latest;
    this.#deps.graph.forget(node.uid);
    return undefined;
  }

  async #get(type: ResourceType, name: string, namespace: string | undefined): Promise<KubeObject | undefined> {
    try {
      return await this.#deps.client.resource({ ...type, metadataOnly: true }).get({ name, namespace });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #setOwners(node: Node, latest: KubeObject, ownerReferences: OwnerReference[]): Promise<void> {
    const { uid, resourceVersion } = latest.metadata;
    const patch = { metadata: { uid, resourceVersion, ownerReferences: ownerReferences.length > 0 ? ownerReferences : null } };
    await this.#patch(node, patch);
  }

  async #removeFinalizer(node: Node, finalizer: string): Promise<void> {
    const latest = await this.#read(node);
    const finalizers = latest?.metadata.finalizers;
    if (!latest || !finalizers?.includes(finalizer)) return;
    const left = finalizers.filter((each) => each !== finalizer);
    const { uid, resourceVersion } = latest.metadata;
    await this.#patch(node, { metadata: { uid, resourceVersion, finalizers: left.length > 0 ? left : null } });
  }

  async #patch(node: Node, patch: unknown): Promise<void> {
    try {
      await this.#deps.client.resource(node.type!).patch({ name: node.name, namespace: node.namespace || undefined }, 'merge', patch);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  /** With `latest`, only if the object has not changed since it was judged. */
  async #delete(node: Node, latest: KubeObject | undefined, propagationPolicy: DeletionPropagation): Promise<void> {
    const preconditions = { uid: node.uid, resourceVersion: latest?.metadata.resourceVersion };
    if (preconditions.resourceVersion === undefined) delete preconditions.resourceVersion;
    const key = { name: node.name, namespace: node.namespace || undefined };
    try {
      await this.#deps.client.resource(node.type!).delete(key, { preconditions, propagationPolicy });
    } catch (error) {
      if (isNotFound(error)) return this.#deps.graph.forget(node.uid);
      throw error;
    }
  }
}

/** A deletion that was asked for before goes on the way it was asked for. */
function policyOf({ metadata }: KubeObject): DeletionPropagation {
  if (metadata.finalizers?.includes('orphan')) return 'Orphan';
  return metadata.finalizers?.includes('foregroundDeletion') ? 'Foreground' : 'Background';
}

function absentKey(node: Node, { apiVersion, kind, name, uid }: OwnerReference): string {
  return `${uid}|${apiVersion}|${kind}|${name}|${node.namespace}`;
}

function describe(node: Node): string {
  const resource = node.type ? groupResource(node.type) : node.kind;
  return `${resource} ${node.namespace ? `${node.namespace}/` : ''}${node.name}`;
}
