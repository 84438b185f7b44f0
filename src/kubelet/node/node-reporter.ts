import { isAlreadyExists, isConflict, isNotFound, jsonEqual, microTimestamp } from '#apimachinery';
import type { Node, NodeCondition, NodeStatus, Taint } from '#api/generated/core-v1.ts';
import type { Lease } from '#api/generated/coordination-v1.ts';
import { delay, resources, type Client, type EventRecorder } from '#client';
import { machineArchitecture } from './machine-info.ts';
import { nodeStatus, type NodeStatusSource } from './node-status.ts';

export interface NodeReporterOptions {
  client: Client;
  recorder: EventRecorder;
  nodeName: string;
  labels: Readonly<Record<string, string>>;
  taints: readonly Taint[];
  source: NodeStatusSource;
  signal: AbortSignal;
  onPodCidr?(cidr: string, cidrs: readonly string[]): void | Promise<void>;
  onError(error: unknown): void;
}

const STATUS_MS = 10_000;
/** An unchanged status is written this often only; the lease tells that the node lives. */
const REPORT_MS = 300_000;
const LEASE_SECONDS = 40;
const RENEW_MS = 10_000;
const RETRY_MS = 200;
const MAX_RETRY_MS = 7000;
const LEASE_NAMESPACE = 'kube-node-lease';

const EVENTS: Record<string, { True: string; False: string }> = {
  MemoryPressure: { True: 'NodeHasInsufficientMemory', False: 'NodeHasSufficientMemory' },
  DiskPressure: { True: 'NodeHasDiskPressure', False: 'NodeHasNoDiskPressure' },
  PIDPressure: { True: 'NodeHasInsufficientPID', False: 'NodeHasSufficientPID' },
  Ready: { True: 'NodeReady', False: 'NodeNotReady' },
};

function withoutTimes(status: NodeStatus | undefined): unknown {
  return { ...status, conditions: status?.conditions?.map((condition) => ({ ...condition, lastHeartbeatTime: null })) };
}

/** Keeps the Node object and its lease: registration, conditions, addresses, images. */
export class NodeReporter {
  readonly #options: NodeReporterOptions;
  #node: Node | undefined;
  #lease: Lease | undefined;
  #reportedAt = 0;
  #podCidr = '';
  #wake = (): void => {};

  constructor(options: NodeReporterOptions) {
    this.#options = options;
  }

  /** Registers the node, then reports until the kubelet stops. Resolves when the node is registered and its first status written. */
  async start(): Promise<void> {
    const { signal } = this.#options;
    await this.#persistently(() => this.#register());
    await this.#persistently(() => this.#report());
    void this.#every(STATUS_MS, () => this.#report());
    void this.#every(RENEW_MS, () => this.#renewLease(), true);
    signal.throwIfAborted();
  }

  /** Reports at once: something that the status shows has changed. */
  now(): void {
    this.#wake();
  }

