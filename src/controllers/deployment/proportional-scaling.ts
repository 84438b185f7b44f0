import type { Deployment, ReplicaSet } from '#api/generated/apps-v1.ts';
import { MAX_REPLICAS, numberIn } from './annotations.ts';
import { byCreation, maxSurge, replicasOf, sum } from './replica-sets.ts';

/**
 * The sizes of a Deployment's active ReplicaSets after its own size changed in the middle of a rollout: what is to be added
 * or taken away is shared out in proportion to their present sizes, the remainder goes to the first.
 */
export function proportionalSizes(deployment: Deployment, active: readonly ReplicaSet[]): Map<ReplicaSet, number> {
  const wanted = replicasOf(deployment);
  const allowed = wanted > 0 ? wanted + maxSurge(deployment) : 0;
  const difference = allowed - sum(active, replicasOf);
  // Larger ones first; of equals the newer when adding and the older when taking away.
  const sorted = active.toSorted((a, b) => replicasOf(b) - replicasOf(a) || (difference > 0 ? byCreation(b, a) : byCreation(a, b)));
  const sizes = new Map<ReplicaSet, number>();
  let added = 0;
  for (const replicaSet of sorted) {
    const share = proportion(deployment, replicaSet, difference, added);
    sizes.set(replicaSet, replicasOf(replicaSet) + share);
    added += share;
  }
  const first = sorted[0];
  if (first) sizes.set(first, Math.max(0, sizes.get(first)! + difference - added));
  return sizes;
}

function proportion(deployment: Deployment, replicaSet: ReplicaSet, difference: number, added: number): number {
  if (replicasOf(replicaSet) === 0 || difference === 0 || difference === added) return 0;
  const share = fraction(deployment, replicaSet);
  const left = difference - added;
  return difference > 0 ? Math.min(share, left) : Math.max(share, left);
}

function fraction(deployment: Deployment, replicaSet: ReplicaSet): number {
  const size = replicasOf(replicaSet);
  if (replicasOf(deployment) === 0) return -size;
  const maxBefore = numberIn(replicaSet, MAX_REPLICAS) || deployment.status?.replicas;
  if (!maxBefore) return 0;
  return Math.round((size * (replicasOf(deployment) + maxSurge(deployment))) / maxBefore) - size;
}
