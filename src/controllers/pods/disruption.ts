import type { Pod } from '#api/generated/core-v1.ts';
import { isNotFound, timestamp } from '#apimachinery';
import { resources, type Client } from '#client';
import { withCondition } from '../conditions.ts';
import { isTerminal } from './pod-state.ts';

/**
 * Says in the pod's condition `DisruptionTarget` why it is about to be deleted; with `fail`, also that it has failed, for
 * pods whose node can no longer say so. Resolves with false when the pod has gone.
 */
export async function markDisrupted(
  client: Client,
  pod: Pod,
  reason: string,
  message: string,
  options: { fail?: boolean } = {},
): Promise<boolean> {
  const condition = { type: 'DisruptionTarget', status: 'True', reason, message, lastTransitionTime: timestamp() };
  const conditions = withCondition(pod.status?.conditions, condition);
  const fail = options.fail === true && !isTerminal(pod);
  if (conditions === pod.status?.conditions && !fail) return true;
  const { uid, resourceVersion } = pod.metadata;
  try {
    const patch = { metadata: { uid, resourceVersion }, status: fail ? { conditions, phase: 'Failed' } : { conditions } };
    await client.resource(resources.pods).patch(pod.metadata, 'merge', patch, { subresource: 'status' });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/** Deletes this very pod; one that is gone is as good as deleted. */
export async function deletePod(client: Client, { metadata }: Pod, gracePeriodSeconds?: number): Promise<void> {
  try {
    await client.resource(resources.pods).delete(metadata, { gracePeriodSeconds, preconditions: { uid: metadata.uid } });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
