import type { Node } from '#api/generated/core-v1.ts';
import { isNotFound } from '#apimachinery';
import { resources, runController, WorkQueue } from '#client';
import type { ControllerContext } from '../context.ts';
import { CidrSet } from './cidr-set.ts';

/** Gives every node its share of the cluster's pod addresses, one range for each address family. */
export async function startNodeIPAMController(context: ControllerContext): Promise<void> {
  const { client, informers, signal, options } = context;
  if (!options.allocateNodeCIDRs) return;
  const nodes = informers.get(resources.nodes);
  const recorder = context.recorder('cidrAllocator');
  const sets = options.clusterCIDRs.map((range) => {
    return new CidrSet(range, range.includes(':') ? options.nodeCIDRMaskSizeIPv6 : options.nodeCIDRMaskSizeIPv4);
  });
  const occupy = (node: Node): void => {
    for (const subnet of rangesOf(node)) for (const set of sets) set.occupy(subnet);
  };
  const queue = new WorkQueue(signal);
  await nodes.synced;
  if (signal.aborted) return;
  // Before any range is given out, those of all present nodes have to be known: handlers hear of them at once.
  nodes.addHandlers({
    add(node) {
      occupy(node);
      queue.add(node.metadata.name);
    },
    update(node, old) {
      if (rangesOf(old).length === 0) occupy(node);
      if (rangesOf(node).length === 0) queue.add(node.metadata.name);
    },
    delete(node) {
      for (const subnet of rangesOf(node)) for (const set of sets) set.release(subnet);
      // What has become free is what others may be waiting for.
      for (const other of nodes.list()) if (rangesOf(other).length === 0) queue.add(other.metadata.name);
    },
  });
  await runController({
    name: 'node-ipam',
    queue,
    signal,
    async reconcile({ name }): Promise<void> {
      const node = nodes.get(name);
      if (!node || rangesOf(node).length > 0 || node.metadata.deletionTimestamp) return;
      const podCIDRs = allocateFrom(sets);
      if (!podCIDRs) {
        recorder.event(resources.nodes, node, 'Normal', 'CIDRNotAvailable', `Node ${name} status is now: CIDRNotAvailable`);
        return;
      }
      const release = (): void => podCIDRs.forEach((subnet, index) => sets[index]!.release(subnet));
      try {
        const patch = { metadata: { uid: node.metadata.uid }, spec: { podCIDR: podCIDRs[0], podCIDRs } };
        const written = await client.resource(resources.nodes).patch({ name }, 'merge', patch);
        // Somebody else may have been quicker: then the node keeps what it had.
        if (rangesOf(written)[0] !== podCIDRs[0]) release();
      } catch (error) {
        release();
        if (isNotFound(error)) return;
        recorder.event(resources.nodes, node, 'Normal', 'CIDRAssignmentFailed', `Node ${name} status is now: CIDRAssignmentFailed`);
        throw error;
      }
    },
  });
}

/** One subnet of each set, or none at all. */
function allocateFrom(sets: readonly CidrSet[]): string[] | undefined {
  const subnets: string[] = [];
  for (const set of sets) {
    const subnet = set.allocate();
    if (subnet === undefined) {
      subnets.forEach((each, index) => sets[index]!.release(each));
      return undefined;
    }
    subnets.push(subnet);
  }
  return subnets;
}

function rangesOf({ spec }: Node): string[] {
  if (spec?.podCIDRs?.length) return spec.podCIDRs;
  return spec?.podCIDR ? [spec.podCIDR] : [];
}
