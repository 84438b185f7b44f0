import { mkdir, rm } from 'node:fs/promises';
import { isNotFound } from '#apimachinery';
import type { ContainerStatus, Pod, PodStatus } from '#api/generated/core-v1.ts';
import { resources } from '#client';
import { containerHash, podLogDirectory } from '../containers/index.ts';
import type { RuntimeEvent } from '../cri/index.ts';
import { PodProbes } from '../probes/index.ts';
import { podStatus, type ContainerKnowledge } from '../status/index.ts';
import { PodVolumes, VolumeError } from '../volumes/index.ts';
import { computeActions, type ContainerToStart, type PodActions } from './compute-actions.ts';
import { killContainer, killPod } from './kill-container.ts';
import { containerFieldPath, podText } from './pod-containers.ts';
import type { PodContext } from './pod-context.ts';
import { pruneDeadContainers } from './prune.ts';
import { RuntimePod } from './runtime-pod.ts';
import { ensureSandbox, SandboxError } from './sandbox.ts';
import { startContainer, type StartInput } from './start-container.ts';
import { terminationMessage } from './termination-message.ts';

interface Verdict {
  phase: string;
  reason: string;
  message: string;
}

const DEFAULT_GRACE_SECONDS = 30;
const FORCED_GRACE_SECONDS = 1;
const MIN_RETRY_MS = 500;
const MAX_RETRY_MS = 20_000;
const RETRY_START_MS = 10_000;
const SHOW_PULL_ERROR_MS = 3000;
/** How often an exit that the runtime has announced is looked for before the slow relist has to find it. */
const EXIT_LOOKS = 10;

function goDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

/**
 * Brings one pod to where its spec wants it and keeps it there. Works when something has happened, one step at a time,
 * always from the newest state; everything it knows can be read again from the API server and from the runtime.
 */
export class PodWorker {
  readonly uid: string;
  readonly #context: PodContext;
  readonly #runtime: RuntimePod;
  readonly #volumes: PodVolumes;
  readonly #probes: PodProbes;
  readonly #finished: () => void;
  readonly #startFailures = new Map<string, { reason: string; message: string; retryAt: number }>();
  readonly #messages = new Map<string, string>();
  readonly #exitLooks = new Map<string, number>();
  readonly #endWaiters = new Map<string, Set<() => void>>();
  #pod: Pod;
  #mode: 'running' | 'terminated' = 'running';
  #verdict: Verdict | undefined;
  /** Nobody wants the pod any more. */
  #gone = false;
  #forced = false;
  #mustReload = true;
  #mustRefreshVolumes = false;
  #dirty = false;
  #working: Promise<void> | undefined;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #wakeAt = Infinity;
  #syncing = new AbortController();
  #graceInUse = Infinity;

