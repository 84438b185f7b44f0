import type { Deployment, ReplicaSet } from '#api/generated/apps-v1.ts';

export const REVISION = 'deployment.kubernetes.io/revision';
const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';

/** Annotations of a Deployment that its ReplicaSets do not get: they have their own, or they describe the Deployment alone. */
const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  'deprecated.deployment.rollback.to',
]);

const MAX_HISTORY_LENGTH = 2000;

type Annotations = Record<string, string>;

export function revisionOf(replicaSet: ReplicaSet): number {
  return Number(replicaSet.metadata.annotations?.[REVISION] ?? 0) || 0;
}

/** The number in an annotation; undefined when it is absent or no number. */
export function numberIn(replicaSet: ReplicaSet, annotation: string): number | undefined {
  const text = replicaSet.metadata.annotations?.[annotation];
  return text === undefined || !/^\d+$/.test(text) ? undefined : Number(text);
}

/** The sizes that a ReplicaSet is told of its Deployment; proportional scaling starts from them. */
export function sizeAnnotations(desired: number, max: number): Annotations {
  return { [DESIRED_REPLICAS]: String(desired), [MAX_REPLICAS]: String(max) };
}

/** The newest ReplicaSet's annotations: those of the Deployment (with `kubernetes.io/change-cause`) and its revision. */
export function newReplicaSetAnnotations(deployment: Deployment, present: Annotations | undefined, revision: number): Annotations {
  const annotations: Annotations = { ...present };
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!NOT_COPIED.has(key)) annotations[key] = value;
  }
  const old = annotations[REVISION];
  if ((Number(old ?? 0) || 0) < revision) {
    annotations[REVISION] = String(revision);
    if (old) annotations[REVISION_HISTORY] = history(annotations[REVISION_HISTORY], old);
  }
  return annotations;
}

/** Earlier revisions of one and the same ReplicaSet, to which a rollback may return. */
function history(present: string | undefined, revision: string): string {
  const revisions = present ? present.split(',') : [];
  revisions.push(revision);
  while (revisions.length > 1 && revisions.join(',').length > MAX_HISTORY_LENGTH) revisions.shift();
  return revisions.join(',');
}
