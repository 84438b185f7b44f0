import { apiVersionOf, controllerOf, isInvalid, isNotFound, type KubeObject, type OwnerReference } from '#apimachinery';
import type { Client, ResourceType } from '#client';

/** The reference by which `owner` controls what it made. */
export function controllerReference(type: ResourceType, owner: KubeObject): OwnerReference {
  return {
    apiVersion: apiVersionOf(type),
    kind: type.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

export interface Claim<T extends KubeObject> {
  client: Client;
  /** Who claims. */
  ownerType: ResourceType;
  owner: KubeObject;
  /** What is claimed. */
  type: ResourceType<T>;
  /** The objects that the owner controls already and those nobody does. */
  candidates: Iterable<T>;
  matches: (object: T) => boolean;
  /** Hears of objects that were adopted or released, as they are now. */
  onWrite?(object: T): void;
}

/**
 * The objects that belong to an owner by selector: adopts matching ones that nobody controls, releases controlled ones that
 * no longer match. An owner that is being deleted adopts and releases nothing.
 */
export async function claim<T extends KubeObject>(options: Claim<T>): Promise<T[]> {
  const { owner, matches } = options;
  const claimed: T[] = [];
  for (const object of options.candidates) {
    const controller = controllerOf(object);
    if (controller && controller.uid !== owner.metadata.uid) continue;
    const wanted = matches(object);
    if (controller && wanted) claimed.push(object);
    else if (owner.metadata.deletionTimestamp) continue;
    else if (controller) await release(options, object);
    else if (wanted && !object.metadata.deletionTimestamp) await adopt(options, object, claimed);
  }
  return claimed;
}

async function adopt<T extends KubeObject>(options: Claim<T>, object: T, claimed: T[]): Promise<void> {
  const { owner, ownerType } = options;
  // The informer may be behind: an owner that is gone must not adopt.
  const fresh = await options.client.resource(ownerType).get(owner.metadata);
  if (fresh.metadata.uid !== owner.metadata.uid) {
    throw new Error(
      `original ${ownerType.kind} ${owner.metadata.namespace}/${owner.metadata.name} is gone: got uid ${fresh.metadata.uid}, wanted ${owner.metadata.uid}`,
    );
  }
  if (fresh.metadata.deletionTimestamp) return;
  const owners = [...(object.metadata.ownerReferences ?? []), controllerReference(ownerType, owner)];
  const adopted = await patchOwners(options, object, owners);
  if (adopted) claimed.push(adopted);
}

async function release<T extends KubeObject>(options: Claim<T>, object: T): Promise<void> {
  const owners = object.metadata.ownerReferences?.filter((reference) => reference.uid !== options.owner.metadata.uid);
  await patchOwners(options, object, owners?.length ? owners : null);
}

/** Undefined when the object has gone, which is as good. The uid keeps a successor of the same name from being changed. */
async function patchOwners<T extends KubeObject>(options: Claim<T>, object: T, owners: OwnerReference[] | null): Promise<T | undefined> {
  const { uid, resourceVersion } = object.metadata;
  try {
    const patch = { metadata: { uid, resourceVersion, ownerReferences: owners } };
    const written = await options.client.resource(options.type).patch(object.metadata, 'merge', patch);
    options.onWrite?.(written);
    return written;
  } catch (error) {
    if (isNotFound(error) || isInvalid(error)) return undefined;
    throw error;
  }
}
