import type {
  Container,
  ContainerState,
  ContainerStateTerminated,
  ContainerStatus,
  Pod,
  ResourceRequirements,
} from '#api/generated/core-v1.ts';
import { timestamp, type Time } from '#apimachinery';
import { isRestartableInit, type ContainerKind } from '../pods/pod-containers.ts';
import { restartCountOf, type RuntimeContainer, type RuntimePod } from '../pods/runtime-pod.ts';

/** What is known of containers beside what the runtime tells. */
export interface ContainerKnowledge {
  /** Why the last attempt to start the container failed. */
  startFailure(name: string): { reason: string; message: string } | undefined;
  /** The container's last words, once it has exited. */
  terminationMessage(containerId: string): string | undefined;
  ready(containerId: string): boolean;
  started(containerId: string): boolean;
  /** The requests and limits that hold for the running container. */
  resources(container: Container, containerId: string): Pick<ResourceRequirements, 'requests' | 'limits'>;
}

const LOST_EXIT_CODE = 137;

const time = (nanoseconds: number): Time => timestamp(new Date(nanoseconds / 1e6));

function terminated(container: RuntimeContainer, knowledge: ContainerKnowledge): ContainerStateTerminated {
  const message = knowledge.terminationMessage(container.id) || container.message;
  return {
    exitCode: container.exitCode,
    reason: container.reason || (container.exitCode === 0 ? 'Completed' : 'Error'),
    ...(message ? { message } : {}),
    startedAt: time(container.startedAt),
    finishedAt: time(container.finishedAt),
    containerID: `containerd://${container.id}`,
  };
}

function stateOf(container: RuntimeContainer, knowledge: ContainerKnowledge): ContainerState {
  if (container.state === 'CONTAINER_RUNNING') return { running: { startedAt: time(container.startedAt) } };
  if (container.state === 'CONTAINER_EXITED') return { terminated: terminated(container, knowledge) };
  return {};
}

function waitingState(pod: Pod): ContainerState {
  return { waiting: { reason: (pod.spec.initContainers ?? []).length > 0 ? 'PodInitializing' : 'ContainerCreating' } };
}

/** A container that ran and cannot be found any more has to have ended somehow. */
function lostState(): ContainerStateTerminated {
  return {
    exitCode: LOST_EXIT_CODE,
    reason: 'ContainerStatusUnknown',
    message: 'The container could not be located when the pod was terminated',
    startedAt: null,
    finishedAt: null,
  };
}

/** The status of a container of which the runtime has nothing (any more). */
function absentStatus(
  pod: Pod,
  container: Container,
  kind: ContainerKind,
  old: ContainerStatus | undefined,
  terminal: boolean,
): ContainerStatus {
  const base: ContainerStatus = {
    name: container.name,
    state: waitingState(pod),
    lastState: {},
    ready: false,
    restartCount: old?.restartCount ?? 0,
    image: container.image ?? '',
    imageID: '',
    started: false,
  };
  if (old === undefined) return base;
  const keep = { imageID: old.imageID, containerID: old.containerID, image: old.image || base.image };
  if (old.state.terminated) {
    const succeeded = kind === 'init' && !isRestartableInit(container) && old.state.terminated.exitCode === 0;
    const stays =
      terminal ||
      pod.spec.restartPolicy === 'Never' ||
      succeeded ||
      (pod.spec.restartPolicy === 'OnFailure' && old.state.terminated.exitCode === 0);
    return stays
      ? { ...base, ...keep, state: old.state, lastState: old.lastState, ready: succeeded }
      : { ...base, lastState: { terminated: old.state.terminated } };
  }
  if (!old.state.running) return { ...base, lastState: old.lastState };
  const lost = lostState();
  return terminal
    ? { ...base, ...keep, state: { terminated: lost } }
    : { ...base, lastState: { terminated: lost }, restartCount: base.restartCount + 1 };
}

function presentStatus(
  container: Container,
  runs: readonly RuntimeContainer[],
  newest: RuntimeContainer,
  knowledge: ContainerKnowledge,
): ContainerStatus {
  const previous = runs.find((run) => run !== newest && run.state === 'CONTAINER_EXITED');
  const status: ContainerStatus = {
    name: container.name,
    state: stateOf(newest, knowledge),
    lastState: previous === undefined ? {} : { terminated: terminated(previous, knowledge) },
    ready: false,
    restartCount: restartCountOf(newest),
    image: newest.image?.image || container.image || '',
    imageID: newest.imageRef,
    containerID: `containerd://${newest.id}`,
    started: false,
  };
  return status;
}

function volumeMounts(container: Container): Pick<ContainerStatus, 'volumeMounts'> {
  const mounts = container.volumeMounts ?? [];
  if (mounts.length === 0) return {};
  return {
    volumeMounts: mounts.map(({ name, mountPath, readOnly }) => ({
      name,
      mountPath,
      ...(readOnly === true ? { readOnly, recursiveReadOnly: 'Disabled' } : {}),
    })),
  };
}

function resourcesOf(
  container: Container,
  resources: Pick<ResourceRequirements, 'requests' | 'limits'>,
): Pick<ContainerStatus, 'resources' | 'allocatedResources'> {
  const { requests } = container.resources ?? {};
  return { resources, ...(requests === undefined ? {} : { allocatedResources: requests }) };
}

/**
 * The status of one container as the API shows it. `old` is the one that was shown before; `terminal` says that the pod
 * will not start anything any more.
 */
export function containerStatus(
  pod: Pod,
  container: Container,
  kind: ContainerKind,
  runtime: RuntimePod,
  knowledge: ContainerKnowledge,
  old: ContainerStatus | undefined,
  terminal: boolean,
): ContainerStatus {
  const runs = runtime.runsOf(container.name);
  const [newest] = runs;
  const status =
    newest === undefined ? absentStatus(pod, container, kind, old, terminal) : presentStatus(container, runs, newest, knowledge);
  if (newest !== undefined && Object.keys(status.state).length === 0) status.state = waitingState(pod);
  const failure = terminal ? undefined : knowledge.startFailure(container.name);
  if (failure !== undefined && !status.state.running) {
    if (status.state.terminated) status.lastState = { terminated: status.state.terminated };
    status.state = { waiting: { reason: failure.reason, ...(failure.message ? { message: failure.message } : {}) } };
  }
  if (newest?.state === 'CONTAINER_RUNNING') {
    Object.assign(status, volumeMounts(container), resourcesOf(container, knowledge.resources(container, newest.id)));
    status.started = kind === 'init' && !isRestartableInit(container) ? false : knowledge.started(newest.id);
    status.ready = kind === 'main' || isRestartableInit(container) ? status.started && knowledge.ready(newest.id) : false;
  }
  if (kind === 'init' && !isRestartableInit(container)) status.ready = status.state.terminated?.exitCode === 0;
  return status;
}
