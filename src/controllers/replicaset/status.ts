import type { ReplicaSetCondition, ReplicaSetStatus } from '#api/generated/apps-v1.ts';
import type { Pod, PodTemplateSpec } from '#api/generated/core-v1.ts';
import { isNotFound, objectEqual, timestamp, type KubeObject } from '#apimachinery';
import { retryOnConflict, type Client, type ResourceType } from '#client';
import { findCondition, withCondition, withoutCondition } from '../conditions.ts';
import { isAvailable, isReady } from '../pods/pod-state.ts';
import { hasLabels } from '../selector.ts';

/** What ReplicaSets and ReplicationControllers have in common. */
export interface ReplicaOwner extends KubeObject {
  spec: { replicas?: number; minReadySeconds?: number; template?: PodTemplateSpec };
  status: ReplicaSetStatus;
}

/** Pods could not be created (`difference` below 0) or deleted. */
export interface ReplicaFailure {
  difference: number;
  error: unknown;
}

/** Writes the status if it has changed. Resolves with false when the ReplicaSet has gone. */
export async function writeStatus<T extends ReplicaOwner>(
  client: Client,
  type: ResourceType<T>,
  replicaSet: T,
  active: readonly Pod[],
  terminating: number,
  failure: ReplicaFailure | undefined,
): Promise<boolean> {
  const status = statusOf(replicaSet, active, terminating, failure);
  if (objectEqual(status, replicaSet.status)) return true;
  let current = replicaSet;
  try {
    await retryOnConflict(async () => {
      try {
        await client.resource(type).updateStatus({ ...current, status });
      } catch (error) {
        current = await client.resource(type).get(replicaSet.metadata);
        throw error;
      }
    });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

function statusOf(
  replicaSet: ReplicaOwner,
  active: readonly Pod[],
  terminating: number,
  failure: ReplicaFailure | undefined,
): ReplicaSetStatus {
  const { template, minReadySeconds = 0 } = replicaSet.spec;
  const now = Date.now();
  let fullyLabeledReplicas = 0;
  let readyReplicas = 0;
  let availableReplicas = 0;
  for (const pod of active) {
    if (hasLabels(pod.metadata.labels, template?.metadata.labels)) fullyLabeledReplicas++;
    if (!isReady(pod)) continue;
    readyReplicas++;
    if (isAvailable(pod, minReadySeconds, now)) availableReplicas++;
  }
  const conditions = [...conditionsOf(replicaSet, failure)];
  return {
    replicas: active.length,
    // Zeros are left out, as optional fields are.
    fullyLabeledReplicas: fullyLabeledReplicas || undefined,
    readyReplicas: readyReplicas || undefined,
    availableReplicas: availableReplicas || undefined,
    terminatingReplicas: terminating,
    observedGeneration: replicaSet.metadata.generation,
    conditions: conditions.length > 0 ? conditions : undefined,
  };
}

function conditionsOf(replicaSet: ReplicaOwner, failure: ReplicaFailure | undefined): readonly ReplicaSetCondition[] {
  const present = replicaSet.status?.conditions;
  if (!failure) return findCondition(present, 'ReplicaFailure') ? withoutCondition(present, 'ReplicaFailure') : (present ?? []);
  const reason = failure.difference < 0 ? 'FailedCreate' : 'FailedDelete';
  const message = failure.error instanceof Error ? failure.error.message : String(failure.error);
  return withCondition(present, { type: 'ReplicaFailure', status: 'True', lastTransitionTime: timestamp(), reason, message });
}
