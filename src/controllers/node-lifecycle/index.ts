import type { Lease } from '#api/generated/coordination-v1.ts';
import type { Node } from '#api/generated/core-v1.ts';
import { resources, runController, WorkQueue } from '#client';
import { findCondition } from '../conditions.ts';
import type { ControllerContext } from '../context.ts';
import { indexByNode } from '../indexes.ts';
import { readyStatus } from './conditions.ts';
import { reconcileNode } from './reconcile.ts';
import { Zones } from './zones.ts';

const LEASE_NAMESPACE = 'kube-node-lease';

/** Finds out which nodes are well: says so of those that went silent, and taints those on which pods should not run. */
export async function startNodeLifecycleController(context: ControllerContext): Promise<void> {
  const { client, informers, signal, options } = context;
  const nodes = informers.get(resources.nodes);
  const leases = informers.get(resources.leases);
  const pods = informers.get(resources.pods);
  indexByNode(pods);
  const queue = new WorkQueue(signal);
  const zones = new Zones(options);
  /** When each node was last heard of, by our own clock. */
  const heardOf = new Map<string, number>();
  const hear = ({ metadata }: { metadata: { name: string } }): void => void heardOf.set(metadata.name, Date.now());
  const note = (node: Node): void => {
    // What may happen to a zone's other nodes depends on this one.
    if (zones.note(node)) for (const other of nodes.list()) if (readyStatus(other) !== 'True') queue.add(other.metadata.name);
    queue.add(node.metadata.name);
  };
  const recorder = context.recorder('node-controller');
  const tell = (node: Node, reason: string, what: (name: string) => string): void => {
    const { name } = node.metadata;
    recorder.event(resources.nodes, node, 'Normal', reason, `Node ${name} event: ${what(name)}`);
  };
  nodes.addHandlers({
    add(node) {
      hear(node);
      note(node);
      tell(node, 'RegisteredNode', (name) => `Registered Node ${name} in Controller`);
    },
    update(node, old) {
      if (heartbeatOf(node) !== heartbeatOf(old)) hear(node);
      note(node);
    },
    delete(node) {
      heardOf.delete(node.metadata.name);
      zones.forget(node.metadata.name);
      tell(node, 'RemovingNode', (name) => `Removing Node ${name} from Controller`);
    },
  });
  const hearLease = (lease: Lease): void => {
    if (lease.metadata.namespace === LEASE_NAMESPACE && heardOf.has(lease.metadata.name)) hear(lease);
  };
  leases.addHandlers({ add: hearLease, update: hearLease });
  const deps = { client, nodes, pods, zones, heardOf, options, recorder };
  await runController({
    name: 'node-lifecycle',
    queue,
    signal,
    informers: [nodes, leases, pods],
    reconcile: ({ name }) => reconcileNode(name, deps),
  });
}

function heartbeatOf(node: Node): string | null | undefined {
  return findCondition(node.status?.conditions, 'Ready')?.lastHeartbeatTime;
}
