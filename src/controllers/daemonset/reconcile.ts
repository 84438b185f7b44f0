import type { DaemonSet, DaemonSetStatus } from '#api/generated/apps-v1.ts';
import type { Node, Pod } from '#api/generated/core-v1.ts';
import { isNotFound, objectEqual } from '#apimachinery';
import { keyOf, resources, type Client, type EventRecorder, type Informer, type Request, type Result } from '#client';
import type { Expectations } from '../expectations.ts';
import { controlledBy, orphansIn } from '../indexes.ts';
import { claim } from '../ownership.ts';
import { isNamespaceTerminating, podFromTemplate, type PodControl } from '../pods/pod-control.ts';
import { isAvailable, isReady, isTerminal, untilAvailable } from '../pods/pod-state.ts';
import { forAll, slowStart } from '../pods/slow-start.ts';
import { ensureCurrent, listRevisions, REVISION_HASH, trimRevisions, type RevisionDependencies } from '../revisions/history.ts';
import { compiledSelector, selects } from '../selector.ts';
import { daemonTolerations, pinToNode, placement } from './placement.ts';
import { planPods, planRollingUpdate, podsByNode, type Plan } from './plan.ts';

export interface DaemonSetDependencies extends Omit<RevisionDependencies, 'onWrite'> {
  client: Client;
  daemonSets: Informer<DaemonSet>;
  pods: Informer<Pod>;
  nodes: Informer<Node>;
  podExpectations: Expectations<Pod>;
  revisionExpectations: Expectations<NonNullable<Awaited<ReturnType<typeof ensureCurrent>>>['revision']>;
  podControl: PodControl;
  recorder: EventRecorder;
  /** How often pods of a node failed, with the time of the last failure, by DaemonSet and node. */
  failures: Map<string, { count: number; last: number }>;
}

const BURST = 250;
const MAX_FAILURE_WAIT_MS = 900_000;
const GENERATION = 'deprecated.daemonset.template.generation';

export async function reconcileDaemonSet(request: Request, deps: DaemonSetDependencies): Promise<Result | void> {
  const { podExpectations, revisionExpectations } = deps;
  const key = `${request.namespace}/${request.name}`;
  const daemonSet = deps.daemonSets.get(request.name, request.namespace);
  if (!daemonSet) {
    podExpectations.forget(key);
    return revisionExpectations.forget(key);
  }
  if (compiledSelector(daemonSet.spec.selector).isEverything) {
    const message = 'This daemon set is selecting all pods. A non-empty selector is required.';
    return deps.recorder.event(resources.daemonSets, daemonSet, 'Warning', 'SelectingAll', message);
  }
  if (daemonSet.metadata.deletionTimestamp || !podExpectations.satisfied(key) || !revisionExpectations.satisfied(key)) return undefined;
  const revisionDeps = {
    ...deps,
    onWrite: (each: Parameters<RevisionDependencies['onWrite']>[0]) => revisionExpectations.wrote(key, each),
  };
  const all = await listRevisions(resources.daemonSets, daemonSet, revisionDeps);
  const { revision, collisionCount } = await ensureCurrent(
    resources.daemonSets,
    daemonSet,
    all,
    daemonSet.status?.collisionCount,
    revisionDeps,
  );
  const hash = revision.metadata.labels![REVISION_HASH]!;
  const pods = await ownedPods(daemonSet, deps);
  const nodes = deps.nodes.list();
  const wait = await carryOut(daemonSet, planPods(daemonSet, nodes, pods, hash), hash, deps);
  if (podExpectations.satisfied(key) && daemonSet.spec.updateStrategy?.type !== 'OnDelete') {
    await carryOut(daemonSet, planRollingUpdate(daemonSet, nodes, pods, hash), hash, deps);
  }
  const used = new Set(pods.map(({ metadata }) => metadata.labels?.[REVISION_HASH]));
  await trimRevisions(
    daemonSet,
    all,
    (each) => each.metadata.uid === revision.metadata.uid || used.has(each.metadata.labels?.[REVISION_HASH]),
    deps.client,
  );
  await writeStatus(daemonSet, nodes, pods, hash, collisionCount, deps.client);
  const waits = [wait, nextAvailable(daemonSet, pods)].filter((each) => each !== undefined);
  return { requeueAfter: waits.length > 0 ? Math.min(...waits) : undefined };
}

function ownedPods(daemonSet: DaemonSet, { client, pods, podExpectations }: DaemonSetDependencies): Promise<Pod[]> {
  const { uid, namespace } = daemonSet.metadata;
  return claim({
    client,
    ownerType: resources.daemonSets,
    owner: daemonSet,
    type: resources.pods,
    candidates: [...controlledBy(pods, uid), ...orphansIn(pods, namespace)],
    matches: (pod) => selects(daemonSet.spec.selector, pod.metadata.labels),
    onWrite: (pod) => podExpectations.wrote(keyOf(daemonSet), pod),
  });
}

