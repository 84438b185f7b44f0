import { mkdir, rm } from 'node:fs/promises';
import { isNotFound } from '#apimachinery';
import type { Pod, PodStatus } from '#api/generated/core-v1.ts';
import { resources } from '#client';
import { podLogDirectory } from '../containers/index.ts';
import type { RuntimeEvent } from '../cri/index.ts';
import { PodProbes } from '../probes/index.ts';
import { PodVolumes, VolumeError } from '../volumes/index.ts';
import { computeActions, type PodActions } from './compute-actions.ts';
import { ContainerResizes } from './container-resizes.ts';
import { ContainerStarts } from './container-starts.ts';
import { ExitWatch } from './exit-watch.ts';
import { killContainer, killPod } from './kill-container.ts';
import { containerFieldPath } from './pod-containers.ts';
import type { PodContext } from './pod-context.ts';
import { pruneDeadContainers } from './prune.ts';
import { RuntimePod } from './runtime-pod.ts';
import { ensureSandbox, SandboxError } from './sandbox.ts';
import type { StartInput } from './start-container.ts';
import { StatusView, type Verdict } from './status-view.ts';

const DEFAULT_GRACE_SECONDS = 30;
const FORCED_GRACE_SECONDS = 1;
const MIN_RETRY_MS = 500;
const MAX_RETRY_MS = 20_000;
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
  readonly #starts: ContainerStarts;
  readonly #resizes: ContainerResizes;
  readonly #exits: ExitWatch;
  readonly #view: StatusView;
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
      unhealthy: (kind, container, message) =>
        context.recorder.event(resources.pods, this.#pod, 'Warning', 'Unhealthy', message, containerFieldPath(kind, container.name)),
    });
    const wakeBy = (time: number): void => this.#wakeBy(time);
    this.#starts = new ContainerStarts(context, this.#runtime, wakeBy);
    this.#resizes = new ContainerResizes(context, this.#runtime);
    this.#exits = new ExitWatch(this.#runtime, wakeBy);
    this.#view = new StatusView(context, this.#runtime, this.#probes, this.#starts, this.#resizes);
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
    if (old.metadata.labels !== pod.metadata.labels || old.metadata.annotations !== pod.metadata.annotations)
      this.#mustRefreshVolumes = true;
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
    this.#starts.retryConfigErrors();
    this.wake();
  }

  runtimeEvent({ containerId, type }: RuntimeEvent): void {
    if (type === 'exited') this.#exits.announced(containerId);
    if (type === 'exited' || (type === 'started' && this.#runtime.container(containerId) === undefined)) this.wake();
  }

  /** Reads everything from the runtime again. */
  relist(): void {
    this.#mustReload = true;
    this.wake();
  }

  /** Whether the container waits to be started again. */
  isWaiting(name: string): boolean {
    return this.#starts.failure(name) !== undefined;
  }

  /** Why the container does not run. */
  waitingReason(name: string): string {
    return this.#starts.failure(name)?.reason ?? this.#view.shownContainer(this.#pod, name)?.state.waiting?.reason ?? 'ContainerCreating';
  }

  /** Resolves when the container has ended, or when `signal` aborts. */
  containerEnded(id: string, signal: AbortSignal): Promise<void> {
    return this.#exits.ended(id, signal);
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
        this.#mustReload = true;
        if (!this.#syncing.signal.aborted) this.#failed(error);
      }
    }
  }

  #failed(error: unknown): void {
    if (!(error instanceof VolumeError) && !(error instanceof SandboxError)) this.#report(error);
    this.#wakeBy(Date.now() + Math.min(MIN_RETRY_MS * 2 ** this.#failures++, MAX_RETRY_MS));
  }

  #wakeBy(time: number): void {
    if (time >= this.#wakeAt || this.#context.signal.aborted) return;
    clearTimeout(this.#timer);
    this.#wakeAt = time;
    this.#timer = setTimeout(
      () => {
        this.#wakeAt = Infinity;
        this.wake();
      },
      Math.min(Math.max(time - Date.now(), 0), 0x7fffffff),
    );
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
    await this.#exits.look();
    await this.#view.collectMessages(this.#pod);
  }

  #checkDeadline(): void {
    const { activeDeadlineSeconds } = this.#pod.spec;
    const startTime = this.#view.shown(this.#pod).startTime;
    if (activeDeadlineSeconds === undefined || startTime === undefined) return;
    const deadline = Date.parse(startTime) + activeDeadlineSeconds * 1000;
    if (Date.now() < deadline) return this.#wakeBy(deadline);
    this.#verdict = {
      phase: 'Failed',
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    };
    this.#context.recorder.event(resources.pods, this.#pod, 'Normal', 'DeadlineExceeded', this.#verdict.message);
    return undefined;
  }

  async #sync(): Promise<void> {
    this.#probes.sync(this.#pod, this.#runtime);
    this.#starts.tidy();
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
    if (await this.#resizes.sync(this.#pod)) this.#publish(false);
    if (actions.createSandbox || actions.start.length > 0) await this.#start(actions);
    else await this.#refreshVolumes();
    const next = this.#volumes.refreshAt();
    if (next !== undefined) this.#wakeBy(next);
  }

  async #killAll({ createSandbox }: PodActions): Promise<void> {
    if (createSandbox)
      this.#context.recorder.event(
        resources.pods,
        this.#pod,
        'Normal',
        'SandboxChanged',
        'Pod sandbox changed, it will be killed and re-created.',
      );
    await killPod(this.#context, this.#pod, this.#runtime, this.#pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS);
    await this.#runtime.reload();
    await this.#look();
  }

  async #killContainers({ kill }: PodActions): Promise<void> {
    const podIP = this.#runtime.ips[0] ?? this.#context.node.hostIPs[0] ?? '';
    await Promise.all(
      kill.map(async ({ status, message, reason }) => {
        const container = this.#pod.spec.containers.find(({ name }) => name === status.metadata.name);
        const probe =
          reason === 'LivenessProbe' ? container?.livenessProbe : reason === 'StartupProbe' ? container?.startupProbe : undefined;
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
    // Side by side, but neither is left behind when the other one fails.
    const volumes = this.#volumes.setUp().catch((error: unknown) => this.#reportVolume(error));
    const [sandbox, mounted] = await Promise.allSettled([ensureSandbox(this.#context, pod, this.#runtime, actions), volumes]);
    if (sandbox.status === 'rejected') throw sandbox.reason;
    if (mounted.status === 'rejected') throw mounted.reason;
    const { sandboxId, config } = sandbox.value;
    signal.throwIfAborted();
    await this.#refreshVolumes();
    const todo = actions.createSandbox ? computeActions(pod, this.#runtime, this.#probes).start : actions.start;
    const input: StartInput = {
      pod,
      runtime: this.#runtime,
      sandboxId,
      sandbox: config,
      volumes: this.#volumes,
      signal,
      knownRestarts: (name) => this.#view.shownRestarts(pod, name),
    };
    let started = false;
    for (const item of todo) {
      started = (await this.#starts.start(item, input)) || started;
      // First its probes: a container with a readiness probe is not ready before that has said so.
      this.#probes.sync(pod, this.#runtime);
      this.#publish(false);
    }
    await pruneDeadContainers(this.#context.runtime.runtime, this.#runtime, podLogDirectory(this.#context.sandbox.podLogs, pod));
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
        await this.#context.client
          .resource(resources.pods)
          .delete({ name, namespace }, { gracePeriodSeconds: 0, preconditions: { uid: this.uid } });
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

  #report(error: unknown): void {
    const { name, namespace } = this.#pod.metadata;
    this.#context.report(`pod ${namespace}/${name}`, error);
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
    killPod(this.#context, this.#pod, this.#runtime, grace).catch((error: unknown) => this.#report(error));
  }

  #publish(terminal: boolean): PodStatus {
    return this.#view.publish(this.#pod, terminal, this.#verdict);
  }
}
