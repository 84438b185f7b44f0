import type { Binding, Pod } from '#api/generated/core-v1.ts';
import { isConflict, isNotFound, timestamp } from '#apimachinery';
import { resources, type Client, type EventRecorder } from '#client';
import { ClusterState } from './cluster/cluster-state.ts';
import { podInfoOf, podKey } from './cluster/pod-info.ts';
import { NodeFinder } from './framework/find-node.ts';
import type { Plugin } from './framework/plugin.ts';
import { SchedulingQueue } from './queue/scheduling-queue.ts';

export interface SchedulerParts {
  client: Client;
  recorder: EventRecorder;
  plugins: readonly Plugin[];
  /** Runs before a pod is bound, for claims that wait for their first consumer. */
  beforeBind(pod: Pod, node: string): Promise<void>;
  log(message: string, error?: unknown): void;
}

/** The scheduler shares its thread: after so many ms others get their turn. */
const SLICE_MS = 4;
/** Bindings under way at once. */
const MAX_BINDING = 64;

/**
 * Gives pods their nodes, one decision after the other on the newest state. A decision counts at once; writing the
 * binding goes on meanwhile, and is taken back when it fails.
 */
export class Scheduler {
  readonly cluster = new ClusterState();
  readonly queue = new SchedulingQueue(() => this.#run());
  readonly #parts: SchedulerParts;
  readonly #finder: NodeFinder;
  /** Pods placed by us whose binding has not come back in a watch yet. */
  readonly #assumed = new Set<string>();
  #binding = 0;
  #scheduled = false;
  #isOpen = false;

  constructor(parts: SchedulerParts) {
    this.#parts = parts;
    this.#finder = new NodeFinder(parts.plugins, this.cluster);
  }

  /** Begins to place pods: only when the whole cluster is known. */
  open(): void {
    this.#isOpen = true;
    this.#run();
  }

  close(): void {
    this.#isOpen = false;
    this.queue.stop();
  }

  /** A bound pod has been seen. */
  podBound(pod: Pod): void {
    const key = podKey(pod);
    this.#assumed.delete(key);
    this.queue.delete(key);
    if (isFinished(pod)) this.podGone(pod);
    else this.cluster.place(pod, pod.spec.nodeName ?? '');
  }

  podGone(pod: Pod): void {
    const key = podKey(pod);
    this.#assumed.delete(key);
    const was = this.cluster.isPlaced(key);
    this.cluster.remove(key);
    this.queue.delete(key);
    if (was) this.queue.wake();
  }

  podWaits(pod: Pod): void {
    if (!this.#assumed.has(podKey(pod))) this.queue.set(pod);
  }

  #run(): void {
    if (this.#scheduled || !this.#isOpen) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#slice();
    });
  }

  #slice(): void {
    const until = performance.now() + SLICE_MS;
    while (this.#isOpen && this.#binding < MAX_BINDING) {
      const next = this.queue.take();
      if (next === undefined) return;
      this.#scheduleOne(next.pod, next.attempts);
      if (performance.now() < until) continue;
      this.#run();
      return;
    }
  }

  #scheduleOne(pod: Pod, attempts: number): void {
    const info = podInfoOf(pod);
    const placement = this.#finder.find(info);
    if (placement.node === undefined) {
      this.queue.giveBack(pod, attempts, 'unschedulable');
      void this.#reportFailure(pod, placement.message);
      return;
    }
    this.cluster.place(pod, placement.node, info);
    this.#assumed.add(info.key);
    this.#binding++;
    void this.#bind(pod, placement.node, attempts).finally(() => {
      this.#binding--;
      this.#run();
    });
  }

  async #bind(pod: Pod, node: string, attempts: number): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    const binding: Binding = { metadata: { name, namespace, uid }, target: { kind: 'Node', name: node } };
    try {
      await this.#parts.beforeBind(pod, node);
      await this.#parts.client.resource(resources.pods).createSubresource({ name, namespace }, 'binding', binding);
      this.#parts.recorder.event(resources.pods, pod, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${node}`);
    } catch (error) {
      const key = podKey(pod);
      if (!this.#assumed.delete(key)) return;
      this.cluster.remove(key);
      if (isNotFound(error)) return;
      if (!isConflict(error)) this.#parts.log(`binding ${key} to ${node} failed`, error);
      this.queue.giveBack(pod, attempts, 'error');
      this.queue.wake();
    }
  }

  async #reportFailure(pod: Pod, message: string): Promise<void> {
    this.#parts.recorder.event(resources.pods, pod, 'Warning', 'FailedScheduling', message);
    const before = pod.status.conditions?.find(({ type }) => type === 'PodScheduled');
    if (before?.status === 'False' && before.message === message) return;
    const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message, lastTransitionTime: before?.lastTransitionTime ?? timestamp() };
    const { name, namespace } = pod.metadata;
    try {
      await this.#parts.client.resource(resources.pods).patch({ name, namespace }, 'strategic', { status: { conditions: [condition] } }, { subresource: 'status' });
    } catch (error) {
      if (!isNotFound(error)) this.#parts.log(`reporting on ${podKey(pod)} failed`, error);
    }
  }
}

export function isFinished({ status }: Pod): boolean {
  return status.phase === 'Succeeded' || status.phase === 'Failed';
}
