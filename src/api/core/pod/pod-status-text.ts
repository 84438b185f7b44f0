import type { Container, ContainerStatus, Pod } from '../../generated/core-v1.ts';
import { humanDuration } from '../../printing.ts';

/** What the table shows of a pod's containers. */
export interface PodSummary {
  /** The STATUS cell: `Running`, `Init:0/1`, `CrashLoopBackOff`, `Terminating`, … */
  status: string;
  readyContainers: number;
  totalContainers: number;
  restarts: number;
  /** In milliseconds since the epoch; 0 when nothing has restarted. */
  lastRestart: number;
}

/** Boils the states of a pod's containers down to one row. */
export function summarizePod(pod: Pod): PodSummary {
  const { spec, status } = pod;
  const summary: PodSummary = {
    status: status.reason || status.phase || '',
    readyContainers: 0,
    totalContainers: spec.containers.length + (spec.initContainers ?? []).filter(isSidecar).length,
    restarts: 0,
    lastRestart: 0,
  };
  if (hasCondition(pod, 'PodScheduled', (condition) => condition.reason === 'SchedulingGated')) summary.status = 'SchedulingGated';
  const sidecars: Restarts = { restarts: 0, lastRestart: 0 };
  const initializing = summarizeInitContainers(pod, summary, sidecars);
  if (!initializing || hasCondition(pod, 'Initialized', isTrue)) {
    summary.restarts = sidecars.restarts;
    summary.lastRestart = sidecars.lastRestart;
    summarizeContainers(pod, summary);
  }
  if (pod.metadata.deletionTimestamp) summary.status = statusOfDeleted(pod, summary.status);
  return summary;
}

/** The RESTARTS cell: `0`, `3 (5m ago)`. */
export function restartsText({ restarts, lastRestart }: Restarts, now: Date): string {
  return restarts === 0 || lastRestart === 0 ? String(restarts) : `${restarts} (${humanDuration(now.getTime() - lastRestart)} ago)`;
}

/** An init container that goes on running beside the containers. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always';
}

type Restarts = Pick<PodSummary, 'restarts' | 'lastRestart'>;

/** Answers whether an init container still has something to do. */
function summarizeInitContainers({ spec, status }: Pod, summary: PodSummary, sidecars: Restarts): boolean {
  const containers = spec.initContainers ?? [];
  for (const [index, container] of (status.initContainerStatuses ?? []).entries()) {
    const declared = containers.find(({ name }) => name === container.name);
    const sidecar = declared !== undefined && isSidecar(declared);
    countRestarts(summary, container);
    if (sidecar) countRestarts(sidecars, container);
    if (container.state?.terminated?.exitCode === 0) continue;
    if (sidecar && container.started === true) {
      if (container.ready) summary.readyContainers++;
      continue;
    }
    summary.status = initText(container, index, containers.length);
    return true;
  }
  return false;
}

function initText({ state }: ContainerStatus, index: number, count: number): string {
  const { terminated, waiting } = state ?? {};
  if (terminated) return `Init:${terminated.reason || exitText(terminated)}`;
  if (waiting?.reason && waiting.reason !== 'PodInitializing') return `Init:${waiting.reason}`;
  return `Init:${index}/${count}`;
}

function summarizeContainers(pod: Pod, summary: PodSummary): void {
  let running = false;
  // From the last to the first, so that the first container with something to tell has the last word.
  for (const container of (pod.status.containerStatuses ?? []).toReversed()) {
    countRestarts(summary, container);
    const { waiting, terminated, running: runs } = container.state ?? {};
    if (waiting?.reason) summary.status = waiting.reason;
    else if (terminated) summary.status = terminated.reason || exitText(terminated);
    else if (container.ready && runs) {
      running = true;
      summary.readyContainers++;
    }
  }
  if (summary.status === 'Completed' && running) summary.status = hasCondition(pod, 'Ready', isTrue) ? 'Running' : 'NotReady';
}

function statusOfDeleted({ status }: Pod, text: string): string {
  if (status.reason === 'NodeLost') return 'Unknown';
  return status.phase === 'Succeeded' || status.phase === 'Failed' ? text : 'Terminating';
}

function countRestarts(total: Restarts, { restartCount, lastState }: ContainerStatus): void {
  total.restarts += restartCount ?? 0;
  const finishedAt = lastState?.terminated?.finishedAt;
  if (finishedAt) total.lastRestart = Math.max(total.lastRestart, Date.parse(finishedAt));
}

function exitText({ signal, exitCode }: { signal?: number; exitCode: number }): string {
  return signal ? `Signal:${signal}` : `ExitCode:${exitCode}`;
}

type Conditions = NonNullable<Pod['status']['conditions']>;

const isTrue = (condition: Conditions[number]): boolean => condition.status === 'True';

function hasCondition(pod: Pod, type: string, test: (condition: Conditions[number]) => boolean): boolean {
  return pod.status.conditions?.some((condition) => condition.type === type && test(condition)) ?? false;
}
