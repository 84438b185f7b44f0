import type { Pod } from '#api/generated/core-v1.ts';
import type { ReplicaSet } from '#api/generated/apps-v1.ts';
import { keyOf, resources, runController, WorkQueue } from '#client';
import type { ControllerContext } from '../context.ts';
import { Expectations } from '../expectations.ts';
import { indexByController } from '../indexes.ts';
import { enqueueOwners, enqueueSelf } from '../owner-queue.ts';
import { PodControl } from '../pods/pod-control.ts';
import { isReady } from '../pods/pod-state.ts';
import { selects } from '../selector.ts';
import { reconcileReplicaSet, type ReplicaSetDependencies } from './reconcile.ts';

/** Keeps as many pods of each ReplicaSet as it asks for. */
export async function startReplicaSetController(context: ControllerContext): Promise<void> {
  const { client, informers, signal } = context;
  const replicaSets = informers.get(resources.replicaSets);
  const pods = informers.get(resources.pods);
  indexByController(pods);
  indexByController(replicaSets);
  const queue = new WorkQueue(signal);
  const expectations = new Expectations(pods);
  replicaSets.addHandlers(enqueueSelf(queue));
  pods.addHandlers(
    enqueueOwners<ReplicaSet, Pod>({
      queue,
      owned: pods,
      owners: replicaSets,
      candidates: (pod) => replicaSets.list(pod.metadata.namespace).filter((each) => selects(each.spec.selector, pod.metadata.labels)),
      onUpdate(pod, old, owner) {
        // Nothing tells when a pod has been ready for long enough.
        const { minReadySeconds = 0 } = owner.spec;
        if (minReadySeconds > 0 && isReady(pod) && !isReady(old)) queue.addAfter(keyOf(owner), minReadySeconds * 1000 + 1000);
      },
    }),
  );
  const podControl = new PodControl(client, context.recorder('replicaset-controller'), resources.replicaSets);
  const deps: ReplicaSetDependencies<ReplicaSet> = {
    client,
    type: resources.replicaSets,
    replicaSets,
    pods,
    expectations,
    podControl,
    selects: (owner, pod) => selects(owner.spec.selector, pod.metadata.labels),
  };
  await runController({
    name: 'replicaset',
    queue,
    signal,
    informers: [replicaSets, pods],
    reconcile: (request) => reconcileReplicaSet(request, deps),
  });
}
