import type { Container, Pod, Probe } from '#api/generated/core-v1.ts';
import type { RuntimeService } from '../cri/index.ts';
import { isRestartableInit, podContainers, type ContainerKind } from '../pods/pod-containers.ts';
import type { ProbeResults } from '../pods/compute-actions.ts';
import type { RuntimePod } from '../pods/runtime-pod.ts';
import { runProbe, type ProbeTarget } from './run-probe.ts';

export type ProbeType = 'Startup' | 'Liveness' | 'Readiness';

export interface PodProbesOptions {
  runtime: RuntimeService;
  /** For the pod's host network. */
  hostIP: string;
  /** A result has changed: the pod needs another look. */
  changed(): void;
  unhealthy(kind: ContainerKind, container: Container, message: string): void;
}

/**
 * A container without a readiness probe is ready once it has run for so long: one that dies at once must not look ready
 * for a moment, or a rollout would take good pods away for it.
 */
const SETTLE_MS = 100;

const PROBES: readonly { type: ProbeType; of: (container: Container) => Probe | undefined }[] = [
  { type: 'Startup', of: (container) => container.startupProbe },
  { type: 'Liveness', of: (container) => container.livenessProbe },
  { type: 'Readiness', of: (container) => container.readinessProbe },
];

/** One probe of one running container: waits, tries, counts. */
class ProbeLoop {
  readonly type: ProbeType;
  /** Undefined until something is known. */
  good: boolean | undefined;
  readonly #probe: Probe;
  readonly #try: () => Promise<boolean | undefined>;
  readonly #changed: () => void;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #last: boolean | undefined;
  #count = 0;

  constructor(type: ProbeType, probe: Probe, attempt: () => Promise<boolean | undefined>, changed: () => void) {
    this.type = type;
    this.#probe = probe;
    this.#try = attempt;
    this.#changed = changed;
  }

  /** `startedAt` in milliseconds since 1970. */
  start(startedAt: number): void {
    const wait = startedAt + (this.#probe.initialDelaySeconds ?? 0) * 1000 - Date.now();
    this.#arm(Math.max(wait, 0));
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #arm(milliseconds: number): void {
    this.#timer = setTimeout(() => void this.#round(), milliseconds);
  }

  async #round(): Promise<void> {
    const good = await this.#try();
    if (this.#stopped) return;
    if (good !== undefined) this.#take(good);
    // A startup probe has done its work with its first success; a failed container is about to be killed.
    const over = this.good !== undefined && (this.type === 'Startup' || (this.type === 'Liveness' && !this.good));
    if (!over) this.#arm((this.#probe.periodSeconds || 10) * 1000);
  }

  #take(good: boolean): void {
    this.#count = good === this.#last ? this.#count + 1 : 1;
    this.#last = good;
    const threshold = good ? this.#probe.successThreshold || 1 : this.#probe.failureThreshold || 3;
    if (this.#count < threshold || this.good === good) return;
    this.good = good;
    this.#changed();
  }
}

interface Probed {
  /** When a container without a readiness probe counts as ready; ms since 1970. */
  settledAt: number;
  settling?: NodeJS.Timeout;
  loops: Map<ProbeType, ProbeLoop>;
}

/** All probes of one pod. */
export class PodProbes implements ProbeResults {
  readonly #options: PodProbesOptions;
  readonly #probed = new Map<string, Probed>();

  constructor(options: PodProbesOptions) {
    this.#options = options;
  }