/** Resolves with the milliseconds after which pods that failed may be replaced. */
async function carryOut(daemonSet: DaemonSet, plan: Plan, hash: string, deps: DaemonSetDependencies): Promise<number | undefined> {
  const key = keyOf(daemonSet);
  const { due, wait } = dueFailures(daemonSet, plan.failed, deps);
  await forAll([...plan.delete, ...due].slice(0, BURST), async (pod) => {
    await deps.podControl.delete(daemonSet, pod);
    deps.podExpectations.deleted(key, pod);
  });
  const nodes = plan.create.slice(0, BURST);
  await slowStart(nodes.length, async (index) => {
    try {
      deps.podExpectations.wrote(key, await deps.podControl.create(daemonSet, newPod(daemonSet, nodes[index]!, hash)));
    } catch (error) {
      if (!isNamespaceTerminating(error)) throw error;
    }
  });
  return wait;
}

/** Failed pods go after a wait that doubles from one second on, so that a daemon that always fails does not keep the node busy. */
function dueFailures(
  daemonSet: DaemonSet,
  failed: readonly Pod[],
  { failures, recorder }: DaemonSetDependencies,
): { due: Pod[]; wait: number | undefined } {
  const due: Pod[] = [];
  let wait: number | undefined;
  const now = Date.now();
  for (const pod of failed) {
    const key = `${daemonSet.metadata.uid}/${pod.spec.nodeName}`;
    const known = failures.get(key);
    const count = known && now - known.last < 2 * MAX_FAILURE_WAIT_MS ? known.count : 0;
    const left = known && count > 0 ? known.last + Math.min(1000 * 2 ** (count - 1), MAX_FAILURE_WAIT_MS) - now : 0;
    if (left > 0) {
      wait = Math.min(wait ?? left, left);
      continue;
    }
    failures.set(key, { count: count + 1, last: now });
    due.push(pod);
    const { namespace, name } = pod.metadata;
    const message = `Found failed daemon pod ${namespace}/${name} on node ${pod.spec.nodeName}, will try to kill it`;
    if (pod.status.phase === 'Failed') recorder.event(resources.daemonSets, daemonSet, 'Warning', 'FailedDaemonPod', message);
    else
      recorder.event(
        resources.daemonSets,
        daemonSet,
        'Normal',
        'SucceededDaemonPod',
        message.replace('failed', 'succeeded').replace('kill', 'delete'),
      );
  }
  return { due, wait };
}

function newPod(daemonSet: DaemonSet, node: string, hash: string): Pod {
  const pod = podFromTemplate(resources.daemonSets, daemonSet, daemonSet.spec.template);
  const generation = daemonSet.metadata.annotations?.[GENERATION];
  pod.metadata.labels = { ...pod.metadata.labels, [REVISION_HASH]: hash, ...(generation ? { 'pod-template-generation': generation } : {}) };
  pod.spec = { ...pinToNode(pod.spec, node), tolerations: daemonTolerations(pod.spec) };
  return pod;
}

async function writeStatus(
  daemonSet: DaemonSet,
  nodes: readonly Node[],
  pods: readonly Pod[],
  hash: string,
  collisionCount: number | undefined,
  client: Client,
): Promise<void> {
  const status = { ...countStatus(daemonSet, nodes, pods, hash), collisionCount };
  if (objectEqual(status, daemonSet.status)) return;
  try {
    await client.resource(resources.daemonSets).updateStatus({ ...daemonSet, status });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

function countStatus(daemonSet: DaemonSet, nodes: readonly Node[], pods: readonly Pod[], hash: string): DaemonSetStatus {
  const { minReadySeconds = 0 } = daemonSet.spec;
  const byNode = podsByNode(pods);
  const now = Date.now();
  const count = { desired: 0, current: 0, misscheduled: 0, ready: 0, updated: 0, available: 0 };
  for (const node of nodes) {
    const present = (byNode.get(node.metadata.name) ?? []).filter((pod) => !isTerminal(pod));
    if (!placement(daemonSet, node).shouldRun) {
      if (present.length > 0) count.misscheduled++;
      continue;
    }
    count.desired++;
    if (present.length === 0) continue;
    count.current++;
    if (present.some(isReady)) count.ready++;
    if (present.some((pod) => isAvailable(pod, minReadySeconds, now))) count.available++;
    if (present.some((pod) => pod.metadata.labels?.[REVISION_HASH] === hash)) count.updated++;
  }
  return {
    desiredNumberScheduled: count.desired,
    currentNumberScheduled: count.current,
    numberMisscheduled: count.misscheduled,
    numberReady: count.ready,
    updatedNumberScheduled: count.updated || undefined,
    numberAvailable: count.available || undefined,
    numberUnavailable: count.desired - count.available || undefined,
    observedGeneration: daemonSet.metadata.generation,
    conditions: daemonSet.status?.conditions,
  };
}

function nextAvailable({ spec }: DaemonSet, pods: readonly Pod[]): number | undefined {
  if (!spec.minReadySeconds) return undefined;
  const now = Date.now();
  const waits = pods.map((pod) => untilAvailable(pod, spec.minReadySeconds!, now) ?? 0).filter((wait) => wait > 0);
  return waits.length > 0 ? Math.min(...waits) : undefined;
}
