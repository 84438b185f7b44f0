import type { ContainerStatus, Pod } from '#api/generated/core-v1.ts';
import { isRestartableInit } from '../pods/pod-containers.ts';
import { restartsAfter } from '../pods/restart-policy.ts';

export interface Statuses {
  init: readonly ContainerStatus[];
  main: readonly ContainerStatus[];
}

interface Tally {
  unknown: number;
  running: number;
  waiting: number;
  stopped: number;
  succeeded: number;
  /** Stopped, and to be started again. */
  restarting: number;
}

function tallyMain(pod: Pod, statuses: readonly ContainerStatus[]): Tally {
  const tally: Tally = { unknown: 0, running: 0, waiting: 0, stopped: 0, succeeded: 0, restarting: 0 };
  for (const container of pod.spec.containers) {
    const status = statuses.find(({ name }) => name === container.name);
    const ended = status?.state.terminated ?? (status?.state.waiting ? status.lastState.terminated : undefined);
    if (status === undefined) tally.unknown++;
    else if (status.state.running) tally.running++;
    else if (ended !== undefined) {
      tally.stopped++;
      if (ended.exitCode === 0) tally.succeeded++;
      if (restartsAfter(pod, container, ended.exitCode)) tally.restarting++;
    } else tally.waiting++;
  }
  return tally;
}

/** How init containers stand: `pending` while one has to run, `failed` when one ended for good without success. */
function initProgress(pod: Pod, statuses: readonly ContainerStatus[]): 'done' | 'pending' | 'failed' {
  for (const container of pod.spec.initContainers ?? []) {
    const status = statuses.find(({ name }) => name === container.name);
    if (isRestartableInit(container)) {
      const hasStarted = status?.started === true || status?.state.terminated !== undefined || status?.lastState.terminated !== undefined;
      if (!hasStarted) return 'pending';
      continue;
    }
    const ended = status?.state.terminated ?? status?.lastState.terminated;
    if (status?.state.running || ended === undefined) return 'pending';
    if (ended.exitCode !== 0) return (container.restartPolicy ?? pod.spec.restartPolicy) === 'Never' ? 'failed' : 'pending';
  }
  return 'done';
}

/** The pod's phase from its containers' statuses. `terminal`: nothing will be started any more. */
export function podPhase(pod: Pod, statuses: Statuses, terminal: boolean): string {
  const tally = tallyMain(pod, statuses.main);
  const anyMainStarted = tally.running + tally.stopped > 0;
  const progress = anyMainStarted ? 'done' : initProgress(pod, statuses.init);
  if (progress === 'failed') return 'Failed';
  if (progress === 'pending' && !terminal) return 'Pending';
  if (tally.waiting > 0) return terminal ? 'Failed' : 'Pending';
  if (tally.running > 0 && tally.unknown === 0) return 'Running';
  if (tally.running === 0 && tally.stopped > 0 && tally.unknown === 0) {
    if (!terminal && tally.restarting > 0) return 'Running';
    return tally.stopped === tally.succeeded ? 'Succeeded' : 'Failed';
  }
  return terminal ? 'Failed' : 'Pending';
}
