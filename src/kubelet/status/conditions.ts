import { timestamp } from '#apimachinery';
import type { Container, ContainerStatus, Pod, PodCondition } from '#api/generated/core-v1.ts';
import { isRestartableInit } from '../pods/pod-containers.ts';
import type { Statuses } from './phase.ts';

type Finding = Pick<PodCondition, 'type' | 'status' | 'reason' | 'message'>;

const POD_COMPLETED = 'PodCompleted';
const POD_FAILED = 'PodFailed';

const named = (statuses: readonly ContainerStatus[], container: Container): ContainerStatus | undefined =>
  statuses.find(({ name }) => name === container.name);

function unready(containers: readonly Container[], statuses: readonly ContainerStatus[]): { unknown: string[]; unready: string[] } {
  const result: { unknown: string[]; unready: string[] } = { unknown: [], unready: [] };
  for (const container of containers) {
    const status = named(statuses, container);
    if (status === undefined) result.unknown.push(container.name);
    else if (!status.ready) result.unready.push(container.name);
  }
  return result;
}

function listText(names: readonly string[]): string {
  return `[${names.join(' ')}]`;
}

function containersReady(pod: Pod, statuses: Statuses, phase: string): Finding {
  const type = 'ContainersReady';
  if (phase === 'Succeeded') return { type, status: 'False', reason: POD_COMPLETED };
  if (phase === 'Failed') return { type, status: 'False', reason: POD_FAILED };
  const sidecars = (pod.spec.initContainers ?? []).filter(isRestartableInit);
  const main = unready(pod.spec.containers, statuses.main);
  const side = unready(sidecars, statuses.init);
  const unknownNames = [...side.unknown, ...main.unknown];
  const unreadyNames = [...side.unready, ...main.unready];
  const texts: string[] = [];
  if (unknownNames.length > 0) texts.push(`containers with unknown status: ${listText(unknownNames)}`);
  if (unreadyNames.length > 0) texts.push(`containers with unready status: ${listText(unreadyNames)}`);
  return texts.length === 0 ? { type, status: 'True' } : { type, status: 'False', reason: 'ContainersNotReady', message: texts.join(', ') };
}

function ready(pod: Pod, containers: Finding): Finding {
  if (containers.status !== 'True') return { ...containers, type: 'Ready' };
  const texts: string[] = [];
  for (const { conditionType } of pod.spec.readinessGates ?? []) {
    const gate = pod.status?.conditions?.find(({ type }) => type === conditionType);
    if (gate === undefined) texts.push(`corresponding condition of pod readiness gate "${conditionType}" does not exist.`);
    else if (gate.status !== 'True') texts.push(`the status of pod readiness gate "${conditionType}" is not "True", but ${gate.status}`);
  }
  return texts.length === 0
    ? { type: 'Ready', status: 'True' }
    : { type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady', message: texts.join(', ') };
}

function isInitialized(container: Container, status: ContainerStatus): boolean {
  return isRestartableInit(container) ? status.started === true : status.ready;
}

function initialized(pod: Pod, statuses: Statuses, phase: string): Finding {
  const type = 'Initialized';
  const containers = pod.spec.initContainers ?? [];
  const incomplete = containers.filter((container) => {
    const status = named(statuses.init, container);
    return status === undefined || !isInitialized(container, status);
  });
  if (phase === 'Succeeded') return { type, status: 'True', reason: POD_COMPLETED };
  const mainStarted = statuses.main.some(({ state, lastState }) => state.running || state.terminated || lastState.terminated);
  // Init containers do not run again, but sidecars may be down for a moment: a pod that was initialized stays so.
  if (incomplete.length === 0 || (mainStarted && incomplete.every(isRestartableInit))) return { type, status: 'True' };
  return {
    type,
    status: 'False',
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: ${listText(incomplete.map(({ name }) => name))}`,
  };
}

/** Conditions that others may set are kept; these are the kubelet's own. */
const OWN = new Set(['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled']);

/** The pod's conditions; a transition time stays as long as the status does. */
export function podConditions(
  pod: Pod,
  statuses: Statuses,
  phase: string,
  hasNetwork: boolean,
  old: readonly PodCondition[],
  now: Date,
): PodCondition[] {
  const containers = containersReady(pod, statuses, phase);
  const findings: Finding[] = [
    { type: 'PodReadyToStartContainers', status: hasNetwork ? 'True' : 'False' },
    initialized(pod, statuses, phase),
    ready(pod, containers),
    containers,
    { type: 'PodScheduled', status: 'True' },
  ];
  const own = findings.map((finding): PodCondition => {
    const before = old.find(({ type }) => type === finding.type);
    const lastTransitionTime = before?.status === finding.status ? before.lastTransitionTime : timestamp(now);
    const { generation } = pod.metadata;
    return { ...finding, ...(generation === undefined ? {} : { observedGeneration: generation }), lastProbeTime: null, lastTransitionTime };
  });
  return [...own, ...old.filter(({ type }) => !OWN.has(type))];
}
