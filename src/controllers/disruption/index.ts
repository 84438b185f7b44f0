import type { Pod } from '#api/generated/core-v1.ts';
import type { KubeObject } from '#apimachinery';
import { keyOf, resources, runController, WorkQueue } from '#client';
import type { ControllerContext } from '../context.ts';
import { coalescingDelay } from '../coalesce.ts';
import { controlledBy, countLabelled, indexByController, indexByLabel } from '../indexes.ts';
import { enqueueSelf } from '../owner-queue.ts';
import { selects } from '../selector.ts';
import { reconcileBudget } from './reconcile.ts';

/** Works out how many pods of each PodDisruptionBudget may be evicted now. */
export async function startDisruptionController(context: ControllerContext): Promise<void> {
  const { client, informers, signal } = context;
  const budgets = informers.get(resources.podDisruptionBudgets);
  const pods = informers.get(resources.pods);
  const deployments = informers.get(resources.deployments);
  const replicaSets = informers.get(resources.replicaSets);
  const statefulSets = informers.get(resources.statefulSets);
  const replicationControllers = informers.get(resources.replicationControllers);
  indexByLabel(pods);
  indexByController(pods);
  indexByController(replicaSets);
  const queue = new WorkQueue(signal);
  budgets.addHandlers(enqueueSelf(queue));
  const enqueue = ({ metadata }: Pod): void => {
    for (const budget of budgets.list(metadata.namespace)) {
      if (!selects(budget.spec.selector, metadata.labels)) continue;
      queue.addAfter(keyOf(budget), coalescingDelay(countLabelled(pods, metadata.namespace, budget.spec.selector?.matchLabels)));
    }
  };
  pods.addHandlers({
    add: enqueue,
    delete: enqueue,
    update(pod, old) {
      enqueue(pod);
      if (pod.metadata.labels !== old.metadata.labels) enqueue(old);
    },
  });
  /** A controller of another size expects another number of pods: the budgets of its pods have to know. */
  const enqueuePodsOf = (owner: KubeObject): void => {
    for (const pod of controlledBy(pods, owner.metadata.uid)) return enqueue(pod);
  };
  const resized = {
    update: (owner: KubeObject, old: KubeObject) => void (owner.metadata.generation !== old.metadata.generation && enqueuePodsOf(owner)),
  };
  replicaSets.addHandlers(resized);
  statefulSets.addHandlers(resized);
  replicationControllers.addHandlers(resized);
  deployments.addHandlers({
    update(deployment, old) {
      if (deployment.spec.replicas === old.spec.replicas) return;
      for (const replicaSet of controlledBy(replicaSets, deployment.metadata.uid)) enqueuePodsOf(replicaSet);
    },
  });
  const deps = {
    client,
    budgets,
    pods,
    deployments,
    replicaSets,
    statefulSets,
    replicationControllers,
    recorder: context.recorder('controllermanager'),
  };
  await runController({
    name: 'disruption',
    queue,
    signal,
    informers: [budgets, pods, deployments, replicaSets, statefulSets, replicationControllers],
    reconcile: (request) => reconcileBudget(request, deps),
  });
}
