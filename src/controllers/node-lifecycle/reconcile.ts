import type { Node, Pod } from '#api/generated/core-v1.ts';
import { isNotFound, timestamp } from '#apimachinery';
import { resources, type Client, type EventRecorder, type Informer, type Result } from '#client';
import { findCondition } from '../conditions.ts';
import type { ControllerOptions } from '../context.ts';
import { podsOnNode } from '../indexes.ts';
import { isReady } from '../pods/pod-state.ts';
import { hasTaint, noExecuteTaint, readyStatus, unknownConditions, wantedTaints } from './conditions.ts';
import type { Zones } from './zones.ts';

export interface NodeDependencies {
  client: Client;
  nodes: Informer<Node>;
  pods: Informer<Pod>;
  zones: Zones;
  heardOf: Map<string, number>;
  options: ControllerOptions;
  recorder: EventRecorder;
}

export async function reconcileNode(name: string, deps: NodeDependencies): Promise<Result | void> {
  const seen = deps.nodes.get(name);
  if (!seen) return undefined;
  const silentAt = silenceDeadline(seen, deps);
  const node = silentAt <= Date.now() ? await sayUnknown(seen, deps) : seen;
  if (!node) return undefined;
  const evictionIn = await taint(node, deps);
  if (readyStatus(node) !== 'True') await markPodsNotReady(node, deps);
  const waits = [silentAt - Date.now(), evictionIn].filter((wait) => wait !== undefined && wait > 0) as number[];
  return { requeueAfter: waits.length > 0 ? Math.min(...waits) : undefined };
}

/** The moment at which the node counts as silent, unless it is heard of before. */
function silenceDeadline(node: Node, { heardOf, options }: NodeDependencies): number {
  const heard = heardOf.get(node.metadata.name) ?? Date.now();
  const everReported = findCondition(node.status?.conditions, 'Ready')?.lastHeartbeatTime;
  return heard + (everReported ? options.nodeMonitorGracePeriodMs : options.nodeStartupGracePeriodMs);
}

/** Undefined when the node has gone. */
async function sayUnknown(node: Node, { client, recorder }: NodeDependencies): Promise<Node | undefined> {
  const conditions = unknownConditions(node, timestamp());
  if (conditions === node.status?.conditions) return node;
  try {
    const written = await client
      .resource(resources.nodes)
      .updateStatus({ ...node, status: { ...node.status, conditions: [...conditions] } });
    if (readyStatus(node) === 'True') {
      const message = `Node ${node.metadata.name} status is now: NodeNotReady`;
      recorder.event(resources.nodes, node, 'Normal', 'NodeNotReady', message);
    }
    return written;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Resolves with the milliseconds after which pods may be driven off, if that has to wait. */
async function taint(node: Node, { client, zones }: NodeDependencies): Promise<number | undefined> {
  zones.note(node);
  const key = noExecuteTaint(node);
  const wantsEviction = key !== undefined && !hasTaint(node.spec?.taints, key, 'NoExecute');
  const wait = wantsEviction ? zones.takeEviction(node, Date.now()) : undefined;
  const taints = wantedTaints(node, wait === 0, timestamp());
  if (taints !== (node.spec?.taints ?? []) && taints !== node.spec?.taints) {
    const { name, uid, resourceVersion } = node.metadata;
    const patch = { metadata: { uid, resourceVersion }, spec: { taints: taints.length > 0 ? taints : null } };
    await client.resource(resources.nodes).patch({ name }, 'merge', patch);
  }
  return wait === 0 ? undefined : wait;
}

/** Pods of a node that cannot answer for them must not get traffic. */
async function markPodsNotReady(node: Node, { client, pods, recorder }: NodeDependencies): Promise<void> {
  const ready = [...podsOnNode(pods, node.metadata.name)].filter(isReady);
  for (const pod of ready) {
    const { uid, resourceVersion } = pod.metadata;
    const conditions = pod.status.conditions!.map((condition) => {
      return condition.type === 'Ready' ? { ...condition, status: 'False', lastTransitionTime: timestamp() } : condition;
    });
    try {
      await client
        .resource(resources.pods)
        .patch(pod.metadata, 'merge', { metadata: { uid, resourceVersion }, status: { conditions } }, { subresource: 'status' });
      recorder.event(resources.pods, pod, 'Warning', 'NodeNotReady', 'Node is not ready');
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}
