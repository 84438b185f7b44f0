import type { Container, Pod } from '#api/generated/core-v1.ts';
import { ANNOTATIONS, containerHash } from '../containers/index.ts';
import { asContainer, isRestartableInit, type ContainerKind } from './pod-containers.ts';
import { restartsAfter } from './restart-policy.ts';
import type { RuntimeContainer, RuntimePod } from './runtime-pod.ts';

export interface ContainerToStart {
  kind: ContainerKind;
  container: Container;
}

export interface ContainerToKill {
  status: RuntimeContainer;
  /** For the event. */
  message: string;
  reason: 'StartupProbe' | 'LivenessProbe' | 'Other';
}

/** What has to be done to bring a pod to where its spec wants it. */
export interface PodActions {
  /** End everything: the pod is done, or its sandbox is no longer right. */
  killPod: boolean;
  createSandbox: boolean;
  /** How many sandboxes the pod had before. */
  attempt: number;
  sandboxId: string | undefined;
  kill: ContainerToKill[];
  start: ContainerToStart[];
}

/** What probes found out about running containers, by id. */
export interface ProbeResults {
  /** False until a startup probe has succeeded. */
  started(containerId: string): boolean;
  /** Why the container has to be killed; undefined while it is well. */
  failed(containerId: string): { reason: 'StartupProbe' | 'LivenessProbe' } | undefined;
}

interface Decision {
  start?: Container;
  kill?: ContainerToKill;
  keep: boolean;
}

const PROBE_NAMES = { StartupProbe: 'startup', LivenessProbe: 'liveness' };

function isRunning(status: RuntimeContainer | undefined): status is RuntimeContainer & { state: 'CONTAINER_RUNNING' } {
  return status?.state === 'CONTAINER_RUNNING';
}

/** One container that should run: is it there, is it well, is it of the right image? */
function decide(pod: Pod, container: Container, status: RuntimeContainer | undefined, probes: ProbeResults): Decision {
  if (!isRunning(status)) {
    const wanted = status === undefined || status.state !== 'CONTAINER_EXITED' || restartsAfter(pod, container, status.exitCode);
    // A container that was created but never started is left by an interrupted start.
    return { start: wanted ? container : undefined, keep: false };
  }
  const kill = (message: string, reason: ContainerToKill['reason'], restart: boolean): Decision => ({
    kill: { status, message, reason },
    start: restart ? container : undefined,
    keep: false,
  });
  if (status.annotations[ANNOTATIONS.hash] !== containerHash(container)) {
    return kill(`Container ${container.name} definition changed, will be restarted`, 'Other', true);
  }
  const failure = probes.failed(status.id);
  if (failure === undefined) return { keep: true };
  const restart = (container.restartPolicy ?? pod.spec.restartPolicy ?? 'Always') !== 'Never';
  const text = `Container ${container.name} failed ${PROBE_NAMES[failure.reason]} probe`;
  return kill(restart ? `${text}, will be restarted` : text, failure.reason, restart);
}

type InitProgress = 'done' | 'waiting' | 'failed';

/** Starts init containers in their order: the next one only when the one before has succeeded or, as a sidecar, has started. */
function computeInit(pod: Pod, runtime: RuntimePod, sandboxId: string, probes: ProbeResults, actions: PodActions): InitProgress {
  const initialized = pod.spec.containers.some(({ name }) => runtime.newest(name, sandboxId) !== undefined);
  for (const container of pod.spec.initContainers ?? []) {
    const status = runtime.newest(container.name, sandboxId);
    if (isRestartableInit(container)) {
      const { start, kill } = decide(pod, container, status, probes);
      if (kill !== undefined) actions.kill.push(kill);
      if (start !== undefined) actions.start.push({ kind: 'init', container: start });
      const started = start === undefined && isRunning(status) && probes.started(status.id);
      if (!started && !initialized) return 'waiting';
      continue;
    }
    if (initialized) continue;
    if (isRunning(status)) {
      const { kill } = decide(pod, container, status, probes);
      if (kill?.reason === 'Other') actions.kill.push(kill);
      return 'waiting';
    }
    if (status?.state === 'CONTAINER_EXITED') {
      if (status.exitCode === 0) continue;
      if (!restartsAfter(pod, container, status.exitCode) || (container.restartPolicy ?? pod.spec.restartPolicy) === 'Never')
        return 'failed';
    }
    actions.start.push({ kind: 'init', container });
    return 'waiting';
  }
  return 'done';
}

function computeMain(pod: Pod, runtime: RuntimePod, sandboxId: string, probes: ProbeResults, actions: PodActions): void {
  let active = 0;
  for (const container of pod.spec.containers) {
    const { start, kill, keep } = decide(pod, container, runtime.newest(container.name, sandboxId), probes);
    if (kill !== undefined) actions.kill.push(kill);
    if (start !== undefined) actions.start.push({ kind: 'main', container: start });
    if (keep || start !== undefined) active++;
  }
  if (active === 0) Object.assign(actions, { killPod: true, start: [], kill: [] });
}

function computeEphemeral(pod: Pod, runtime: RuntimePod, actions: PodActions): void {
  for (const ephemeral of pod.spec.ephemeralContainers ?? []) {
    if (runtime.newest(ephemeral.name) === undefined) actions.start.push({ kind: 'ephemeral', container: asContainer(ephemeral) });
  }
}

function needsSandbox(pod: Pod, runtime: RuntimePod): boolean {
  const [newest] = runtime.sandboxes;
  if (newest === undefined || newest.state !== 'SANDBOX_READY') return true;
  if (runtime.sandboxes.filter(({ state }) => state === 'SANDBOX_READY').length > 1) return true;
  const network = newest.linux?.namespaces?.options?.network;
  if (network !== undefined && (network === 'NODE') !== (pod.spec.hostNetwork === true)) return true;
  return pod.spec.hostNetwork !== true && !newest.network?.ip;
}

/** Whether anything of the pod is left to run, now that its sandbox is gone. */
function hasWorkLeft(pod: Pod, runtime: RuntimePod): boolean {
  return pod.spec.containers.some((container) => {
    const status = runtime.newest(container.name);
    return status?.state !== 'CONTAINER_EXITED' || restartsAfter(pod, container, status.exitCode);
  });
}

/** Compares what a pod should be with what the runtime has of it. Pure: it changes nothing. */
export function computeActions(pod: Pod, runtime: RuntimePod, probes: ProbeResults): PodActions {
  const [newest] = runtime.sandboxes;
  const actions: PodActions = {
    killPod: false,
    createSandbox: false,
    attempt: newest?.metadata.attempt ?? 0,
    sandboxId: newest?.id,
    kill: [],
    start: [],
  };
  if (needsSandbox(pod, runtime)) {
    actions.killPod = runtime.sandboxes.length > 0;
    if (newest !== undefined && runtime.containers.length > 0 && !hasWorkLeft(pod, runtime)) return actions;
    return { ...actions, createSandbox: true, sandboxId: undefined, attempt: newest === undefined ? 0 : newest.metadata.attempt + 1 };
  }
  const sandboxId = newest?.id ?? '';
  computeEphemeral(pod, runtime, actions);
  const progress = computeInit(pod, runtime, sandboxId, probes, actions);
  if (progress === 'failed') Object.assign(actions, { killPod: true, start: [], kill: [] });
  if (progress === 'done') computeMain(pod, runtime, sandboxId, probes, actions);
  return actions;
}