  async #persistently(attempt: () => Promise<void>): Promise<void> {
    const { signal } = this.#options;
    for (let wait = RETRY_MS; ; wait = Math.min(wait * 2, MAX_RETRY_MS)) {
      signal.throwIfAborted();
      try {
        return await attempt();
      } catch (error) {
        this.#options.onError(error);
      }
      await delay(wait, signal);
    }
  }

  async #every(milliseconds: number, work: () => Promise<void>, atOnce = false): Promise<void> {
    const { signal } = this.#options;
    if (!atOnce) await this.#pause(milliseconds);
    while (!signal.aborted) {
      await work().catch((error: unknown) => this.#options.onError(error));
      await (atOnce ? delay(milliseconds, signal) : this.#pause(milliseconds));
    }
  }

  async #pause(milliseconds: number): Promise<void> {
    const early = new AbortController();
    this.#wake = () => early.abort();
    await delay(milliseconds, AbortSignal.any([this.#options.signal, early.signal]));
  }

  async #register(): Promise<void> {
    const { client, nodeName, labels, taints, source } = this.#options;
    const arch = machineArchitecture();
    const own = {
      'kubernetes.io/hostname': nodeName,
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': arch,
      // Manifests from before 1.14 select nodes by these.
      'beta.kubernetes.io/os': 'linux',
      'beta.kubernetes.io/arch': arch,
      ...labels,
    };
    const { info, kubeletPort } = source;
    const bare: Node = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: nodeName, labels: own },
      spec: taints.length === 0 ? {} : { taints: [...taints] },
      status: { daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } }, nodeInfo: info },
    };
    const fresh = { ...bare, status: await nodeStatus(bare, source) };
    try {
      this.#node = await client.resource(resources.nodes).create(fresh);
      this.#announce(fresh.status.conditions ?? []);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      this.#node = await this.#adopt(own);
    }
    this.#recordEvent('Normal', 'Starting', 'Starting kubelet.');
  }

  /** The node was registered before: its labels are brought up to date. */
  async #adopt(labels: Record<string, string>): Promise<Node> {
    const nodes = this.#options.client.resource(resources.nodes);
    const node = await nodes.get({ name: this.#options.nodeName });
    const stale = Object.entries(labels).some(([key, value]) => node.metadata.labels?.[key] !== value);
    return stale ? nodes.patch({ name: this.#options.nodeName }, 'merge', { metadata: { labels } }) : node;
  }

  async #report(): Promise<void> {
    const { client, nodeName, source } = this.#options;
    const nodes = client.resource(resources.nodes);
    let node: Node;
    try {
      node = await nodes.get({ name: nodeName });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      return this.#register();
    }
    await this.#takePodCidr(node);
    const status = await nodeStatus(node, source);
    const changed = !jsonEqual(withoutTimes(status), withoutTimes(node.status));
    if (changed || Date.now() - this.#reportedAt >= REPORT_MS) {
      try {
        this.#node = await nodes.updateStatus({ ...node, status });
      } catch (error) {
        if (isConflict(error)) return this.#report();
        throw error;
      }
      this.#reportedAt = Date.now();
    }
    this.#announceChanges(node.status?.conditions ?? [], status.conditions ?? []);
    return undefined;
  }

  async #takePodCidr({ spec }: Node): Promise<void> {
    const cidr = spec?.podCIDR ?? '';
    if (cidr === '' || cidr === this.#podCidr) return;
    await this.#options.onPodCidr?.(cidr, spec.podCIDRs ?? [cidr]);
    this.#podCidr = cidr;
  }

  #announceChanges(before: readonly NodeCondition[], after: readonly NodeCondition[]): void {
    this.#announce(after.filter(({ type, status }) => before.find((condition) => condition.type === type)?.status !== status));
  }

  #announce(conditions: readonly NodeCondition[]): void {
    for (const { type, status } of conditions) {
      const reason = EVENTS[type]?.[status as 'True' | 'False'];
      if (reason !== undefined) this.#recordEvent('Normal', reason, `Node ${this.#options.nodeName} status is now: ${reason}`);
    }
  }

  #recordEvent(type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { nodeName, recorder } = this.#options;
    // Events about a node have its name as uid: that is what clients look for.
    recorder.eventFor({ kind: 'Node', apiVersion: 'v1', name: nodeName, uid: nodeName }, type, reason, message);
  }

  async #renewLease(): Promise<void> {
    const { client, nodeName } = this.#options;
    const leases = client.resource(resources.leases);
    const spec = { holderIdentity: nodeName, leaseDurationSeconds: LEASE_SECONDS, renewTime: microTimestamp() };
    try {
      this.#lease ??= await leases.get({ namespace: LEASE_NAMESPACE, name: nodeName });
      this.#lease = await leases.update({ ...this.#lease, spec: { ...this.#lease.spec, ...spec } });
    } catch (error) {
      this.#lease = undefined;
      if (isConflict(error)) return this.#renewLease();
      if (!isNotFound(error)) throw error;
      const uid = this.#node?.metadata.uid ?? '';
      const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid }];
      this.#lease = await leases.create({
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: nodeName, namespace: LEASE_NAMESPACE, ownerReferences },
        spec,
      });
    }
    return undefined;
  }
}
