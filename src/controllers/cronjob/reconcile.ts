import type { CronJob, CronJobStatus, Job } from '#api/generated/batch-v1.ts';
import type { ObjectReference } from '#api/generated/core-v1.ts';
import { isAlreadyExists, isNotFound, objectEqual, timestamp } from '#apimachinery';
import { resources, type Client, type EventRecorder, type Informer, type Request, type Result } from '#client';
import type { Expectations } from '../expectations.ts';
import { controlledBy } from '../indexes.ts';
import { isFinished } from '../job/outcome.ts';
import { controllerReference } from '../ownership.ts';
import { isNamespaceTerminating } from '../pods/pod-control.ts';
import { offsetAt, Schedule } from './schedule.ts';

export interface CronJobDependencies {
  client: Client;
  cronJobs: Informer<CronJob>;
  jobs: Informer<Job>;
  jobExpectations: Expectations<Job>;
  recorder: EventRecorder;
}

const MANY_MISSED = 100;
const SCHEDULED_AT = 'batch.kubernetes.io/cronjob-scheduled-timestamp';

export async function reconcileCronJob(request: Request, deps: CronJobDependencies): Promise<Result | void> {
  const key = `${request.namespace}/${request.name}`;
  const cronJob = deps.cronJobs.get(request.name, request.namespace);
  if (!cronJob) return deps.jobExpectations.forget(key);
  if (!deps.jobExpectations.satisfied(key)) return undefined;
  const run = new CronJobStep(cronJob, [...controlledBy(deps.jobs, cronJob.metadata.uid)], deps);
  return run.run();
}

class CronJobStep {
  #cronJob: CronJob;
  #jobs: readonly Job[];
  #status: CronJobStatus;
  readonly #deps: CronJobDependencies;

  constructor(cronJob: CronJob, jobs: readonly Job[], deps: CronJobDependencies) {
    this.#cronJob = cronJob;
    this.#jobs = jobs;
    this.#status = { ...cronJob.status };
    this.#deps = deps;
  }

  async run(): Promise<Result | void> {
    this.#followJobs();
    await this.#trimHistory();
    const next = this.#cronJob.metadata.deletionTimestamp || this.#cronJob.spec.suspend ? undefined : await this.#schedule();
    await this.#writeStatus();
    return next === undefined ? undefined : { requeueAfter: Math.max(0, next - Date.now()) + 100 };
  }

  /** Takes Jobs that have ended or gone off the list of active ones. */
  #followJobs(): void {
    const present = new Map(this.#jobs.map((job) => [job.metadata.uid, job]));
    const active: ObjectReference[] = [];
    for (const reference of this.#status.active ?? []) {
      const job = present.get(reference.uid);
      if (!job) this.#event('Normal', 'MissingJob', `Active job went missing: ${reference.name}`);
      else if (!isFinished(job)) active.push(reference);
      else this.#sawEnd(job);
    }
    for (const job of this.#jobs) {
      if (!isFinished(job) && !active.some(({ uid }) => uid === job.metadata.uid)) active.push(referenceTo(job));
      const { completionTime } = job.status ?? {};
      if (completionTime && completionTime > (this.#status.lastSuccessfulTime ?? '')) this.#status.lastSuccessfulTime = completionTime;
    }
    this.#status.active = active.length > 0 ? active : undefined;
  }

  #sawEnd(job: Job): void {
    const type = job.status.conditions?.find(
      (each) => each.status === 'True' && (each.type === 'Complete' || each.type === 'Failed'),
    )?.type;
    this.#event('Normal', 'SawCompletedJob', `Saw completed job: ${job.metadata.name}, condition: ${type}`);
  }

  async #trimHistory(): Promise<void> {
    const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = this.#cronJob.spec;
    const ended = (type: string): Job[] =>
      this.#jobs.filter(({ status }) => status?.conditions?.some((each) => each.type === type && each.status === 'True'));
    await this.#trim(ended('Complete'), successfulJobsHistoryLimit);
    await this.#trim(ended('Failed'), failedJobsHistoryLimit);
  }

