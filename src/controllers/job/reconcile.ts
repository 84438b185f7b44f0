import type { Job, JobCondition, JobStatus } from '#api/generated/batch-v1.ts';
import type { Pod } from '#api/generated/core-v1.ts';
import { isNotFound, objectEqual, timestamp } from '#apimachinery';
import { keyOf, resources, type Client, type EventRecorder, type Informer, type Request, type Result } from '#client';
import { findCondition, withCondition } from '../conditions.ts';
import type { Expectations } from '../expectations.ts';
import { controlledBy, orphansIn } from '../indexes.ts';
import { claim } from '../ownership.ts';
import { inDeletionOrder } from '../pods/deletion-order.ts';
import { isNamespaceTerminating, type PodControl } from '../pods/pod-control.ts';
import { forAll, slowStart } from '../pods/slow-start.ts';
import { selects } from '../selector.ts';
import { formatIndexes } from './index-set.ts';
import { condition, isFinished, outcomeOf, type Outcome } from './outcome.ts';
import { failuresBefore, indexOf, isIndexed, isTracked, newPod, TRACKING, waitsForFailure } from './pods-of-job.ts';
import { tally, waitAfterFailures, type Tally } from './tally.ts';

export interface JobDependencies {
  client: Client;
  jobs: Informer<Job>;
  pods: Informer<Pod>;
  podExpectations: Expectations<Pod>;
  jobExpectations: Expectations<Job>;
  podControl: PodControl;
  recorder: EventRecorder;
}

const CONTROLLER = 'kubernetes.io/job-controller';
const BURST = 500;

export async function reconcileJob(request: Request, deps: JobDependencies): Promise<Result | void> {
  const { podExpectations, jobExpectations } = deps;
  const key = `${request.namespace}/${request.name}`;
  const job = deps.jobs.get(request.name, request.namespace);
  if (!job) {
    jobExpectations.forget(key);
    return podExpectations.forget(key);
  }
  if (job.spec.managedBy !== undefined && job.spec.managedBy !== CONTROLLER) return undefined;
  if (!podExpectations.satisfied(key) || !jobExpectations.satisfied(key)) return undefined;
  const pods = await ownedPods(job, deps);
  if (isFinished(job) || job.metadata.deletionTimestamp) return release(job, pods.filter(isTracked), deps);
  return new JobStep(job, pods, deps).run();
}

function ownedPods(job: Job, { client, pods, podExpectations }: JobDependencies): Promise<Pod[]> {
  const { uid, namespace } = job.metadata;
  return claim({
    client,
    ownerType: resources.jobs,
    owner: job,
    type: resources.pods,
    candidates: [...controlledBy(pods, uid), ...orphansIn(pods, namespace)],
    matches: (pod) => selects(job.spec.selector, pod.metadata.labels),
    onWrite: (pod) => podExpectations.wrote(keyOf(job), pod),
  });
}

