import type { CronJob, Job } from '#api/generated/batch-v1.ts';
import { resources, runController, WorkQueue } from '#client';
import type { ControllerContext } from '../context.ts';
import { Expectations } from '../expectations.ts';
import { indexByController } from '../indexes.ts';
import { enqueueOwners, enqueueSelf } from '../owner-queue.ts';
import { reconcileCronJob } from './reconcile.ts';

/** Starts Jobs at the times that CronJobs name. */
export async function startCronJobController(context: ControllerContext): Promise<void> {
  const { client, informers, signal } = context;
  const cronJobs = informers.get(resources.cronJobs);
  const jobs = informers.get(resources.jobs);
  indexByController(jobs);
  const queue = new WorkQueue(signal);
  cronJobs.addHandlers(enqueueSelf(queue));
  jobs.addHandlers(enqueueOwners<CronJob, Job>({ queue, owned: jobs, owners: cronJobs, candidates: () => [] }));
  const deps = { client, cronJobs, jobs, jobExpectations: new Expectations(jobs), recorder: context.recorder('cronjob-controller') };
  await runController({
    name: 'cronjob',
    queue,
    signal,
    informers: [cronJobs, jobs],
    reconcile: (request) => reconcileCronJob(request, deps),
  });
}
