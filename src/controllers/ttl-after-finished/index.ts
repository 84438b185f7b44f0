import type { Job } from '#api/generated/batch-v1.ts';
import { isNotFound } from '#apimachinery';
import { resources, runController, WorkQueue } from '#client';
import type { ControllerContext } from '../context.ts';
import { enqueueSelf } from '../owner-queue.ts';

/** Deletes Jobs `ttlSecondsAfterFinished` after their end. */
export async function startTTLAfterFinishedController(context: ControllerContext): Promise<void> {
  const { client, informers, signal } = context;
  const jobs = informers.get(resources.jobs);
  const queue = new WorkQueue(signal);
  jobs.addHandlers(enqueueSelf(queue));
  await runController({
    name: 'ttl-after-finished',
    queue,
    signal,
    informers: [jobs],
    async reconcile({ name, namespace }) {
      const job = jobs.get(name, namespace);
      const expiry = job && expiryOf(job);
      if (!job || expiry === undefined) return undefined;
      if (expiry > Date.now()) return { requeueAfter: expiry - Date.now() };
      const { uid, resourceVersion } = job.metadata;
      try {
        // Only if it is still as it was judged: the time may have been prolonged.
        await client
          .resource(resources.jobs)
          .delete(job.metadata, { propagationPolicy: 'Foreground', preconditions: { uid, resourceVersion } });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
      return undefined;
    },
  });
}

function expiryOf({ metadata, spec, status }: Job): number | undefined {
  const { ttlSecondsAfterFinished: seconds } = spec;
  if (seconds === undefined || metadata.deletionTimestamp) return undefined;
  const end = status?.conditions?.find((each) => (each.type === 'Complete' || each.type === 'Failed') && each.status === 'True');
  return end?.lastTransitionTime ? Date.parse(end.lastTransitionTime) + seconds * 1000 : undefined;
}
