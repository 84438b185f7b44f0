import type { Pod } from '#api/generated/core-v1.ts';
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
  const wake = (): void => scheduler.queue.wake();
  nodes.addHandlers({
    add: (node) => {
      scheduler.cluster.setNode(node);
      wake();
    },
    update: (node, old) => {
      scheduler.cluster.setNode(node);
      if (node.spec !== old.spec || node.metadata.labels !== old.metadata.labels || node.status.allocatable !== old.status.allocatable) wake();
    },
    delete: (node) => scheduler.cluster.removeNode(node.metadata.name),
  });
  namespaces.addHandlers({
    add: ({ metadata }) => scheduler.cluster.setNamespace(metadata.name, metadata.labels),
    update: ({ metadata }) => scheduler.cluster.setNamespace(metadata.name, metadata.labels),
    delete: ({ metadata }) => scheduler.cluster.setNamespace(metadata.name, undefined),
  });
  for (const informer of [claims, volumes, classes]) informer.addHandlers({ add: wake, update: wake, delete: wake });
  pods.addHandlers({ add: see, update: see, delete: (pod) => scheduler.podGone(pod) });

  await Promise.all(all.map(({ synced }) => synced));
  if (signal.aborted) return;
  scheduler.open();
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  scheduler.close();
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