/** Takes the finalizer off pods that have been counted, or no longer need to be. */
async function release(job: Job, pods: readonly Pod[], { client, podExpectations }: JobDependencies): Promise<void> {
  await forAll(pods, async ({ metadata }) => {
    const finalizers = (metadata.finalizers ?? []).filter((each) => each !== TRACKING);
    try {
      const patch = {
        metadata: { uid: metadata.uid, resourceVersion: metadata.resourceVersion, finalizers: finalizers.length > 0 ? finalizers : null },
      };
      podExpectations.wrote(keyOf(job), await client.resource(resources.pods).patch(metadata, 'merge', patch));
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  });
}

/** One step of one Job. Every ended pod is noted in the status before it is let go, and counted after: it counts exactly once. */
class JobStep {
  #job: Job;
  readonly #pods: readonly Pod[];
  readonly #deps: JobDependencies;

  constructor(job: Job, pods: readonly Pod[], deps: JobDependencies) {
    this.#job = job;
    this.#pods = pods;
    this.#deps = deps;
  }

  async run(): Promise<Result | void> {
    await this.#noteStart();
    const result = tally(this.#job, this.#pods);
    const outcome = outcomeOf(this.#job, result, Date.now());
    const wait = outcome ? await this.#stopAll(result) : await this.#manage(result);
    await this.#note(result, outcome);
    await release(this.#job, result.release, this.#deps);
    await this.#count(result, outcome);
    const waits = [wait, this.#untilDeadline()].filter((each) => each !== undefined && each > 0) as number[];
    return { requeueAfter: waits.length > 0 ? Math.min(...waits) : undefined };
  }

  async #noteStart(): Promise<void> {
    const { status, spec } = this.#job;
    const present = findCondition(status.conditions, 'Suspended');
    if (spec.suspend) {
      if (present?.status === 'True') return;
      await this.#write({
        ...status,
        startTime: undefined,
        conditions: withConditions(status, condition('Suspended', 'JobSuspended', 'Job suspended')),
      });
      this.#event('Normal', 'Suspended', 'Job suspended');
    } else if (present?.status === 'True') {
      const conditions = withConditions(status, condition('Suspended', 'JobResumed', 'Job resumed', 'False'));
      await this.#write({ ...status, startTime: timestamp(), conditions });
      this.#event('Normal', 'Resumed', 'Job resumed');
    } else if (!status.startTime) {
      await this.#write({ ...status, startTime: timestamp() });
    }
  }

  /** Creates and deletes pods. Resolves with the milliseconds after which a failed one may be replaced. */
  async #manage(result: Tally): Promise<number | undefined> {
    const { active } = result;
    const wanted = this.#wantedActive(result);
    if (active.length > wanted) {
      const order = inDeletionOrder(active, () => 0, Date.now());
      await this.#delete(order.slice(0, active.length - wanted));
      return undefined;
    }
    const occupied = active.length + (waitsForFailure(this.#job) ? result.terminating : 0);
    const missing = Math.min(wanted - occupied, BURST);
    if (missing <= 0) return undefined;
    const wait = waitAfterFailures(this.#job, this.#pods, Date.now());
    if (wait > 0) return wait;
    await this.#create(result, missing);
    return undefined;
  }

  #wantedActive(result: Tally): number {
    const { parallelism = 1, completions, suspend } = this.#job.spec;
    if (suspend) return 0;
    if (completions === undefined) return result.succeeded > 0 ? Math.min(result.active.length, parallelism) : parallelism;
    return Math.max(0, Math.min(completions - result.succeeded - result.failedIndexes.size, parallelism));
  }

  async #create(result: Tally, count: number): Promise<void> {
    const key = keyOf(this.#job);
    const indexes = isIndexed(this.#job) ? this.#freeIndexes(result, count) : undefined;
    await slowStart(indexes?.length ?? count, async (attempt) => {
      const index = indexes?.[attempt];
      try {
        const pod = newPod(this.#job, index, index === undefined ? 0 : this.#failuresOf(index));
        this.#deps.podExpectations.wrote(key, await this.#deps.podControl.create(this.#job, pod));
      } catch (error) {
        if (!isNamespaceTerminating(error)) throw error;
      }
    });
  }

  #freeIndexes({ completedIndexes, failedIndexes, active }: Tally, count: number): number[] {
    const waits = waitsForFailure(this.#job);
    const busy = new Set((waits ? this.#pods.filter((pod) => pod.status?.phase !== 'Failed') : active).map(indexOf));
    const free: number[] = [];
    for (let index = 0; index < (this.#job.spec.completions ?? 0) && free.length < count; index++) {
      if (!completedIndexes.has(index) && !failedIndexes.has(index) && !busy.has(index)) free.push(index);
    }
    return free;
  }

  #failuresOf(index: number): number {
    const failed = this.#pods.filter((pod) => pod.status?.phase === 'Failed' && indexOf(pod) === index);
    return failed.length === 0 ? 0 : Math.max(...failed.map(failuresBefore)) + 1;
  }

  async #stopAll({ active }: Tally): Promise<undefined> {
    await this.#delete(active);
    return undefined;
  }

  #delete(pods: readonly Pod[]): Promise<void> {
    return forAll(pods, async (pod) => {
      await this.#deps.podControl.delete(this.#job, pod);
      this.#deps.podExpectations.deleted(keyOf(this.#job), pod);
    });
  }

  /** Before any pod may go: who ended, and how the Job is going to end. */
  async #note(result: Tally, outcome: Outcome | undefined): Promise<void> {
    const status = this.#job.status ?? {};
    const uncounted = { succeeded: [...result.uncounted.succeeded], failed: [...result.uncounted.failed] };
    const hasUncounted = uncounted.succeeded.length + uncounted.failed.length > 0;
    const next: JobStatus = {
      ...status,
      active: result.active.length || undefined,
      ready: result.ready,
      terminating: result.terminating,
      uncountedTerminatedPods: hasUncounted ? uncounted : {},
    };
    if (isIndexed(this.#job)) {
      next.completedIndexes = formatIndexes(result.completedIndexes) || undefined;
      if (this.#job.spec.backoffLimitPerIndex !== undefined) next.failedIndexes = formatIndexes(result.failedIndexes);
    }
    if (outcome) {
      const interim = outcome.type === 'Failed' ? 'FailureTarget' : 'SuccessCriteriaMet';
      if (!findCondition(status.conditions, interim))
        next.conditions = withConditions(status, condition(interim, outcome.reason, outcome.message));
    }
    await this.#write(next);
  }

  /** After the pods were let go: counts them, and ends the Job when nothing runs any more. */
  async #count(result: Tally, outcome: Outcome | undefined): Promise<void> {
    const status = this.#job.status ?? {};
    const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
    const next: JobStatus = {
      ...status,
      succeeded: (isIndexed(this.#job) ? result.completedIndexes.size : (status.succeeded ?? 0) + succeeded.length) || undefined,
      failed: (status.failed ?? 0) + failed.length || undefined,
      uncountedTerminatedPods: {},
    };
    const stillRuns = result.active.length + result.terminating > 0;
    if (outcome && !stillRuns) {
      next.conditions = withConditions(next, condition(outcome.type, outcome.reason, outcome.message));
      if (outcome.type === 'Complete') next.completionTime = timestamp();
      next.ready = 0;
    }
    await this.#write(next);
    if (!outcome || stillRuns) return;
    if (outcome.type === 'Complete') this.#event('Normal', 'Completed', 'Job completed');
    else this.#event('Warning', outcome.reason, outcome.message);
  }

  #untilDeadline(): number | undefined {
    const { activeDeadlineSeconds, suspend } = this.#job.spec;
    const start = this.#job.status?.startTime;
    if (activeDeadlineSeconds === undefined || suspend || !start || isFinished(this.#job)) return undefined;
    return Date.parse(start) + activeDeadlineSeconds * 1000 - Date.now();
  }

  async #write(status: JobStatus): Promise<void> {
    if (objectEqual(status, this.#job.status)) return;
    this.#job = await this.#deps.client.resource(resources.jobs).updateStatus({ ...this.#job, status });
    this.#deps.jobExpectations.wrote(keyOf(this.#job), this.#job);
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#deps.recorder.event(resources.jobs, this.#job, type, reason, message);
  }
}

function withConditions(status: JobStatus, added: JobCondition): JobCondition[] {
  return [...withCondition(status.conditions, added)];
}
