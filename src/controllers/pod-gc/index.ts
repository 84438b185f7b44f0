import type { Node, Pod } from '#api/generated/core-v1.ts';
import { isNotFound } from '#apimachinery';
import { keyOf, resources, runController, WorkQueue, type Client, type Informer, type Request, type Result } from '#client';
import type { ControllerContext } from '../context.ts';
import { indexByNode, podsOnNode } from '../indexes.ts';
import { deletePod, markDisrupted } from '../pods/disruption.ts';
import { isTerminal } from '../pods/pod-state.ts';

const TERMINATED = 'terminated';
/** A node must have been missing for this long before its pods go. */
const QUARANTINE_MS = 40_000;
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';

/** Deletes pods that nobody else would: of nodes that are gone, never scheduled, or terminated too many. */
export async function startPodGCController(context: ControllerContext): Promise<void> {
  const { client, informers, signal, options } = context;
  const pods = informers.get(resources.pods);
  const nodes = informers.get(resources.nodes);
  const queue = new WorkQueue(signal);
  const missingSince = new Map<string, number>();
  indexByNode(pods);
  pods.addIndex(TERMINATED, (pod) => (isTerminal(pod) ? TERMINATED : undefined));
  await Promise.all([pods.synced, nodes.synced]);
  if (signal.aborted) return;
  const enqueue = (pod: Pod): void => {
    const { nodeName } = pod.spec;
    if (isTerminal(pod)) queue.add('');
    if (nodeName ? !nodes.get(nodeName) || pod.metadata.deletionTimestamp : pod.metadata.deletionTimestamp) queue.add(keyOf(pod));
  };
  pods.addHandlers({ add: enqueue, update: enqueue });
  const enqueuePodsOn = (node: Node): void => {
    for (const pod of podsOnNode(pods, node.metadata.name)) queue.add(keyOf(pod));
  };
  nodes.addHandlers({
    add: ({ metadata }) => void missingSince.delete(metadata.name),
    update: (node) => void (isOutOfService(node) && enqueuePodsOn(node)),
    delete(node) {
      missingSince.set(node.metadata.name, Date.now());
      enqueuePodsOn(node);
    },
  });
  const deps = { client, pods, nodes, missingSince };
  await runController({
    name: 'pod-garbage-collector',
    queue,
    signal,
    reconcile: (request) =>
      request.name === '' ? trimTerminated(client, pods, options.terminatedPodGCThreshold) : reconcilePod(request, deps),
  });
}

interface Dependencies {
  client: Client;
  pods: Informer<Pod>;
  nodes: Informer<Node>;
  missingSince: Map<string, number>;
}

async function reconcilePod(request: Request, { client, pods, nodes, missingSince }: Dependencies): Promise<Result | void> {
  const pod = pods.get(request.name, request.namespace);
  if (!pod) return undefined;
  const { nodeName } = pod.spec;
  if (!nodeName) return pod.metadata.deletionTimestamp ? forceDelete(client, pod) : undefined;
  const node = nodes.get(nodeName);
  if (node) return isOutOfService(node) && !isReady(node) && pod.metadata.deletionTimestamp ? forceDelete(client, pod) : undefined;
  const since = missingSince.get(nodeName) ?? Date.now();
  missingSince.set(nodeName, since);
  const left = since + QUARANTINE_MS - Date.now();
  if (left > 0) return { requeueAfter: left };
  if (await nodeExists(client, nodeName)) return undefined;
  return forceDelete(client, pod, 'PodGC: node no longer exists');
}

/** Nobody will confirm the end of such a pod. */
async function forceDelete(client: Client, pod: Pod, why?: string): Promise<void> {
  if (!isTerminal(pod)) {
    const marked = why ? await markDisrupted(client, pod, 'DeletionByPodGC', why, { fail: true }) : await markFailed(client, pod);
    if (!marked) return;
  }
  await deletePod(client, pod, 0);
}

async function markFailed(client: Client, { metadata }: Pod): Promise<boolean> {
  try {
    await client
      .resource(resources.pods)
      .patch(metadata, 'merge', { metadata: { uid: metadata.uid }, status: { phase: 'Failed' } }, { subresource: 'status' });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/** The informer may be behind: a node that is there must not lose its pods. */
async function nodeExists(client: Client, name: string): Promise<boolean> {
  try {
    await client.resource(resources.nodes).get({ name });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/** Deletes the oldest terminated pods beyond the threshold, those first that were evicted. */
async function trimTerminated(client: Client, pods: Informer<Pod>, threshold: number): Promise<void> {
  if (threshold <= 0 || pods.countByIndex(TERMINATED, TERMINATED) <= threshold) return;
  const terminated = [...pods.byIndex(TERMINATED, TERMINATED)].filter((pod) => !pod.metadata.deletionTimestamp);
  terminated.sort(byEvictionAndAge);
  for (const pod of terminated.slice(0, Math.max(0, terminated.length - threshold))) await deletePod(client, pod, 0);
}

function byEvictionAndAge(a: Pod, b: Pod): number {
  const evicted = (pod: Pod): number => (pod.status?.reason === 'Evicted' ? 0 : 1);
  const difference = evicted(a) - evicted(b);
  if (difference !== 0) return difference;
  return (a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? -1 : 1;
}

function isOutOfService(node: Node): boolean {
  return (node.spec?.taints ?? []).some((taint) => taint.key === OUT_OF_SERVICE);
}

function isReady(node: Node): boolean {
  return (node.status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True');
}
