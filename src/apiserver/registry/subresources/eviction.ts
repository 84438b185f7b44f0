import type { Pod } from '#api/generated/core-v1.ts';
import type { Eviction, PodDisruptionBudget } from '#api/generated/policy-v1.ts';
import { badRequest, selectorOf, internalError, StatusError, timestamp, type DeleteOptions } from '#apimachinery';
import { deleteObject } from '../delete.ts';
import { updateObject, type Write } from '../write.ts';

const PDB = { group: 'policy', version: 'v1', resource: 'poddisruptionbudgets' };
/** Beyond this many remembered disruptions the controller must catch up first. */
const MAX_DISRUPTED = 2000;

/** Deletes a pod as long as its PodDisruptionBudget lets it go. Throws 429 with the budget's state when it does not. */
export async function evictPod(write: Write, namespace: string, name: string, eviction: Eviction): Promise<void> {
  const evicted = eviction.metadata?.name;
  if (evicted !== undefined && evicted !== '' && evicted !== name) throw badRequest('name in URL does not match name in Eviction object');
  const entry = await write.served.resource.current(namespace, name);
  const pod = entry.object as Pod;
  const options: DeleteOptions = eviction.deleteOptions ?? {};
  if (!canIgnoreBudget(pod)) await useBudget(write, pod);
  await deleteObject(write, namespace, name, {
    ...options,
    preconditions: { uid: pod.metadata.uid, ...options.preconditions },
  });
}

function canIgnoreBudget(pod: Pod): boolean {
  const { phase } = pod.status;
  return phase === 'Succeeded' || phase === 'Failed' || phase === 'Pending' || phase === '' || pod.metadata.deletionTimestamp !== undefined;
}

async function useBudget(write: Write, pod: Pod): Promise<void> {
  const served = write.registry.served(PDB.group, PDB.version, PDB.resource);
  if (served === undefined) return;
  await served.resource.cache.fresh();
  const budgets = [...served.resource.cache.list(pod.metadata.namespace)]
    .map(({ object }) => object as PodDisruptionBudget)
    .filter((budget) => budget.spec.selector != null && selectorOf(budget.spec.selector).matches(pod.metadata.labels));
  const [budget] = budgets;
  if (budget === undefined) return;
  if (budgets.length > 1)
    throw internalError('This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.');
  if (!isReady(pod) && isHealthySurplus(budget)) return;
  await updateObject({ ...write, served }, budget.metadata.namespace ?? '', budget.metadata.name, {
    scope: 'status',
    transform(current) {
      const present = current as PodDisruptionBudget;
      takeOne(present, pod, write.request.now);
      return present;
    },
  });
}

function isReady(pod: Pod): boolean {
  return pod.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

function isHealthySurplus({ spec, status }: PodDisruptionBudget): boolean {
  if (spec.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  return (status.currentHealthy ?? 0) >= (status.desiredHealthy ?? 0) && (status.desiredHealthy ?? 0) > 0;
}

function takeOne(budget: PodDisruptionBudget, pod: Pod, now: Date): void {
  const { status, metadata } = budget;
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0))
    throw refused(`The disruption budget ${metadata.name} is still being processed by the server.`, 10);
  if ((status.disruptionsAllowed ?? 0) <= 0)
    throw refused(
      `The disruption budget ${metadata.name} needs ${status.desiredHealthy ?? 0} healthy pods and has ${status.currentHealthy ?? 0} currently`,
      0,
    );
  if (Object.keys(status.disruptedPods ?? {}).length > MAX_DISRUPTED)
    throw refused('DisruptedPods map too big - too many evictions not confirmed by PDB controller', 0);
  status.disruptionsAllowed -= 1;
  status.disruptedPods = { ...status.disruptedPods, [pod.metadata.name]: timestamp(now) };
}

function refused(message: string, retryAfterSeconds: number): StatusError {
  return new StatusError({
    code: 429,
    reason: 'TooManyRequests',
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: { causes: [{ reason: 'DisruptionBudget', message }], retryAfterSeconds: retryAfterSeconds || undefined },
  });
}
