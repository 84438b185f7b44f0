import { resources, runController, WorkQueue } from '#client';
import type { ControllerContext } from '../context.ts';
import { reconcileNamespace } from './reconcile.ts';

/**
 * From a namespace's deletion to the first look into it. `kubectl delete -f` of a manifest that begins with the namespace
 * deletes each object in it one after the other: it is to find them. (Upstream waits for 5 s.)
 */
const GRACE_MS = 1000;

/** Empties namespaces that are being deleted, and lets them go when they are empty. */
export async function startNamespaceController(context: ControllerContext): Promise<void> {
  const { client, informers, signal } = context;
  const namespaces = informers.get(resources.namespaces);
  const pods = informers.get(resources.pods);
  const queue = new WorkQueue(signal);
  const enqueue = ({ metadata }: { metadata: { name: string; deletionTimestamp?: string } }): void => {
    if (metadata.deletionTimestamp) queue.add(metadata.name);
  };
  namespaces.addHandlers({
    add: enqueue,
    update(namespace, before) {
      const begins = namespace.metadata.deletionTimestamp !== undefined && before.metadata.deletionTimestamp === undefined;
      if (begins) queue.addAfter(namespace.metadata.name, GRACE_MS);
      else enqueue(namespace);
    },
  });
  pods.addHandlers({
    // The last pod is what one waits for most of the time.
    delete({ metadata }) {
      const namespace = namespaces.get(metadata.namespace ?? '');
      if (namespace?.metadata.deletionTimestamp && pods.list(metadata.namespace).length === 0) queue.add(namespace.metadata.name);
    },
  });
  const rounds = new Map<string, number>();
  await runController({
    name: 'namespace',
    queue,
    workers: 10,
    signal,
    informers: [namespaces, pods],
    reconcile: ({ name }) => reconcileNamespace(name, { client, namespaces, pods, rounds, signal }),
  });
}
