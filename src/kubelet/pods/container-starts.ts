import type { Pod } from '#api/generated/core-v1.ts';
import { resources } from '#client';
import { containerHash } from '../containers/index.ts';
import type { ContainerToStart } from './compute-actions.ts';
import { containerFieldPath, podText } from './pod-containers.ts';
import type { PodContext } from './pod-context.ts';
import type { RuntimePod } from './runtime-pod.ts';
import { startContainer, type StartInput } from './start-container.ts';

interface StartFailure {
  reason: string;
  message: string;
  /** In milliseconds since 1970. */
  retryAt: number;
}

const RETRY_START_MS = 10_000;
const SHOW_PULL_ERROR_MS = 3000;
/** So long a container that died while it was being started shows why, before it shows as backing off. */
const SHOW_START_ERROR_MS = 1000;
const DIED_STARTING = new Set(['RunContainerError', 'PostStartHookError']);

function goDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

/** Starts one pod's containers and remembers why one did not start, and when it may be tried again. */
export class ContainerStarts {
  readonly #context: PodContext;
  readonly #runtime: RuntimePod;
  readonly #failures = new Map<string, StartFailure>();
  readonly #wakeBy: (time: number) => void;

  constructor(context: PodContext, runtime: RuntimePod, wakeBy: (time: number) => void) {
    this.#context = context;
    this.#runtime = runtime;
    this.#wakeBy = wakeBy;
  }

  /** Why the container's last start failed, as its status shows it. */
  failure(name: string): { reason: string; message: string } | undefined {
    return this.#failures.get(name);
  }

  /** Something that containers were waiting for may be there now. */
  retryConfigErrors(): void {
    for (const failure of this.#failures.values()) if (failure.reason === 'CreateContainerConfigError') failure.retryAt = 0;
  }

  /** Whether the container was started; false while it has to wait or when it failed. */
  async start(item: ContainerToStart, input: StartInput): Promise<boolean> {
    const { name } = item.container;
    if (this.#mustWait(item, input.pod)) return false;
    try {
      await startContainer(this.#context, item, input);
      this.#failures.delete(name);
      return true;
    } catch (error) {
      input.signal.throwIfAborted();
      const { reason, message, retryAt = Date.now() + RETRY_START_MS } = error as { reason?: string; message: string; retryAt?: number };
      if (reason === undefined) throw error;
      // These show as such for a moment before they show as backing off.
      if (reason === 'ErrImagePull') this.#fail(name, reason, message, Date.now() + SHOW_PULL_ERROR_MS);
      else if (DIED_STARTING.has(reason)) this.#fail(name, reason, message, Date.now() + SHOW_START_ERROR_MS);
      else this.#fail(name, reason, message, retryAt);
      return false;
    }
  }

  /** Forgets failures of what runs by now. */
  tidy(): void {
    for (const name of this.#failures.keys()) {
      if (this.#runtime.newest(name)?.state === 'CONTAINER_RUNNING') this.#failures.delete(name);
    }
  }

  #fail(name: string, reason: string, message: string, retryAt: number): void {
    this.#failures.set(name, { reason, message, retryAt });
    this.#wakeBy(retryAt);
  }

  #mustWait(item: ContainerToStart, pod: Pod): boolean {
    const { name } = item.container;
    const failure = this.#failures.get(name);
    if (failure !== undefined && failure.retryAt > Date.now()) {
      this.#wakeBy(failure.retryAt);
      return true;
    }
    const newest = this.#runtime.newest(name);
    return newest?.state === 'CONTAINER_EXITED' && this.#isCrashLooping(item, pod, newest.finishedAt / 1e6);
  }

  #isCrashLooping({ kind, container }: ContainerToStart, pod: Pod, finishedAt: number): boolean {
    const { crashBackOff, recorder } = this.#context;
    const key = `${this.#runtime.uid}/${container.name}/${containerHash(container)}`;
    const until = crashBackOff.blockedSince(key, finishedAt);
    if (until === undefined) {
      crashBackOff.fail(key);
      return false;
    }
    const text = `back-off ${goDuration(crashBackOff.delay(key))} restarting failed container=${container.name} pod=${podText(pod)}`;
    this.#fail(container.name, 'CrashLoopBackOff', text, until);
    const message = `Back-off restarting failed container ${container.name} in pod ${podText(pod)}`;
    recorder.event(resources.pods, pod, 'Warning', 'BackOff', message, containerFieldPath(kind, container.name));
    return true;
  }
}
