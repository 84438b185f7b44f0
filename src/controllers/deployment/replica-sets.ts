import type { Deployment, ReplicaSet } from '#api/generated/apps-v1.ts';
import type { PodTemplateSpec } from '#api/generated/core-v1.ts';
import { objectEqual, scaledValue, type IntOrString } from '#apimachinery';

export const POD_TEMPLATE_HASH = 'pod-template-hash';

/** A Deployment's ReplicaSets: the one of the present template, if there is one, and the others, oldest first. */
export interface ReplicaSets {
  current: ReplicaSet | undefined;
  old: ReplicaSet[];
}

export function replicasOf(object: Deployment | ReplicaSet): number {
  return object.spec.replicas ?? 1;
}

export function splitReplicaSets(deployment: Deployment, replicaSets: readonly ReplicaSet[]): ReplicaSets {
  const byAge = replicaSets.toSorted(byCreation);
  const current = byAge.find((each) => sameTemplate(each.spec.template, deployment.spec.template));
  return { current, old: byAge.filter((each) => each !== current) };
}

export function all({ current, old }: ReplicaSets): ReplicaSet[] {
  return current ? [...old, current] : old;
}

export function withReplicas(replicaSets: readonly ReplicaSet[]): ReplicaSet[] {
  return replicaSets.filter((each) => replicasOf(each) > 0);
}

export function sum(replicaSets: readonly ReplicaSet[], count: (replicaSet: ReplicaSet) => number | undefined): number {
  return replicaSets.reduce((total, each) => total + (count(each) ?? 0), 0);
}

/** Whether two templates are equal but for the label with their hash. */
export function sameTemplate(a: PodTemplateSpec, b: PodTemplateSpec): boolean {
  return objectEqual(withoutHash(a), withoutHash(b));
}

function withoutHash(template: PodTemplateSpec): PodTemplateSpec {
  if (!template.metadata?.labels) return template;
  const { [POD_TEMPLATE_HASH]: _, ...labels } = template.metadata.labels;
  return { ...template, metadata: { ...template.metadata, labels } };
}

export function byCreation(a: ReplicaSet, b: ReplicaSet): number {
  const [left, right] = [a.metadata, b.metadata];
  if (left.creationTimestamp !== right.creationTimestamp) return (left.creationTimestamp ?? '') < (right.creationTimestamp ?? '') ? -1 : 1;
  return left.name < right.name ? -1 : 1;
}

export function isRollingUpdate(deployment: Deployment): boolean {
  return deployment.spec.strategy?.type !== 'Recreate';
}

/** How many pods there may be beyond `replicas` during a rollout. */
export function maxSurge(deployment: Deployment): number {
  return isRollingUpdate(deployment) ? limits(deployment).surge : 0;
}

/** How many of `replicas` may be missing during a rollout. */
export function maxUnavailable(deployment: Deployment): number {
  const replicas = replicasOf(deployment);
  if (!isRollingUpdate(deployment) || replicas === 0) return 0;
  return Math.min(limits(deployment).unavailable, replicas);
}

const QUARTER: IntOrString = '25%';

/** With neither surge nor unavailable pods a rollout could not move: one pod may be unavailable then. */
function limits(deployment: Deployment): { surge: number; unavailable: number } {
  const { maxSurge: surgeText, maxUnavailable: unavailableText } = deployment.spec.strategy?.rollingUpdate ?? {};
  const surge = scaledValue(surgeText ?? QUARTER, replicasOf(deployment), 'up');
  const unavailable = scaledValue(unavailableText ?? QUARTER, replicasOf(deployment), 'down');
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

/** The size that the current ReplicaSet may have now: as large as the surge allows beside the old ones. */
export function nextSizeOfCurrent(deployment: Deployment, replicaSets: readonly ReplicaSet[], size: number): number {
  const wanted = replicasOf(deployment);
  if (!isRollingUpdate(deployment)) return wanted;
  const room = wanted + maxSurge(deployment) - sum(replicaSets, replicasOf);
  return room <= 0 ? size : size + Math.min(room, wanted - size);
}