  async #trim(jobs: readonly Job[], limit: number | undefined): Promise<void> {
    if (limit === undefined) return;
    const byStart = jobs.toSorted((a, b) => ((a.status.startTime ?? '') < (b.status.startTime ?? '') ? -1 : 1));
    for (const job of byStart.slice(0, Math.max(0, jobs.length - limit))) {
      if (!job.metadata.deletionTimestamp) await this.#delete(job);
    }
  }

  async #delete({ metadata }: Job): Promise<void> {
    try {
      await this.#deps.client
        .resource(resources.jobs)
        .delete(metadata, { propagationPolicy: 'Background', preconditions: { uid: metadata.uid } });
      this.#event('Normal', 'SuccessfulDelete', `Deleted job ${metadata.name}`);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  /** Starts the Job that is due, if any. Resolves with the time of the next one. */
  async #schedule(): Promise<number | undefined> {
    const { spec } = this.#cronJob;
    const timeZone = spec.timeZone ?? 'UTC';
    let schedule: Schedule;
    try {
      schedule = new Schedule(spec.schedule);
    } catch (error) {
      this.#event(
        'Warning',
        'UnparseableSchedule',
        `unparseable schedule: "${spec.schedule}" : ${error instanceof Error ? error.message : ''}`,
      );
      return undefined;
    }
    const now = Date.now();
    const due = this.#lastDue(schedule, timeZone, now);
    const next = schedule.next(now, timeZone);
    if (due !== undefined) await this.#start(due, timeZone, now);
    return next;
  }

  /** The latest time that has come since the last run; of many that were missed only the latest counts. */
  #lastDue(schedule: Schedule, timeZone: string, now: number): number | undefined {
    const { startingDeadlineSeconds } = this.#cronJob.spec;
    const since = Date.parse(this.#status.lastScheduleTime ?? this.#cronJob.metadata.creationTimestamp ?? '');
    const earliest = startingDeadlineSeconds === undefined ? since : Math.max(since, now - startingDeadlineSeconds * 1000);
    let due: number | undefined;
    let missed = 0;
    for (let time = schedule.next(earliest, timeZone); time !== undefined && time <= now; missed++) {
      due = time;
      const following = schedule.next(time, timeZone);
      // After a long pause: skip ahead by whole periods instead of going through all of them.
      const period = following === undefined ? 0 : following - time;
      const skipTo = now - 2 * period;
      time = missed >= MANY_MISSED && period > 0 && skipTo > time ? schedule.next(skipTo, timeZone) : following;
    }
    if (missed > MANY_MISSED) {
      this.#event(
        'Warning',
        'TooManyMissedTimes',
        'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
      );
    }
    return due;
  }

  async #start(due: number, timeZone: string, now: number): Promise<void> {
    const { startingDeadlineSeconds, concurrencyPolicy } = this.#cronJob.spec;
    if (startingDeadlineSeconds !== undefined && due + startingDeadlineSeconds * 1000 < now) {
      this.#event('Warning', 'MissSchedule', `Missed scheduled time to start a job: ${new Date(due).toUTCString()}`);
      return;
    }
    if (concurrencyPolicy === 'Forbid' && this.#status.active?.length) {
      this.#event('Normal', 'JobAlreadyActive', 'Not starting job because prior execution is running and concurrency policy is Forbid');
      return;
    }
    if (concurrencyPolicy === 'Replace') await this.#replaceActive();
    await this.#create(newJob(this.#cronJob, due, timeZone), due);
  }

  async #replaceActive(): Promise<void> {
    const active = new Set(this.#status.active?.map(({ uid }) => uid));
    for (const job of this.#jobs) if (active.has(job.metadata.uid)) await this.#delete(job);
    this.#status.active = undefined;
  }

  async #create(wanted: Job, due: number): Promise<void> {
    const jobs = this.#deps.client.resource(resources.jobs);
    try {
      const created = await jobs.create(wanted);
      this.#deps.jobExpectations.wrote(`${created.metadata.namespace}/${this.#cronJob.metadata.name}`, created);
      this.#event('Normal', 'SuccessfulCreate', `Created job ${created.metadata.name}`);
      this.#status.active = [...(this.#status.active ?? []), referenceTo(created)];
    } catch (error) {
      if (isNamespaceTerminating(error)) return;
      // Started before, and the status could not be written: the name says that it is this very run.
      if (!isAlreadyExists(error)) {
        this.#event('Warning', 'FailedCreate', `Error creating job: ${error instanceof Error ? error.message : String(error)}`);
        throw error;
      }
    }
    this.#status.lastScheduleTime = timestamp(new Date(due));
  }

  async #writeStatus(): Promise<void> {
    if (objectEqual(this.#status, this.#cronJob.status)) return;
    try {
      await this.#deps.client.resource(resources.cronJobs).updateStatus({ ...this.#cronJob, status: this.#status });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#deps.recorder.event(resources.cronJobs, this.#cronJob, type, reason, message);
  }
}

function newJob(cronJob: CronJob, due: number, timeZone: string): Job {
  const { metadata, spec } = cronJob.spec.jobTemplate;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      // The minute makes the name: no run can be started twice.
      name: `${cronJob.metadata.name}-${Math.floor(due / 60_000)}`,
      namespace: cronJob.metadata.namespace,
      labels: metadata?.labels && { ...metadata.labels },
      annotations: { ...metadata?.annotations, [SCHEDULED_AT]: zonedTimestamp(due, timeZone) },
      ownerReferences: [controllerReference(resources.cronJobs, cronJob)],
    },
    spec: { ...spec },
    status: {},
  };
}

/** RFC 3339 with the zone's own offset. */
function zonedTimestamp(instant: number, timeZone: string): string {
  const offset = offsetAt(instant, timeZone);
  if (offset === 0) return timestamp(new Date(instant));
  const minutes = Math.abs(offset) / 60_000;
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  return `${new Date(instant + offset).toISOString().slice(0, 19)}${offset < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
}

function referenceTo({ metadata }: Job): ObjectReference {
  const { name, namespace, uid, resourceVersion } = metadata;
  return { apiVersion: 'batch/v1', kind: 'Job', name, namespace, uid, resourceVersion };
}
