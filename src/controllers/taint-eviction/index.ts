import type { Node, Pod, Taint, Toleration } from '#api/generated/core-v1.ts';
import { objectEqual } from '#apimachinery';
import {
  keyOf,
  resources,
  runController,
  WorkQueue,
  type Client,
  type EventRecorder,
  type Informer,
  type Request,
  type Result,
} from '#client';
import type { ControllerContext } from '../context.ts';
import { indexByNode, podsOnNode } from '../indexes.ts';
import { deletePod, markDisrupted } from '../pods/disruption.ts';
import { isTerminal } from '../pods/pod-state.ts';
import { timeTolerated } from './tolerations.ts';

/** Deletes pods from nodes with NoExecute taints: at once, or when the time has passed for which they tolerate them. */
export async function startTaintEvictionController(context: ControllerContext): Promise<void> {
  const { client, informers, signal } = context;
  const nodes = informers.get(resources.nodes);
  const pods = informers.get(resources.pods);
  indexByNode(pods);
  const queue = new WorkQueue(signal);
  const enqueuePods = (node: Node): void => {
    for (const pod of podsOnNode(pods, node.metadata.name)) queue.add(keyOf(pod));
  };
  nodes.addHandlers({
    add: (node) => void (noExecuteTaints(node).length > 0 && enqueuePods(node)),
    update: (node, old) => void (!objectEqual(noExecuteTaints(node), noExecuteTaints(old)) && enqueuePods(node)),
  });
  const enqueue = (pod: Pod): void => {
    const node = pod.spec.nodeName ? nodes.get(pod.spec.nodeName) : undefined;
    if (node && noExecuteTaints(node).length > 0) queue.add(keyOf(pod));
  };
  pods.addHandlers({
    add: enqueue,
    update: (pod, old) => {
      if (pod.spec.nodeName !== old.spec.nodeName || !objectEqual(pod.spec.tolerations, old.spec.tolerations)) enqueue(pod);
    },
  });
  const deps = { client, nodes, pods, recorder: context.recorder('taint-eviction-controller'), marked: new Map<string, string>() };
  await runController({
    name: 'taint-eviction',
    queue,
    workers: 8,
    signal,
    informers: [nodes, pods],
    reconcile: (request) => reconcilePod(request, deps),
  });
}

interface Dependencies {
  client: Client;
  nodes: Informer<Node>;
  pods: Informer<Pod>;
  recorder: EventRecorder;
  /** Pods that wait for their eviction, by key, with the taints they wait for: so that a cancellation can be told. */
  marked: Map<string, string>;
}

function noExecuteTaints(node: Node): Taint[] {
  return (node.spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute');
}

async function reconcilePod(request: Request, deps: Dependencies): Promise<Result | void> {
  const { client, nodes, pods, recorder, marked } = deps;
  const key = `${request.namespace}/${request.name}`;
  const pod = pods.get(request.name, request.namespace);
  const node = pod?.spec.nodeName ? nodes.get(pod.spec.nodeName) : undefined;
  if (!pod || !node || pod.metadata.deletionTimestamp || isTerminal(pod)) {
    marked.delete(key);
    return undefined;
  }
  const evictAt = evictionTime(noExecuteTaints(node), pod.spec.tolerations ?? [], Date.now());
  if (evictAt === undefined) {
    if (marked.delete(key)) recorder.event(resources.pods, pod, 'Normal', 'TaintManagerEviction', `Cancelling deletion of Pod ${key}`);
    return undefined;
  }
  if (evictAt > Date.now()) {
    marked.set(key, node.metadata.name);
    return { requeueAfter: evictAt - Date.now() };
  }
  marked.delete(key);
  recorder.event(resources.pods, pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${key}`);
  const message = 'Taint manager: deleting due to NoExecute taint';
  if (await markDisrupted(client, pod, 'DeletionByTaintManager', message)) await deletePod(client, pod);
  return undefined;
}

/** When the pod has to go (milliseconds since 1970); undefined: never. The toleration that ends first decides. */
function evictionTime(taints: readonly Taint[], tolerations: readonly Toleration[], now: number): number | undefined {
  let earliest: number | undefined;
  for (const taint of taints) {
    const tolerated = timeTolerated(taint, tolerations);
    if (tolerated === Infinity) continue;
    const since = taint.timeAdded ? Date.parse(taint.timeAdded) : now;
    const end = tolerated <= 0 ? now : since + tolerated * 1000;
    if (earliest === undefined || end < earliest) earliest = end;
  }
  return earliest;
}