  /** Probes what runs now and nothing else. */
  sync(pod: Pod, runtime: RuntimePod): void {
    const running = new Set(runtime.running.map(({ id }) => id));
    for (const id of this.#probed.keys()) if (!running.has(id)) this.#forget(id);
    for (const { kind, container } of podContainers(pod)) {
      if (kind === 'ephemeral' || (kind === 'init' && !isRestartableInit(container))) continue;
      const status = runtime.newest(container.name);
      if (status?.state === 'CONTAINER_RUNNING')
        this.#probe(
          kind,
          { pod, container, containerId: status.id, podIP: runtime.ips[0] ?? this.#options.hostIP },
          status.startedAt / 1e6,
        );
    }
  }

  started(containerId: string): boolean {
    const loop = this.#loop(containerId, 'Startup');
    return loop === undefined || loop.good === true;
  }

  ready(containerId: string): boolean {
    const loop = this.#loop(containerId, 'Readiness');
    if (loop !== undefined) return loop.good === true;
    return (this.#probed.get(containerId)?.settledAt ?? 0) <= Date.now();
  }

  failed(containerId: string): { reason: 'StartupProbe' | 'LivenessProbe' } | undefined {
    if (this.#loop(containerId, 'Startup')?.good === false) return { reason: 'StartupProbe' };
    return this.#loop(containerId, 'Liveness')?.good === false ? { reason: 'LivenessProbe' } : undefined;
  }

  /** Liveness and startup probes have no say any more once the pod ends. */
  stopKilling(): void {
    for (const { loops } of this.#probed.values()) {
      loops.get('Startup')?.stop();
      loops.get('Liveness')?.stop();
    }
  }

  stop(): void {
    for (const id of this.#probed.keys()) this.#forget(id);
  }

  #loop(containerId: string, type: ProbeType): ProbeLoop | undefined {
    return this.#probed.get(containerId)?.loops.get(type);
  }

  #forget(id: string): void {
    const probed = this.#probed.get(id);
    for (const loop of probed?.loops.values() ?? []) loop.stop();
    clearTimeout(probed?.settling);
    this.#probed.delete(id);
  }

  /** Says so when the container counts as ready. Timers count from the begin of the loop's turn and so come early at times. */
  #settle(probed: Probed): void {
    const left = probed.settledAt - Date.now();
    if (left <= 0) return this.#options.changed();
    probed.settling = setTimeout(() => this.#settle(probed), Math.ceil(left));
    return undefined;
  }

  #probe(kind: ContainerKind, target: ProbeTarget, startedAt: number): void {
    if (this.#probed.has(target.containerId)) return;
    const loops = new Map<ProbeType, ProbeLoop>();
    const probed: Probed = { loops, settledAt: startedAt + SETTLE_MS };
    this.#probed.set(target.containerId, probed);
    for (const { type, of } of PROBES) {
      const probe = of(target.container);
      if (probe === undefined) continue;
      loops.set(
        type,
        new ProbeLoop(
          type,
          probe,
          () => this.#attempt(kind, type, probe, target),
          () => this.#settled(type, target, startedAt),
        ),
      );
    }
    if (!loops.has('Readiness') && probed.settledAt > Date.now()) this.#settle(probed);
    const startup = loops.get('Startup');
    if (startup !== undefined) startup.start(startedAt);
    else for (const loop of loops.values()) loop.start(startedAt);
  }

  /** The other probes wait for the startup probe. */
  #settled(type: ProbeType, { containerId }: ProbeTarget, startedAt: number): void {
    if (type === 'Startup' && this.#loop(containerId, 'Startup')?.good === true) {
      for (const loop of this.#probed.get(containerId)?.loops.values() ?? []) if (loop.type !== 'Startup') loop.start(startedAt);
    }
    this.#options.changed();
  }

  async #attempt(kind: ContainerKind, type: ProbeType, probe: Probe, target: ProbeTarget): Promise<boolean | undefined> {
    const { result, output } = await runProbe(this.#options.runtime, probe, target);
    if (!this.#probed.has(target.containerId) || result === 'success') return result === 'success';
    const text =
      result === 'failure' ? `${type} probe failed: ${output}` : `${type} probe errored and resulted in unknown state: ${output}`;
    this.#options.unhealthy(kind, target.container, text);
    return result === 'failure' ? false : undefined;
  }
}
