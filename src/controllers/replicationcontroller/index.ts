import type { Pod, ReplicationController } from '#api/generated/core-v1.ts';
import { keyOf, resources, runController, WorkQueue } from '#client';
import type { ControllerContext } from '../context.ts';
import { Expectations } from '../expectations.ts';
import { indexByController } from '../indexes.ts';
import { enqueueOwners, enqueueSelf } from '../owner-queue.ts';
import { PodControl } from '../pods/pod-control.ts';
import { isReady } from '../pods/pod-state.ts';
import { reconcileReplicaSet, type ReplicaSetDependencies } from '../replicaset/reconcile.ts';
import { hasLabels } from '../selector.ts';

/** Keeps as many pods of each ReplicationController as it asks for: the forerunner of the ReplicaSet. */
export async function startReplicationController(context: ControllerContext): Promise<void> {
  const { client, informers, signal } = context;
  const controllers = informers.get(resources.replicationControllers);
  const pods = informers.get(resources.pods);
  indexByController(pods);
  indexByController(controllers);
  const queue = new WorkQueue(signal);
  const chooses = ({ spec }: ReplicationController, { metadata }: Pod): boolean => {
    return Object.keys(spec.selector ?? {}).length > 0 && hasLabels(metadata.labels, spec.selector);
  };
  controllers.addHandlers(enqueueSelf(queue));
  pods.addHandlers(
    enqueueOwners<ReplicationController, Pod>({
      queue,
      owned: pods,
      owners: controllers,
      candidates: (pod) => controllers.list(pod.metadata.namespace).filter((each) => chooses(each, pod)),
      onUpdate(pod, old, owner) {
        const { minReadySeconds = 0 } = owner.spec;
        if (minReadySeconds > 0 && isReady(pod) && !isReady(old)) queue.addAfter(keyOf(owner), minReadySeconds * 1000 + 1000);
      },
    }),
  );
  const deps: ReplicaSetDependencies<ReplicationController> = {
    client,
    type: resources.replicationControllers,
    replicaSets: controllers,
    pods,
    expectations: new Expectations(pods),
    podControl: new PodControl(client, context.recorder('replication-controller'), resources.replicationControllers),
    selects: chooses,
  };
  await runController({
    name: 'replicationcontroller',
    queue,
    signal,
    informers: [controllers, pods],
    reconcile: (request) => reconcileReplicaSet(request, deps),
  });
}
