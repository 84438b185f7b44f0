import type { Job } from '#api/generated/batch-v1.ts';
import type { Pod } from '#api/generated/core-v1.ts';
import { resources, runController, WorkQueue } from '#client';
import type { ControllerContext } from '../context.ts';
import { Expectations } from '../expectations.ts';
import { indexByController } from '../indexes.ts';
import { enqueueOwners, enqueueSelf } from '../owner-queue.ts';
import { PodControl } from '../pods/pod-control.ts';
import { selects } from '../selector.ts';
import { reconcileJob } from './reconcile.ts';

/** Runs the pods of Jobs until enough of them have succeeded or too many have failed. */
export async function startJobController(context: ControllerContext): Promise<void> {
  const { client, informers, signal } = context;
  const jobs = informers.get(resources.jobs);
  const pods = informers.get(resources.pods);
  indexByController(pods);
  const queue = new WorkQueue(signal);
  jobs.addHandlers(enqueueSelf(queue));
  const candidates = ({ metadata }: Pod): Job[] =>
    jobs.list(metadata.namespace).filter((each) => selects(each.spec.selector, metadata.labels));
  pods.addHandlers(enqueueOwners<Job, Pod>({ queue, owned: pods, owners: jobs, candidates }));
  const recorder = context.recorder('job-controller');
  const deps = {
    client,
    jobs,
    pods,
    recorder,
    podExpectations: new Expectations(pods),
    jobExpectations: new Expectations(jobs),
    podControl: new PodControl(client, recorder, resources.jobs),
  };
  await runController({ name: 'job', queue, signal, informers: [jobs, pods], reconcile: (request) => reconcileJob(request, deps) });
}
