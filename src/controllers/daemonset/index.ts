import type { DaemonSet } from '#api/generated/apps-v1.ts';
import type { Node, Pod } from '#api/generated/core-v1.ts';
import { objectEqual } from '#apimachinery';
import { keyOf, resources, runController, WorkQueue } from '#client';
import type { ControllerContext } from '../context.ts';
import { Expectations } from '../expectations.ts';
import { indexByController } from '../indexes.ts';
import { enqueueOwners, enqueueSelf } from '../owner-queue.ts';
import { PodControl } from '../pods/pod-control.ts';
import { selects } from '../selector.ts';
import { placement } from './placement.ts';
import { reconcileDaemonSet } from './reconcile.ts';

/** Keeps a pod of each DaemonSet on every node that it is meant for. */
export async function startDaemonSetController(context: ControllerContext): Promise<void> {
  const { client, informers, signal } = context;
  const daemonSets = informers.get(resources.daemonSets);
  const pods = informers.get(resources.pods);
  const nodes = informers.get(resources.nodes);
  const revisions = informers.get(resources.controllerRevisions);
  indexByController(pods);
  indexByController(revisions);
  const queue = new WorkQueue(signal);
  daemonSets.addHandlers(enqueueSelf(queue));
  const candidates = (object: Pod): DaemonSet[] =>
    daemonSets.list(object.metadata.namespace).filter((each) => selects(each.spec.selector, object.metadata.labels));
  pods.addHandlers(enqueueOwners<DaemonSet, Pod>({ queue, owned: pods, owners: daemonSets, candidates }));
  revisions.addHandlers(
    enqueueOwners<DaemonSet, NonNullable<ReturnType<typeof revisions.get>>>({
      queue,
      owned: revisions,
      owners: daemonSets,
      candidates: () => [],
    }),
  );
  const enqueueFor = (isConcerned: (daemonSet: DaemonSet) => boolean): void => {
    for (const daemonSet of daemonSets.list()) if (isConcerned(daemonSet)) queue.add(keyOf(daemonSet));
  };
  nodes.addHandlers({
    add: (node) => enqueueFor((daemonSet) => placement(daemonSet, node).shouldRun),
    update(node, old) {
      if (samePlacement(node, old)) return;
      enqueueFor((daemonSet) => !objectEqual(placement(daemonSet, node), placement(daemonSet, old)));
    },
    delete: () => enqueueFor(() => true),
  });
  const recorder = context.recorder('daemonset-controller');
  const deps = {
    client,
    daemonSets,
    pods,
    nodes,
    revisions,
    recorder,
    podExpectations: new Expectations(pods),
    revisionExpectations: new Expectations(revisions),
    podControl: new PodControl(client, recorder, resources.daemonSets),
    failures: new Map<string, { count: number; last: number }>(),
  };
  await runController({
    name: 'daemonset',
    queue,
    signal,
    informers: [daemonSets, pods, nodes, revisions],
    reconcile: (request) => reconcileDaemonSet(request, deps),
  });
}

function samePlacement(a: Node, b: Node): boolean {
  return objectEqual(a.metadata.labels, b.metadata.labels) && objectEqual(a.spec?.taints, b.spec?.taints);
}