  /** `finished` is called when nothing of the pod is left on the node. */
  constructor(context: PodContext, pod: Pod, seen: (id: string) => void, finished: () => void) {
    this.#context = context;
    this.#pod = pod;
    this.uid = pod.metadata.uid ?? '';
    this.#finished = finished;
    this.#runtime = new RuntimePod(context.runtime.runtime, this.uid, seen);
    this.#volumes = new PodVolumes({
      pod,
      podDirectory: context.podDirectory(this.uid),
      secretDirectory: context.secretDirectory(this.uid),
      node: context.node,
      podIPs: () => this.#runtime.ips,
      objects: context.objects,
      tokens: context.tokens,
      persistentVolumeClaim: (namespace, name) => context.client.resource(resources.persistentVolumeClaims).get({ namespace, name }),
      persistentVolume: (name) => context.client.resource(resources.persistentVolumes).get({ name }),
    });
    this.#probes = new PodProbes({
      runtime: context.runtime.runtime,
      hostIP: context.node.hostIPs[0] ?? '',
      changed: () => this.wake(),
      unhealthy: (kind, container, message) => context.recorder.event(resources.pods, this.#pod, 'Warning', 'Unhealthy', message, containerFieldPath(kind, container.name)),
    });
    context.objects.register(pod);
    context.signal.addEventListener('abort', () => this.#stop(), { once: true });
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** What the runtime has of the pod, as last seen. */
  get runtime(): RuntimePod {
    return this.#runtime;
  }

  update(pod: Pod): void {
    const old = this.#pod;
    this.#pod = pod;
    this.#volumes.update(pod);
    if (old.metadata.generation !== pod.metadata.generation) this.#context.objects.register(pod);
    if (old.metadata.labels !== pod.metadata.labels || old.metadata.annotations !== pod.metadata.annotations) this.#mustRefreshVolumes = true;
    if (pod.metadata.deletionTimestamp !== undefined) {
      this.#syncing.abort();
      this.#shortenGrace();
    }
    this.wake();
  }

  /** Nobody wants the pod any more: what is left of it here has to go; `forced`: at once. */
  remove(forced: boolean): void {
    this.#gone = true;
    this.#forced = forced;
    this.#syncing.abort();
    this.#shortenGrace();
    this.wake();
  }

  /** A config map or secret of the pod has changed. */
  objectsChanged(): void {
    this.#mustRefreshVolumes = true;
    for (const [name, failure] of this.#startFailures) if (failure.reason === 'CreateContainerConfigError') this.#startFailures.set(name, { ...failure, retryAt: 0 });
    this.wake();
  }

  runtimeEvent({ containerId, type }: RuntimeEvent): void {
    if (type === 'exited') this.#exitLooks.set(containerId, EXIT_LOOKS);
    if (type === 'exited' || (type === 'started' && this.#runtime.container(containerId) === undefined)) this.wake();
  }

  /** Reads everything from the runtime again. */
  relist(): void {
    this.#mustReload = true;
    this.wake();
  }

  /** Whether the container waits to be started again. */
  isWaiting(name: string): boolean {
    return this.#startFailures.has(name);
  }

  /** Why the container does not run. */
  waitingReason(name: string): string {
    return this.#startFailures.get(name)?.reason ?? this.#shown(name)?.state.waiting?.reason ?? 'ContainerCreating';
  }

  /** Resolves when the container has ended, or when `signal` aborts. */
  containerEnded(id: string, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiters = this.#endWaiters.get(id) ?? new Set();
    this.#endWaiters.set(id, waiters.add(resolve));
    signal.addEventListener('abort', () => {
      waiters.delete(resolve);
      resolve();
    }, { once: true });
    this.#tellEnded();
    return promise;
  }

  wake(): void {
    this.#dirty = true;
    if (this.#context.signal.aborted) return;
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
      if (this.#dirty) this.wake();
    });
  }

  /** Resolves when the present work, if any, has ended. */
  async settled(): Promise<void> {
    await this.#working;
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#syncing.abort();
    this.#probes.stop();
  }

  async #work(): Promise<void> {
    // Events that come together are one reason to work.
    await Promise.resolve();
    while (this.#dirty && !this.#context.signal.aborted) {
      this.#dirty = false;
      try {
        await this.#step();
        this.#failures = 0;
      } catch (error) {
        if (this.#context.signal.aborted) return;
        if (!this.#syncing.signal.aborted) this.#failed(error);
      }
    }
  }

  #failed(error: unknown): void {
    if (!(error instanceof VolumeError) && !(error instanceof SandboxError)) this.#context.onError(error, this.#pod);
    this.#mustReload = true;
    this.#wakeBy(Date.now() + Math.min(MIN_RETRY_MS * 2 ** this.#failures++, MAX_RETRY_MS));
  }

  #wakeBy(time: number): void {
    if (time >= this.#wakeAt || this.#context.signal.aborted) return;
    clearTimeout(this.#timer);
    this.#wakeAt = time;
    this.#timer = setTimeout(() => {
      this.#wakeAt = Infinity;
      this.wake();
    }, Math.min(Math.max(time - Date.now(), 0), 0x7fffffff));
  }

  async #step(): Promise<void> {
    await this.#look();
    if (this.#mode === 'terminated') return this.#afterEnd();
    if (this.#gone || this.#pod.metadata.deletionTimestamp !== undefined || this.#verdict !== undefined) return this.#terminate();
    this.#checkDeadline();
    if (this.#verdict !== undefined) return this.#terminate();
    this.#syncing = new AbortController();
    await this.#sync();
  }

  /** Learns from the runtime what has changed. */
  async #look(): Promise<void> {
    if (this.#mustReload) {
      this.#mustReload = false;
      await this.#runtime.reload().catch((error: unknown) => {
        this.#mustReload = true;
        throw error;
      });
    }
    for (const [id, looks] of this.#exitLooks) await this.#lookForExit(id, looks);
    this.#tellEnded();
    const logs = podLogDirectory(this.#context.sandbox.podLogs, this.#pod);
    for (const container of this.#runtime.containers) {
      if (container.state !== 'CONTAINER_EXITED' || this.#messages.has(container.id)) continue;
      this.#messages.set(container.id, await terminationMessage(container, logs));
    }
  }

  #tellEnded(): void {
    for (const [id, waiters] of this.#endWaiters) {
      if (this.#runtime.container(id)?.state === 'CONTAINER_RUNNING') continue;
      this.#endWaiters.delete(id);
      for (const tell of waiters) tell();
    }
  }

  /** The runtime announces an exit a moment before it says so when asked. */
  async #lookForExit(id: string, looks: number): Promise<void> {
    this.#exitLooks.delete(id);
    const isSandbox = this.#runtime.sandboxes.some((sandbox) => sandbox.id === id);
    const status = isSandbox ? await this.#runtime.reloadSandbox(id) : await this.#runtime.reloadContainer(id);
    const alive = status?.state === 'CONTAINER_RUNNING' || status?.state === 'SANDBOX_READY';
    if (!alive || looks === 0) return;
    this.#exitLooks.set(id, looks - 1);
    this.#wakeBy(Date.now() + 10 * 2 ** (EXIT_LOOKS - looks));
  }

  #checkDeadline(): void {
    const { activeDeadlineSeconds } = this.#pod.spec;
    const startTime = this.#oldStatus().startTime;
    if (activeDeadlineSeconds === undefined || startTime === undefined) return;
    const deadline = Date.parse(startTime) + activeDeadlineSeconds * 1000;
    if (Date.now() < deadline) return this.#wakeBy(deadline);
    this.#verdict = { phase: 'Failed', reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' };
    this.#context.recorder.event(resources.pods, this.#pod, 'Normal', 'DeadlineExceeded', this.#verdict.message);
    return undefined;
  }

  async #sync(): Promise<void> {
    this.#probes.sync(this.#pod, this.#runtime);
    this.#forgetStaleFailures();
    const status = this.#publish(false);
    if (status.phase === 'Succeeded' || status.phase === 'Failed') return this.#terminate();
    const actions = computeActions(this.#pod, this.#runtime, this.#probes);
    if (actions.killPod) {
      await this.#killAll(actions);
      if (!actions.createSandbox) {
        this.#dirty = true;
        return;
      }
    }
    await this.#killContainers(actions);
    if (actions.createSandbox || actions.start.length > 0) await this.#start(actions);
    else await this.#refreshVolumes();
    const next = this.#volumes.refreshAt();
    if (next !== undefined) this.#wakeBy(next);
  }

  async #killAll({ createSandbox }: PodActions): Promise<void> {
    if (createSandbox) this.#context.recorder.event(resources.pods, this.#pod, 'Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.');
    await killPod(this.#context, this.#pod, this.#runtime, this.#pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS);
    await this.#runtime.reload();
    await this.#look();
  }

  async #killContainers({ kill }: PodActions): Promise<void> {
    const podIP = this.#runtime.ips[0] ?? this.#context.node.hostIPs[0] ?? '';
    await Promise.all(
      kill.map(async ({ status, message, reason }) => {
        const container = this.#pod.spec.containers.find(({ name }) => name === status.metadata.name);
        const probe = reason === 'LivenessProbe' ? container?.livenessProbe : reason === 'StartupProbe' ? container?.startupProbe : undefined;
        const graceSeconds = probe?.terminationGracePeriodSeconds ?? this.#pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
        await killContainer(this.#context, status, { pod: this.#pod, podIP, graceSeconds, message });
        await this.#runtime.reloadContainer(status.id);
      }),
    );
    if (kill.length > 0) await this.#look();
  }

  async #start(actions: PodActions): Promise<void> {
    const { signal } = this.#syncing;
    const pod = this.#pod;
    await mkdir(this.#context.podDirectory(this.uid), { recursive: true });
    const volumes = this.#volumes.setUp().catch((error: unknown) => this.#reportVolume(error));
    volumes.catch(() => {});
    const { sandboxId, config } = await ensureSandbox(this.#context, pod, this.#runtime, actions, signal);
    await volumes;
    signal.throwIfAborted();
    await this.#refreshVolumes();
    const todo = actions.createSandbox ? computeActions(pod, this.#runtime, this.#probes).start : actions.start;
    const input: StartInput = { pod, runtime: this.#runtime, sandboxId, sandbox: config, volumes: this.#volumes, signal, knownRestarts: (name) => this.#shownRestarts(name) };
    let started = false;
    for (const item of todo) started = (await this.#startOne(item, input)) || started;
    await pruneDeadContainers(this.#context.runtime.runtime, this.#runtime, podLogDirectory(this.#context.sandbox.podLogs, pod));
    this.#probes.sync(pod, this.#runtime);
    // What comes next may have waited for what has just started.
    this.#dirty ||= started;
  }

  #reportVolume(error: unknown): never {
    if (error instanceof VolumeError) this.#context.recorder.event(resources.pods, this.#pod, 'Warning', 'FailedMount', error.message);
    throw error;
  }

  async #refreshVolumes(): Promise<void> {
    const due = (this.#volumes.refreshAt() ?? Infinity) <= Date.now();
    if (!this.#mustRefreshVolumes && !due) return;
    this.#mustRefreshVolumes = false;
    await this.#volumes.refresh().catch((error: unknown) => this.#reportVolume(error));
  }

  /** Whether the container was started. */
  async #startOne(item: ContainerToStart, input: StartInput): Promise<boolean> {
    const { name } = item.container;
    if (this.#mustWait(item)) return false;
    let started = true;
    try {
      await startContainer(this.#context, item, input);
      this.#startFailures.delete(name);
    } catch (error) {
      input.signal.throwIfAborted();
      const { reason, message, retryAt = Date.now() + RETRY_START_MS } = error as { reason?: string; message: string; retryAt?: number };
      if (reason === undefined) throw error;
      started = false;
      // A failed pull shows as such for a moment before it shows as backing off.
      this.#setStartFailure(name, reason, message, reason === 'ErrImagePull' ? Date.now() + SHOW_PULL_ERROR_MS : retryAt);
    }
    this.#publish(false);
    return started;
  }

  #setStartFailure(name: string, reason: string, message: string, retryAt: number): void {
    this.#startFailures.set(name, { reason, message, retryAt });
    this.#wakeBy(retryAt);
  }

  /** Whether the container failed a moment ago and has to wait before it is started again. */
  #mustWait({ kind, container }: ContainerToStart): boolean {
    const failure = this.#startFailures.get(container.name);
    if (failure !== undefined && failure.retryAt > Date.now()) {
      this.#wakeBy(failure.retryAt);
      return true;
    }
    const newest = this.#runtime.newest(container.name);
    if (newest?.state !== 'CONTAINER_EXITED') return false;
    const key = `${this.uid}/${container.name}/${containerHash(container)}`;
    const until = this.#context.crashBackOff.blockedSince(key, newest.finishedAt / 1e6);
    if (until === undefined) {
      this.#context.crashBackOff.fail(key);
      return false;
    }
    const wait = goDuration(this.#context.crashBackOff.delay(key));
    this.#setStartFailure(container.name, 'CrashLoopBackOff', `back-off ${wait} restarting failed container=${container.name} pod=${podText(this.#pod)}`, until);
    const message = `Back-off restarting failed container ${container.name} in pod ${podText(this.#pod)}`;
    this.#context.recorder.event(resources.pods, this.#pod, 'Warning', 'BackOff', message, containerFieldPath(kind, container.name));
    this.#publish(false);
    return true;
  }

  #forgetStaleFailures(): void {
    for (const name of this.#startFailures.keys()) {
      if (this.#runtime.newest(name)?.state === 'CONTAINER_RUNNING') this.#startFailures.delete(name);
    }
  }

  async #terminate(): Promise<void> {
    this.#probes.stopKilling();
    const pod = this.#pod;
    if (!this.#gone) this.#publish(false);
    if (this.#runtime.running.length > 0 || this.#runtime.sandboxes.some(({ state }) => state === 'SANDBOX_READY')) {
      this.#graceInUse = this.#graceSeconds();
      await killPod(this.#context, pod, this.#runtime, this.#graceInUse);
      await this.#runtime.reload();
      await this.#look();
    }
    this.#probes.stop();
    if (!this.#gone) {
      this.#publish(true);
      await this.#context.statuses.flush(this.uid);
    }
    await this.#volumes.tearDown();
    await this.#context.cgroups?.remove(pod);
    this.#context.tokens.forget(this.uid);
    this.#context.images.forget(this.uid);
    this.#context.crashBackOff.forgetPrefix(`${this.uid}/`);
    this.#mode = 'terminated';
    await this.#afterEnd();
  }

  /** The pod has ended: lets the API server forget it when it wants to, and clears away what is left once it has. */
  async #afterEnd(): Promise<void> {
    const { name, namespace, deletionTimestamp } = this.#pod.metadata;
    if (!this.#gone && deletionTimestamp !== undefined) {
      try {
        await this.#context.client.resource(resources.pods).delete({ name, namespace }, { gracePeriodSeconds: 0, preconditions: { uid: this.uid } });
      } catch (error) {
        if (!isNotFound(error)) throw error;
        this.#gone = true;
      }
    }
    if (!this.#gone) return;
    for (const { id } of this.#runtime.sandboxes) await this.#context.runtime.runtime.removePodSandbox(id);
    await rm(podLogDirectory(this.#context.sandbox.podLogs, this.#pod), { recursive: true, force: true });
    this.#context.objects.unregister(this.uid);
    this.#context.statuses.forget(this.uid);
    clearTimeout(this.#timer);
    this.#finished();
  }

  #graceSeconds(): number {
    const { deletionTimestamp, deletionGracePeriodSeconds } = this.#pod.metadata;
    const own = this.#pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
    if (this.#gone) return this.#forced ? FORCED_GRACE_SECONDS : own;
    return deletionTimestamp === undefined ? own : Math.max(deletionGracePeriodSeconds ?? own, FORCED_GRACE_SECONDS);
  }

  /** A second, more impatient delete hastens the first. */
  #shortenGrace(): void {
    const grace = this.#graceSeconds();
    if (this.#graceInUse === Infinity || grace >= this.#graceInUse) return;
    this.#graceInUse = grace;
    killPod(this.#context, this.#pod, this.#runtime, grace).catch((error: unknown) => this.#context.onError(error, this.#pod));
  }

  #oldStatus(): PodStatus {
    const known = this.#context.statuses.get(this.uid);
    const shown = this.#pod.status ?? {};
    if (known === undefined) return shown;
    const types = new Set(known.conditions?.map(({ type }) => type));
    return { ...known, conditions: [...(known.conditions ?? []), ...(shown.conditions ?? []).filter(({ type }) => !types.has(type))] };
  }

  #shown(name: string): ContainerStatus | undefined {
    const { containerStatuses = [], initContainerStatuses = [] } = this.#oldStatus();
    return [...containerStatuses, ...initContainerStatuses].find((status) => status.name === name);
  }

  #shownRestarts(name: string): number | undefined {
    const shown = this.#shown(name);
    if (shown === undefined || (!shown.containerID && !shown.lastState.terminated)) return undefined;
    return shown.restartCount + (shown.containerID ? 1 : 0);
  }

  #publish(terminal: boolean): PodStatus {
    const knowledge: ContainerKnowledge = {
      startFailure: (name) => this.#startFailures.get(name),
      terminationMessage: (id) => this.#messages.get(id) || this.#shownMessage(id),
      ready: (id) => this.#probes.ready(id),
      started: (id) => this.#probes.started(id),
    };
    const { hostIPs } = this.#context.node;
    const status = podStatus({ pod: this.#pod, old: this.#oldStatus(), runtime: this.#runtime, knowledge, hostIPs, terminal, verdict: this.#verdict, now: new Date() });
    this.#context.statuses.set(this.#pod, status);
    return status;
  }

  /** Words that an earlier kubelet read, and whose file is gone. */
  #shownMessage(id: string): string | undefined {
    const { containerStatuses = [], initContainerStatuses = [] } = this.#pod.status ?? {};
    const states = [...containerStatuses, ...initContainerStatuses].flatMap(({ state, lastState }) => [state.terminated, lastState.terminated]);
    return states.find((state) => state?.containerID === `containerd://${id}`)?.message;
  }
}
