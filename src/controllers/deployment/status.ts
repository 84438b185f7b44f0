import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '#api/generated/apps-v1.ts';
import { timestamp } from '#apimachinery';
import { findCondition, withoutCondition } from '../conditions.ts';
import { all, maxUnavailable, replicasOf, sum, type ReplicaSets } from './replica-sets.ts';

const NO_DEADLINE = 2_147_483_647;

export function hasProgressDeadline(deployment: Deployment): boolean {
  const seconds = deployment.spec.progressDeadlineSeconds;
  return seconds !== undefined && seconds !== NO_DEADLINE;
}

export function condition(type: string, status: 'True' | 'False' | 'Unknown', reason: string, message: string): DeploymentCondition {
  const now = timestamp();
  return { type, status, lastUpdateTime: now, lastTransitionTime: now, reason, message };
}

/** The conditions with this one set. Nothing changes as long as status and reason stay; the transition time is the status' own. */
export function setCondition(conditions: readonly DeploymentCondition[] | undefined, wanted: DeploymentCondition): DeploymentCondition[] {
  const present = findCondition(conditions, wanted.type);
  if (present?.status === wanted.status && present.reason === wanted.reason) return [...conditions!];
  const lastTransitionTime = present?.status === wanted.status ? present.lastTransitionTime : wanted.lastTransitionTime;
  return [...withoutCondition(conditions, wanted.type), { ...wanted, lastTransitionTime }];
}

/** What the ReplicaSets amount to; of the conditions only `Available` is looked after. */
export function countStatus(deployment: Deployment, replicaSets: ReplicaSets): DeploymentStatus {
  const every = all(replicaSets);
  const available = sum(every, (each) => each.status?.availableReplicas);
  const replicas = sum(every, (each) => each.status?.replicas);
  const minimum = replicasOf(deployment) - maxUnavailable(deployment);
  const enough = available >= minimum;
  const availability = enough
    ? condition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.')
    : condition('Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.');
  return {
    observedGeneration: deployment.metadata.generation,
    replicas: replicas || undefined,
    updatedReplicas: replicaSets.current?.status?.replicas || undefined,
    readyReplicas: sum(every, (each) => each.status?.readyReplicas) || undefined,
    availableReplicas: available || undefined,
    unavailableReplicas: Math.max(0, replicas - available) || undefined,
    terminatingReplicas: sum(every, (each) => each.status?.terminatingReplicas),
    collisionCount: deployment.status?.collisionCount,
    conditions: setCondition(deployment.status?.conditions, availability),
  };
}

/** Counts and the conditions `Progressing` and `ReplicaFailure`, as they are during and after a rollout. */
export function rolloutStatus(deployment: Deployment, replicaSets: ReplicaSets): DeploymentStatus {
  const status = countStatus(deployment, replicaSets);
  const present = findCondition(deployment.status?.conditions, 'Progressing');
  const settled = (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && present?.reason === 'NewReplicaSetAvailable';
  let conditions: readonly DeploymentCondition[] | undefined = status.conditions;
  if (!hasProgressDeadline(deployment)) conditions = withoutCondition(conditions, 'Progressing');
  else if (!settled) conditions = progress(deployment, status, replicaSets.current);
  const failure = findFailure(replicaSets);
  conditions = failure ? setCondition(conditions, failure) : withoutCondition(conditions, 'ReplicaFailure');
  return { ...status, conditions: [...conditions] };
}

function progress(
  deployment: Deployment,
  status: DeploymentStatus,
  current: ReplicaSet | undefined,
): readonly DeploymentCondition[] | undefined {
  const what = current ? `ReplicaSet "${current.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  if (isComplete(deployment, status)) {
    return setCondition(
      status.conditions,
      condition('Progressing', 'True', 'NewReplicaSetAvailable', `${what} has successfully progressed.`),
    );
  }
  if (isProgressing(deployment, status)) {
    const present = findCondition(status.conditions, 'Progressing');
    const moved = condition('Progressing', 'True', 'ReplicaSetUpdated', `${what} is progressing.`);
    // The update time is new whatever the reason was before: the deadline counts from the last progress.
    if (present?.status === 'True') moved.lastTransitionTime = present.lastTransitionTime;
    return [...withoutCondition(status.conditions, 'Progressing'), moved];
  }
  if (isTimedOut(deployment, status, Date.now())) {
    return setCondition(
      status.conditions,
      condition('Progressing', 'False', 'ProgressDeadlineExceeded', `${what} has timed out progressing.`),
    );
  }
  return status.conditions;
}

export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const wanted = replicasOf(deployment);
  return (
    (status.updatedReplicas ?? 0) === wanted &&
    (status.replicas ?? 0) === wanted &&
    (status.availableReplicas ?? 0) === wanted &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

/** More updated, ready or available pods, or fewer old ones, than the status says that was written last. */
function isProgressing(deployment: Deployment, status: DeploymentStatus): boolean {
  const before = deployment.status ?? {};
  const old = (counts: DeploymentStatus): number => (counts.replicas ?? 0) - (counts.updatedReplicas ?? 0);
  return (
    (status.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(status) < old(before) ||
    (status.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (status.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

function isTimedOut(deployment: Deployment, status: DeploymentStatus, now: number): boolean {
  const present = findCondition(status.conditions, 'Progressing');
  if (!present || present.reason === 'NewReplicaSetAvailable') return false;
  return present.reason === 'ProgressDeadlineExceeded' || untilDeadline(deployment, present, now) <= 0;
}

function untilDeadline(deployment: Deployment, progressing: DeploymentCondition, now: number): number {
  const since = Date.parse(progressing.lastUpdateTime ?? progressing.lastTransitionTime ?? '');
  return since + (deployment.spec.progressDeadlineSeconds ?? 0) * 1000 - now;
}

/** Milliseconds after which the deadline has to be looked at again; undefined: it need not be. */
export function deadlineCheckAfter(deployment: Deployment, status: DeploymentStatus): number | undefined {
  const present = findCondition(status.conditions, 'Progressing');
  if (!hasProgressDeadline(deployment) || !present || isComplete(deployment, status) || present.reason === 'ProgressDeadlineExceeded')
    return undefined;
  if (present.reason === 'NewReplicaSetAvailable') return undefined;
  return Math.max(0, untilDeadline(deployment, present, Date.now())) + 1000;
}

/** The current ReplicaSet's failure counts before the old ones'. */
function findFailure({ current, old }: ReplicaSets): DeploymentCondition | undefined {
  for (const replicaSet of current ? [current, ...old] : old) {
    const failure = findCondition(replicaSet.status?.conditions, 'ReplicaFailure');
    if (failure) return { ...failure, lastUpdateTime: failure.lastTransitionTime };
  }
  return undefined;
}
