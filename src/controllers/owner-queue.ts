import { controllerOf, type KubeObject } from '#apimachinery';
import { keyOf, type Informer, type InformerHandlers, type WorkQueue } from '#client';
import { coalescingDelay } from './coalesce.ts';
import { countControlledBy } from './indexes.ts';

/** The owner of that type which controls the object, if the informer knows it. */
export function controllerIn<O extends KubeObject>(owners: Informer<O>, object: KubeObject): O | undefined {
  const reference = controllerOf(object);
  if (!reference || reference.kind !== owners.type.kind) return undefined;
  const owner = owners.get(reference.name, object.metadata.namespace);
  return owner?.metadata.uid === reference.uid ? owner : undefined;
}

export interface OwnedEvents<O extends KubeObject, T extends KubeObject> {
  queue: WorkQueue;
  owners: Informer<O>;
  /** Where the owned objects are from; has `indexByController`. */
  owned: Informer<T>;
  /** Owners that could adopt an object which nobody controls. */
  candidates(orphan: T): Iterable<O>;
  /** Hears of a change after the owner has been enqueued. */
  onUpdate?(object: T, old: T, owner: O): void;
}

/** Handlers that enqueue an object's controller when the object changes, and owners that may adopt it when it has none. */
export function enqueueOwners<O extends KubeObject, T extends KubeObject>(events: OwnedEvents<O, T>): InformerHandlers<T> {
  const { queue, owners, owned } = events;
  const enqueue = (object: T, delay: (owner: O) => number): O | undefined => {
    const owner = controllerIn(owners, object);
    if (owner) queue.addAfter(keyOf(owner), delay(owner));
    return owner;
  };
  // What an owner made itself it waits for: that must not take longer.
  const atOnce = (): number => 0;
  const coalesced = ({ metadata }: O): number => coalescingDelay(countControlledBy(owned, metadata.uid));
  const enqueueCandidates = (object: T): void => {
    if (controllerOf(object) || object.metadata.deletionTimestamp) return;
    for (const owner of events.candidates(object)) queue.add(keyOf(owner));
  };
  return {
    add(object) {
      if (!enqueue(object, atOnce)) enqueueCandidates(object);
    },
    update(object, old) {
      if (object.metadata.resourceVersion === old.metadata.resourceVersion) return;
      if (controllerOf(object)?.uid !== controllerOf(old)?.uid) enqueue(old, atOnce);
      const owner = enqueue(object, coalesced);
      if (owner) events.onUpdate?.(object, old, owner);
      else if (object.metadata.labels !== old.metadata.labels || controllerOf(old)) enqueueCandidates(object);
    },
    delete: (object) => void enqueue(object, coalesced),
  };
}

/** Handlers that enqueue every object that changes. */
export function enqueueSelf<T extends KubeObject>(queue: WorkQueue): InformerHandlers<T> {
  return {
    add: (object) => queue.add(keyOf(object)),
    update: (object) => queue.add(keyOf(object)),
    delete: (object) => queue.add(keyOf(object)),
  };
}
