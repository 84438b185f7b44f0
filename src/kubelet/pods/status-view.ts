import type { Container, ContainerStatus, Pod, PodStatus } from '#api/generated/core-v1.ts';
import { podLogDirectory } from '../containers/index.ts';
import type { PodProbes } from '../probes/index.ts';
import { podStatus } from '../status/index.ts';
import type { ContainerResizes } from './container-resizes.ts';
import type { ContainerStarts } from './container-starts.ts';
import type { PodContext } from './pod-context.ts';
import type { RuntimePod } from './runtime-pod.ts';
import { terminationMessage } from './termination-message.ts';

/** Why the kubelet itself ended a pod. */
export interface Verdict {
  phase: string;
  reason: string;
  message: string;
}

/** What the API shows of one pod. */
export class StatusView {
  readonly #context: PodContext;
  readonly #runtime: RuntimePod;
  readonly #probes: PodProbes;
  readonly #starts: ContainerStarts;
  readonly #resizes: ContainerResizes;
  /** Last words of containers that have ended, by id. */
  readonly #messages = new Map<string, string>();

  constructor(context: PodContext, runtime: RuntimePod, probes: PodProbes, starts: ContainerStarts, resizes: ContainerResizes) {
    this.#context = context;
    this.#runtime = runtime;
    this.#probes = probes;
    this.#starts = starts;
    this.#resizes = resizes;
  }

  /** Reads the last words of containers that have ended since. */
  async collectMessages(pod: Pod): Promise<void> {
    const logs = podLogDirectory(this.#context.sandbox.podLogs, pod);
    for (const container of this.#runtime.containers) {
      if (container.state !== 'CONTAINER_EXITED' || this.#messages.has(container.id)) continue;
      this.#messages.set(container.id, await terminationMessage(container, logs));
    }
  }

  /** The status that was shown last, with what others have written into it. */
  shown(pod: Pod): PodStatus {
    const known = this.#context.statuses.get(this.#runtime.uid);
    const present = pod.status ?? {};
    if (known === undefined) return present;
    const types = new Set(known.conditions?.map(({ type }) => type));
    return { ...known, conditions: [...(known.conditions ?? []), ...(present.conditions ?? []).filter(({ type }) => !types.has(type))] };
  }

  shownContainer(pod: Pod, name: string): ContainerStatus | undefined {
    const { containerStatuses = [], initContainerStatuses = [] } = this.shown(pod);
    return [...containerStatuses, ...initContainerStatuses].find((status) => status.name === name);
  }

  /** The restarts before the next run of a container that the runtime has forgotten; undefined when it never ran. */
  shownRestarts(pod: Pod, name: string): number | undefined {
    const shown = this.shownContainer(pod, name);
    if (shown === undefined || (!shown.containerID && !shown.lastState.terminated)) return undefined;
    return shown.restartCount + (shown.containerID ? 1 : 0);
  }

  /** Works out the present status and has it written. `terminal`: nothing will be started any more. */
  publish(pod: Pod, terminal: boolean, verdict: Verdict | undefined): PodStatus {
    const knowledge = {
      startFailure: (name: string) => this.#starts.failure(name),
      terminationMessage: (id: string) => this.#messages.get(id) || shownMessage(pod, id),
      ready: (id: string) => this.#probes.ready(id),
      started: (id: string) => this.#probes.started(id),
      resources: (container: Container, id: string) => this.#resizes.inForce(pod, container, id),
    };
    const { hostIPs } = this.#context.node;
    const status = podStatus({ pod, old: this.shown(pod), runtime: this.#runtime, knowledge, hostIPs, terminal, verdict, now: new Date() });
    this.#context.statuses.set(pod, status);
    return status;
  }
}

/** Words that an earlier kubelet read, and whose file is gone. */
function shownMessage(pod: Pod, id: string): string | undefined {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  const states = [...containerStatuses, ...initContainerStatuses].flatMap(({ state, lastState }) => [
    state.terminated,
    lastState.terminated,
  ]);
  return states.find((state) => state?.containerID === `containerd://${id}`)?.message;
}
