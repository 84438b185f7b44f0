import type { Pod } from '#api/generated/core-v1.ts';
import { controllerOf } from '#apimachinery';
import { keyOf, resources, type Client, type Informer, type Request, type ResourceType, type Result } from '#client';
import type { Expectations } from '../expectations.ts';
import { controlledBy, orphansIn } from '../indexes.ts';
import { claim } from '../ownership.ts';
import { inDeletionOrder } from '../pods/deletion-order.ts';
import { isNamespaceTerminating, podFromTemplate, type PodControl } from '../pods/pod-control.ts';
import { isActive, isTerminating, untilAvailable } from '../pods/pod-state.ts';
import { forAll, slowStart } from '../pods/slow-start.ts';
import { writeStatus, type ReplicaFailure, type ReplicaOwner } from './status.ts';

/** What a ReplicaSet and a ReplicationController are made to reconcile with: they differ in name and selector only. */
export interface ReplicaSetDependencies<T extends ReplicaOwner> {
  client: Client;
  type: ResourceType<T>;
  replicaSets: Informer<T>;
  selects: (owner: T, pod: Pod) => boolean;
  pods: Informer<Pod>;
  expectations: Expectations<Pod>;
  podControl: PodControl;
}

/** Pods that one reconcile creates or deletes at most. */
const BURST = 500;

export async function reconcileReplicaSet<T extends ReplicaOwner>(
  request: Request,
  deps: ReplicaSetDependencies<T>,
): Promise<Result | void> {
  const { replicaSets, expectations } = deps;
  const replicaSet = replicaSets.get(request.name, request.namespace);
  if (!replicaSet) return expectations.forget(`${request.namespace}/${request.name}`);
  // What was done last does not show yet: its events bring us here again.
  if (!expectations.satisfied(keyOf(replicaSet))) return undefined;
  const owned = await ownedPods(replicaSet, deps);
  const active = owned.filter(isActive);
  const failure = replicaSet.metadata.deletionTimestamp ? undefined : await scale(replicaSet, active, deps);
  const written = await writeStatus(deps.client, deps.type, replicaSet, active, owned.filter(isTerminating).length, failure);
  if (failure) throw failure.error;
  return written ? { requeueAfter: nextAvailable(replicaSet, active) } : undefined;
}

function ownedPods<T extends ReplicaOwner>(
  replicaSet: T,
  { client, type, pods, expectations, selects }: ReplicaSetDependencies<T>,
): Promise<Pod[]> {
  const { uid, namespace } = replicaSet.metadata;
  const orphans = [...orphansIn(pods, namespace)].filter(isActive);
  return claim({
    client,
    ownerType: type,
    owner: replicaSet,
    type: resources.pods,
    candidates: [...controlledBy(pods, uid), ...orphans],
    matches: (pod) => selects(replicaSet, pod),
    onWrite: (pod) => expectations.wrote(keyOf(replicaSet), pod),
  });
}

/** Creates the pods that are missing or deletes those that are too many. Answers with what went wrong. */
async function scale<T extends ReplicaOwner>(
  replicaSet: T,
  active: readonly Pod[],
  deps: ReplicaSetDependencies<T>,
): Promise<ReplicaFailure | undefined> {
  const difference = active.length - (replicaSet.spec.replicas ?? 1);
  try {
    if (difference < 0) await createPods(replicaSet, Math.min(-difference, BURST), deps);
    if (difference > 0) await deletePods(replicaSet, active, Math.min(difference, BURST), deps);
    return undefined;
  } catch (error) {
    return { difference, error };
  }
}

async function createPods<T extends ReplicaOwner>(
  replicaSet: T,
  count: number,
  { type, podControl, expectations }: ReplicaSetDependencies<T>,
): Promise<void> {
  const pod = podFromTemplate(type, replicaSet, replicaSet.spec.template!);
  await slowStart(count, async () => {
    try {
      expectations.wrote(keyOf(replicaSet), await podControl.create(replicaSet, pod));
    } catch (error) {
      if (!isNamespaceTerminating(error)) throw error;
    }
  });
}

async function deletePods<T extends ReplicaOwner>(
  replicaSet: T,
  active: readonly Pod[],
  count: number,
  deps: ReplicaSetDependencies<T>,
): Promise<void> {
  const victims = count < active.length ? inDeletionOrder(active, relatedPods(replicaSet, deps), Date.now()).slice(0, count) : active;
  await forAll(victims, async (pod) => {
    await deps.podControl.delete(replicaSet, pod);
    deps.expectations.deleted(keyOf(replicaSet), pod);
  });
}

/** Counts a node's active pods of all ReplicaSets with the same owner: of a rollout's old and new pods. */
function relatedPods<T extends ReplicaOwner>(replicaSet: T, { replicaSets, pods }: ReplicaSetDependencies<T>): (node: string) => number {
  const owner = controllerOf(replicaSet);
  const related = owner ? controlledBy(replicaSets, owner.uid) : [replicaSet];
  const counts = new Map<string, number>();
  for (const { metadata } of related) {
    for (const pod of controlledBy(pods, metadata.uid)) {
      const { nodeName } = pod.spec;
      if (nodeName && isActive(pod)) counts.set(nodeName, (counts.get(nodeName) ?? 0) + 1);
    }
  }
  return (node) => counts.get(node) ?? 0;
}

/** Milliseconds until the next ready pod has been ready for `minReadySeconds`. */
function nextAvailable(replicaSet: ReplicaOwner, active: readonly Pod[]): number | undefined {
  const { minReadySeconds = 0 } = replicaSet.spec;
  if (minReadySeconds === 0) return undefined;
  const now = Date.now();
  const waits = active.map((pod) => untilAvailable(pod, minReadySeconds, now) ?? 0).filter((wait) => wait > 0);
  return waits.length === 0 ? undefined : Math.min(...waits);
}
