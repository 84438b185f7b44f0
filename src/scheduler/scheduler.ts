import type { Binding, Pod } from '#api/generated/core-v1.ts';
import type { PodDisruptionBudget } from '#api/generated/policy-v1.ts';
import { isConflict, isNotFound, timestamp } from '#apimachinery';
import { resources, type Client, type EventRecorder } from '#client';
import { ClusterState } from './cluster/cluster-state.ts';
import { podInfoOf, podKey, type PodInfo } from './cluster/pod-info.ts';
import { NodeFinder, unavailable, type Placement } from './framework/find-node.ts';
import { findPreemption, type Preemption } from './framework/preemption.ts';
import type { Plugin } from './framework/plugin.ts';
import { SchedulingQueue } from './queue/scheduling-queue.ts';

export interface SchedulerParts {
  client: Client;
  recorder: EventRecorder;
  plugins: readonly Plugin[];
  /** Runs before a pod is bound, for claims that wait for their first consumer. */
  beforeBind(pod: Pod, node: string): Promise<void>;
  /** The PodDisruptionBudgets that making room should respect. */
  budgets(): readonly PodDisruptionBudget[];
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
    const isNew = this.#assumed.delete(key) || !this.cluster.isPlaced(key);
    this.queue.delete(key);
    if (isFinished(pod)) return this.podGone(pod);
    this.cluster.place(pod, pod.spec.nodeName ?? '');
    if (isNew) this.queue.wake('podPlaced');
    return undefined;
  }

  podGone(pod: Pod): void {
    const key = podKey(pod);
    this.#assumed.delete(key);
    const was = this.cluster.isPlaced(key);
    this.cluster.remove(key);
    this.cluster.forgetNomination(key);
    this.queue.delete(key);
    if (was) this.queue.wake('podGone');
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
      this.queue.giveBack(pod, attempts, 'unschedulable', placement.helpedBy);
      const preemption = this.#preempt(info, placement);
      void this.#reportFailure(pod, preemption === undefined ? placement.message : `${placement.message} preemption: ${preemption}`);
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

  /** Makes room for a pod that is more important than others. Returns why it could not, for people; undefined: it did. */
  #preempt(info: PodInfo, { resolvable, fits }: Extract<Placement, { node: undefined }>): string | undefined {
    const all = this.cluster.order.length;
    if (all === 0) return undefined;
    if (info.pod.spec.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.';
    if (this.#isBeingMade(info)) return 'not eligible due to a terminating pod on the nominated node.';
    const preemption = findPreemption(info, resolvable, fits, this.cluster, this.#parts.budgets());
    if (preemption === undefined) {
      const reasons = new Map<string, number>();
      if (resolvable.length > 0) reasons.set('No preemption victims found for incoming pod', resolvable.length);
      if (all > resolvable.length) reasons.set('Preemption is not helpful for scheduling', all - resolvable.length);
      return unavailable(all, reasons);
    }
    this.cluster.nominate(info, preemption.node.name);
    void this.#makeRoom(info.pod, preemption);
    return undefined;
  }

  /** Room was made already and the victims are still on their way out. */
  #isBeingMade({ key, priority }: PodInfo): boolean {
    const node = this.cluster.nodes.get(this.cluster.nominatedNode(key) ?? '');
    return [...(node?.pods.values() ?? [])].some(
      (other) => other.priority < priority && other.pod.metadata.deletionTimestamp !== undefined,
    );
  }

  async #makeRoom(pod: Pod, { node, victims }: Preemption): Promise<void> {
    const pods = this.#parts.client.resource(resources.pods);
    const { name, namespace, uid } = pod.metadata;
    try {
      await pods.patch({ name, namespace }, 'merge', { status: { nominatedNodeName: node.name } }, { subresource: 'status' });
      await Promise.all(victims.map((victim) => this.#evict(victim.pod, `Preempted by pod ${uid} on node ${node.name}`)));
    } catch (error) {
      this.cluster.forgetNomination(podKey(pod));
      if (!isNotFound(error)) this.#parts.log(`making room for ${podKey(pod)} failed`, error);
    }
  }

  async #evict(victim: Pod, why: string): Promise<void> {
    const pods = this.#parts.client.resource(resources.pods);
    const { name, namespace, uid } = victim.metadata;
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'PreemptionByScheduler',
      message: `${victim.spec.schedulerName}: preempting to accommodate a higher priority pod`,
      lastTransitionTime: timestamp(),
    };
    try {
      await pods.patch({ name, namespace }, 'strategic', { status: { conditions: [condition] } }, { subresource: 'status' });
      await pods.delete({ name, namespace }, { preconditions: { uid } });
      this.#parts.recorder.event(resources.pods, victim, 'Normal', 'Preempted', why);
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
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
      this.queue.wake('podGone');
    }
  }

  async #reportFailure(pod: Pod, message: string): Promise<void> {
    this.#parts.recorder.event(resources.pods, pod, 'Warning', 'FailedScheduling', message);
    const before = pod.status.conditions?.find(({ type }) => type === 'PodScheduled');
    if (before?.status === 'False' && before.message === message) return;
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastTransitionTime: before?.lastTransitionTime ?? timestamp(),
    };
    const { name, namespace } = pod.metadata;
    try {
      await this.#parts.client
        .resource(resources.pods)
        .patch({ name, namespace }, 'strategic', { status: { conditions: [condition] } }, { subresource: 'status' });
    } catch (error) {
      if (!isNotFound(error)) this.#parts.log(`reporting on ${podKey(pod)} failed`, error);
    }
  }
}

export function isFinished({ status }: Pod): boolean {
  return status.phase === 'Succeeded' || status.phase === 'Failed';
}
