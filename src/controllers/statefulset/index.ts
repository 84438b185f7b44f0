import type { ControllerRevision, StatefulSet } from '#api/generated/apps-v1.ts';
import type { Pod } from '#api/generated/core-v1.ts';
import { resources, runController, WorkQueue } from '#client';
import type { ControllerContext } from '../context.ts';
import { Expectations } from '../expectations.ts';
import { indexByController } from '../indexes.ts';
import { enqueueOwners, enqueueSelf } from '../owner-queue.ts';
import { PodControl } from '../pods/pod-control.ts';
import { selects } from '../selector.ts';
import { ordinalOf } from './identity.ts';
import { reconcileStatefulSet } from './reconcile.ts';

/** Keeps numbered pods with names and volumes of their own, in order. */
export async function startStatefulSetController(context: ControllerContext): Promise<void> {
  const { client, informers, signal } = context;
  const sets = informers.get(resources.statefulSets);
  const pods = informers.get(resources.pods);
  const claims = informers.get(resources.persistentVolumeClaims);
  const revisions = informers.get(resources.controllerRevisions);
  indexByController(pods);
  indexByController(revisions);
  const queue = new WorkQueue(signal);
  sets.addHandlers(enqueueSelf(queue));
  const candidates = (pod: Pod): StatefulSet[] => {
    return sets
      .list(pod.metadata.namespace)
      .filter((each) => ordinalOf(each, pod) !== undefined && selects(each.spec.selector, pod.metadata.labels));
  };
  pods.addHandlers(enqueueOwners<StatefulSet, Pod>({ queue, owned: pods, owners: sets, candidates }));
  revisions.addHandlers(enqueueOwners<StatefulSet, ControllerRevision>({ queue, owned: revisions, owners: sets, candidates: () => [] }));
  const recorder = context.recorder('statefulset-controller');
  const deps = {
    client,
    sets,
    pods,
    claims,
    revisions,
    recorder,
    podExpectations: new Expectations(pods),
    revisionExpectations: new Expectations(revisions),
    setExpectations: new Expectations(sets),
    podControl: new PodControl(client, recorder, resources.statefulSets),
  };
  await runController({
    name: 'statefulset',
    queue,
    signal,
    informers: [sets, pods, claims, revisions],
    reconcile: (request) => reconcileStatefulSet(request, deps),
  });
}
