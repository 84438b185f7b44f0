import type { Node, Pod, PodSpec } from '#api/generated/core-v1.ts';
import type { PodDisruptionBudget } from '#api/generated/policy-v1.ts';
import type { Selector } from '#apimachinery';
import { ClusterState } from './cluster/cluster-state.ts';
import { podInfoOf } from './cluster/pod-info.ts';
import { NodeFinder, type Placement } from './framework/find-node.ts';
import { findPreemption } from './framework/preemption.ts';
import { balancedAllocation, resourcesFit } from './plugins/resources.ts';
import { interPodAffinity } from './plugins/inter-pod-affinity.ts';
import { nodeAffinity } from './plugins/node-affinity.ts';
import { nodeName } from './plugins/node-name.ts';
import { nodePorts } from './plugins/node-ports.ts';
import { nodeUnschedulable, taintToleration } from './plugins/taints.ts';
import { topologySpread } from './plugins/topology-spread.ts';

export interface NodeSketch {
  name: string;
  labels?: Record<string, string>;
  cpu?: string;
  memory?: string;
  pods?: string;
  taints?: Node['spec']['taints'];
  unschedulable?: boolean;
}

export function node({ name, labels = {}, cpu = '4', memory = '8Gi', pods = '110', taints, unschedulable }: NodeSketch): Node {
  return {
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec: { taints, unschedulable },
    status: {
      allocatable: { cpu, memory, pods },
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      nodeInfo: {} as Node['status']['nodeInfo'],
    },
  };
}

export function pod(name: string, spec: Partial<PodSpec> = {}, labels: Record<string, string> = {}): Pod {
  return {
    metadata: { name, namespace: 'default', uid: name, labels },
    spec: { containers: [{ name: 'c', image: 'x', resources: {} }], ...spec },
    status: {},
  };
}

export function requesting(cpu: string, memory = '64Mi'): Partial<PodSpec> {
  return { containers: [{ name: 'c', image: 'x', resources: { requests: { cpu, memory } } }] };
}

/** A cluster in memory with all plugins that need nothing but nodes and pods. */
export class TestCluster {
  readonly state = new ClusterState();
  readonly #finder: NodeFinder;

  constructor(nodes: readonly NodeSketch[], defaultSelector: (pod: Pod) => Selector | undefined = () => undefined) {
    for (const sketch of nodes) this.state.setNode(node(sketch));
    const plugins = [
      nodeUnschedulable,
      nodeName,
      taintToleration,
      nodeAffinity,
      nodePorts,
      resourcesFit,
      topologySpread(defaultSelector),
      interPodAffinity,
      balancedAllocation,
    ];
    this.#finder = new NodeFinder(plugins, this.state);
  }

  find(wanted: Pod): Placement {
    return this.#finder.find(podInfoOf(wanted));
  }

  /** Whose place the pod would take, and where; undefined when making room helps nowhere. */
  preempt(wanted: Pod, budgets: readonly PodDisruptionBudget[] = []): { node: string; victims: string[] } | undefined {
    const placement = this.find(wanted);
    if (placement.node !== undefined) throw new Error(`${wanted.metadata.name} fits on ${placement.node}`);
    const preemption = findPreemption(podInfoOf(wanted), placement.resolvable, placement.fits, this.state, budgets);
    return preemption && { node: preemption.node.name, victims: preemption.victims.map(({ pod: { metadata } }) => metadata.name) };
  }

  /** Places the pod where the plugins want it; the name of the node, or why there is none. */
  schedule(wanted: Pod): string {
    const placement = this.find(wanted);
    if (placement.node === undefined) return placement.message;
    this.state.place(wanted, placement.node);
    return placement.node;
  }
}
