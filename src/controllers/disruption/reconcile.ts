import type { Deployment, ReplicaSet, StatefulSet } from '#api/generated/apps-v1.ts';
import type { Pod, ReplicationController } from '#api/generated/core-v1.ts';
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '#api/generated/policy-v1.ts';
import { controllerOf, isNotFound, objectEqual, scaledValue, timestamp, type Condition } from '#apimachinery';
import { resources, type Client, type EventRecorder, type Informer, type Request, type Result } from '#client';
import { withCondition } from '../conditions.ts';
import { labelled } from '../indexes.ts';
import { isReady, isTerminal } from '../pods/pod-state.ts';
import { selects } from '../selector.ts';

export interface DisruptionDependencies {
  client: Client;
  budgets: Informer<PodDisruptionBudget>;
  pods: Informer<Pod>;
  deployments: Informer<Deployment>;
  replicaSets: Informer<ReplicaSet>;
  statefulSets: Informer<StatefulSet>;
  replicationControllers: Informer<ReplicationController>;
  recorder: EventRecorder;
}

/** An eviction that was granted but did not happen within this time no longer counts. */
const DELETION_TIMEOUT_MS = 120_000;

export async function reconcileBudget(request: Request, deps: DisruptionDependencies): Promise<Result | void> {
  const budget = deps.budgets.get(request.name, request.namespace);
  if (!budget) return undefined;
  const pods = podsOf(budget, deps.pods);
  if (pods.length === 0) deps.recorder.event(resources.podDisruptionBudgets, budget, 'Normal', 'NoPods', 'No matching pods found');
  const { expected, desired } = expectation(budget, pods, deps);
  const now = Date.now();
  const disrupted = stillDisrupted(budget, pods, now);
  const healthy = pods.filter((pod) => isReady(pod) && !pod.metadata.deletionTimestamp && !(pod.metadata.name in disrupted)).length;
  const allowed = expected === 0 ? 0 : Math.max(0, healthy - desired);
  const status: PodDisruptionBudgetStatus = {
    observedGeneration: budget.metadata.generation,
    disruptedPods: Object.keys(disrupted).length > 0 ? disrupted : undefined,
    disruptionsAllowed: allowed,
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: expected,
    conditions: [...withCondition(budget.status?.conditions, allowedCondition(budget, allowed))] as Condition[],
  };
  await write(budget, status, deps.client);
  const times = Object.values(disrupted).map((time) => Date.parse(time) + DELETION_TIMEOUT_MS - now);
  return { requeueAfter: times.length > 0 ? Math.min(...times) : undefined };
}

/** Pods that have ended are no concern of a budget. */
function podsOf({ metadata, spec }: PodDisruptionBudget, pods: Informer<Pod>): Pod[] {
  const { matchLabels } = spec.selector ?? {};
  const some =
    matchLabels && Object.keys(matchLabels).length > 0 ? labelled(pods, metadata.namespace, matchLabels) : pods.list(metadata.namespace);
  return some.filter((pod) => !isTerminal(pod) && selects(spec.selector, pod.metadata.labels));
}

/** How many pods there should be, and how many of them have to be healthy. */
function expectation(
  { spec }: PodDisruptionBudget,
  pods: readonly Pod[],
  deps: DisruptionDependencies,
): { expected: number; desired: number } {
  const { minAvailable, maxUnavailable } = spec;
  if (maxUnavailable !== undefined) {
    const expected = expectedScale(pods, deps);
    return { expected, desired: Math.max(0, expected - scaledValue(maxUnavailable, expected, 'up')) };
  }
  if (typeof minAvailable === 'string') {
    const expected = expectedScale(pods, deps);
    return { expected, desired: scaledValue(minAvailable, expected, 'up') };
  }
  return { expected: pods.length, desired: minAvailable ?? 0 };
}

/** The sum of the sizes that the pods' controllers should have; pods of unknown controllers count themselves. */
function expectedScale(pods: readonly Pod[], deps: DisruptionDependencies): number {
  const sizes = new Map<string, number>();
  for (const pod of pods) {
    const controller = controllerOf(pod);
    if (!controller) continue;
    const owner = scaleOf(controller, pod.metadata.namespace, deps);
    if (owner) sizes.set(owner.uid, owner.replicas);
    else sizes.set(controller.uid, (sizes.get(controller.uid) ?? 0) + 1);
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

function scaleOf(
  { kind, name, uid }: { kind: string; name: string; uid: string },
  namespace: string | undefined,
  deps: DisruptionDependencies,
): { uid: string; replicas: number } | undefined {
  const informers: Record<string, Informer<ReplicaSet> | Informer<StatefulSet> | Informer<ReplicationController> | Informer<Deployment>> = {
    ReplicaSet: deps.replicaSets,
    StatefulSet: deps.statefulSets,
    ReplicationController: deps.replicationControllers,
    Deployment: deps.deployments,
  };
  const object = informers[kind]?.get(name, namespace);
  if (!object || object.metadata.uid !== uid) return undefined;
  const above = kind === 'ReplicaSet' ? controllerOf(object) : undefined;
  return (above && scaleOf(above, namespace, deps)) ?? { uid, replicas: object.spec.replicas ?? 1 };
}

/** Evictions that were granted and whose pods have not begun to go. */
function stillDisrupted({ status }: PodDisruptionBudget, pods: readonly Pod[], now: number): Record<string, string> {
  const waiting: Record<string, string> = {};
  const byName = new Map(pods.map((pod) => [pod.metadata.name, pod]));
  for (const [name, time] of Object.entries(status?.disruptedPods ?? {})) {
    const pod = byName.get(name);
    if (pod && !pod.metadata.deletionTimestamp && Date.parse(time) + DELETION_TIMEOUT_MS > now) waiting[name] = time;
  }
  return waiting;
}

function allowedCondition({ metadata, status }: PodDisruptionBudget, allowed: number): Condition {
  const reason = allowed > 0 ? 'SufficientPods' : 'InsufficientPods';
  const present = status?.conditions?.find(({ type }) => type === 'DisruptionAllowed');
  return {
    type: 'DisruptionAllowed',
    status: allowed > 0 ? 'True' : 'False',
    reason,
    message: present?.message ?? '',
    observedGeneration: metadata.generation,
    lastTransitionTime: timestamp(),
  };
}

async function write(budget: PodDisruptionBudget, status: PodDisruptionBudgetStatus, client: Client): Promise<void> {
  if (objectEqual(status, budget.status)) return;
  try {
    // Guarded by the resourceVersion: an eviction that was granted meanwhile must not be forgotten.
    await client.resource(resources.podDisruptionBudgets).updateStatus({ ...budget, status });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
