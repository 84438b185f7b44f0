import type { Node, Pod } from '#api/generated/core-v1.ts';
import { jsonEqual } from '#apimachinery';
import { eventRecorder, informerFactory, resources, type Client } from '#client';
import { claimNames, volumeBinding, waitsForConsumer, type VolumeReader } from './plugins/volumes.ts';
import { balancedAllocation, resourcesFit } from './plugins/resources.ts';
import { defaultSelectorOf } from './plugins/default-selector.ts';
import { imageLocality } from './plugins/image-locality.ts';
import { interPodAffinity } from './plugins/inter-pod-affinity.ts';
import { nodeAffinity } from './plugins/node-affinity.ts';
import { nodeName } from './plugins/node-name.ts';
import { nodePorts } from './plugins/node-ports.ts';
import { nodeUnschedulable, taintToleration } from './plugins/taints.ts';
import { topologySpread } from './plugins/topology-spread.ts';
import { Scheduler, isFinished } from './scheduler.ts';

export interface SchedulerOptions {
  client: Client;
  /** Pods that name another scheduler are left alone. Default `default-scheduler`. */
  name?: string;
  signal: AbortSignal;
  log(message: string, error?: unknown): void;
}

const SELECTED_NODE = 'volume.kubernetes.io/selected-node';

/** Runs the scheduler until the signal aborts. */
export async function startScheduler({ client, name = 'default-scheduler', signal, log }: SchedulerOptions): Promise<void> {
  const informers = informerFactory(client, signal);
  const pods = informers.get(resources.pods);
  const nodes = informers.get(resources.nodes);
  const namespaces = informers.get(resources.namespaces);
  const services = informers.get(resources.services);
  const replicationControllers = informers.get(resources.replicationControllers);
  const replicaSets = informers.get(resources.replicaSets);
  const statefulSets = informers.get(resources.statefulSets);
  const claims = informers.get(resources.persistentVolumeClaims);
  const volumes = informers.get(resources.persistentVolumes);
  const classes = informers.get(resources.storageClasses);
  const budgets = informers.get(resources.podDisruptionBudgets);
  const all = [pods, nodes, namespaces, services, replicationControllers, replicaSets, statefulSets, claims, volumes, classes, budgets];

  const volumeReader: VolumeReader = {
    claim: (namespace, claim) => claims.get(claim, namespace),
    volume: (volume) => volumes.get(volume),
    storageClass: (storageClass) => classes.get(storageClass),
  };
  const scheduler = new Scheduler({
    client,
    recorder: eventRecorder({ client, component: name, signal }),
    plugins: [
      nodeUnschedulable,
      nodeName,
      taintToleration,
      nodeAffinity,
      nodePorts,
      resourcesFit,
      volumeBinding(volumeReader),
      topologySpread(defaultSelectorOf({ services, replicationControllers, replicaSets, statefulSets })),
      interPodAffinity,
      balancedAllocation,
      imageLocality,
    ],
    budgets: () => budgets.list(),
    beforeBind: async (pod, node) => await selectNode(client, volumeReader, pod, node),
    log,
  });

  const see = (pod: Pod): void => {
    if ((pod.spec.nodeName ?? '') !== '') scheduler.podBound(pod);
    else if (pod.spec.schedulerName !== name || pod.metadata.deletionTimestamp !== undefined || isFinished(pod)) scheduler.podGone(pod);
    else if ((pod.spec.schedulingGates?.length ?? 0) === 0) scheduler.podWaits(pod);
  };
  nodes.addHandlers({
    add: (node) => {
      scheduler.cluster.setNode(node);
      scheduler.queue.wake('node');
    },
    update: (node, old) => {
      scheduler.cluster.setNode(node);
      if (!isAlike(node, old)) scheduler.queue.wake('node');
    },
    delete: (node) => scheduler.cluster.removeNode(node.metadata.name),
  });
  namespaces.addHandlers({
    add: ({ metadata }) => scheduler.cluster.setNamespace(metadata.name, metadata.labels),
    update: ({ metadata }, old) => {
      scheduler.cluster.setNamespace(metadata.name, metadata.labels);
      if (!jsonEqual(metadata.labels, old.metadata.labels)) scheduler.queue.wake('podPlaced');
    },
    delete: ({ metadata }) => scheduler.cluster.setNamespace(metadata.name, undefined),
  });
  const wake = (): void => scheduler.queue.wake('volume');
  for (const informer of [claims, volumes, classes]) informer.addHandlers({ add: wake, update: wake, delete: wake });
  const update = (pod: Pod, old: Pod): void => {
    see(pod);
    if ((pod.spec.nodeName ?? '') === '') return;
    const isRelabelled = !jsonEqual(pod.metadata.labels, old.metadata.labels);
    // To those that keep away from others, a pod with other labels is one less. So is one on its way out.
    const isLeaving = pod.metadata.deletionTimestamp !== undefined && old.metadata.deletionTimestamp === undefined;
    if (isRelabelled) scheduler.queue.wake('podPlaced');
    if (isRelabelled || isLeaving) scheduler.queue.wake('podGone');
  };
  pods.addHandlers({ add: see, update, delete: (pod) => scheduler.podGone(pod) });

  await Promise.all(all.map(({ synced }) => synced));
  if (signal.aborted) return;
  scheduler.open();
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  scheduler.close();
}

/** Whether the node takes the same pods as before: most updates are heartbeats. */
function isAlike(a: Node, b: Node): boolean {
  return (
    jsonEqual(a.spec, b.spec) && jsonEqual(a.metadata.labels, b.metadata.labels) && jsonEqual(a.status.allocatable, b.status.allocatable)
  );
}

/** Tells provisioners where claims that waited for their first consumer are needed. */
async function selectNode(client: Client, reader: VolumeReader, pod: Pod, node: string): Promise<void> {
  const { namespace = '' } = pod.metadata;
  for (const name of claimNames(pod)) {
    const claim = reader.claim(namespace, name);
    if (claim === undefined || (claim.spec.volumeName ?? '') !== '' || !waitsForConsumer(claim, reader)) continue;
    if (claim.metadata.annotations?.[SELECTED_NODE] === node) continue;
    await client
      .resource(resources.persistentVolumeClaims)
      .patch({ name, namespace }, 'merge', { metadata: { annotations: { [SELECTED_NODE]: node } } });
  }
}
