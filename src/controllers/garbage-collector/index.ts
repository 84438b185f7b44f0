import { runController, WorkQueue } from '#client';
import type { ControllerContext } from '../context.ts';
import { Collector } from './collector.ts';
import { OwnerGraph } from './graph.ts';
import { Monitors } from './monitors.ts';

/** Deletes objects whose owners are gone: in the background, in the foreground, or sets them free, as the deletion asked for. */
export async function startGarbageCollector(context: ControllerContext): Promise<void> {
  const { client, informers, signal } = context;
  const toDelete = new WorkQueue(signal);
  const toOrphan = new WorkQueue(signal);
  const graph = new OwnerGraph({
    attemptToDelete: ({ uid }) => toDelete.add(uid),
    attemptToOrphan: ({ uid }) => toOrphan.add(uid),
  });
  const monitors = new Monitors(client, informers, graph, signal);
  const collector = new Collector({
    client,
    graph,
    monitors,
    recorder: context.recorder('garbage-collector-controller'),
    attemptToDelete: ({ uid }) => toDelete.add(uid),
  });
  await monitors.start();
  await Promise.all([
    monitors.follow(),
    runController({
      name: 'garbage-collector',
      queue: toDelete,
      workers: 20,
      signal,
      reconcile: ({ name }) => collector.attemptToDelete(name),
    }),
    runController({
      name: 'garbage-collector (orphans)',
      queue: toOrphan,
      workers: 5,
      signal,
      reconcile: ({ name }) => collector.attemptToOrphan(name),
    }),
  ]);
}
