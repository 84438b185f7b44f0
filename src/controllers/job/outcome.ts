import type { Job, JobCondition, SuccessPolicyRule } from '#api/generated/batch-v1.ts';
import { timestamp } from '#apimachinery';
import { isConditionTrue } from '../conditions.ts';
import { parseIndexes } from './index-set.ts';
import { isIndexed } from './pods-of-job.ts';
import type { Tally } from './tally.ts';

/** How a Job is to end. The interim conditions (`FailureTarget`, `SuccessCriteriaMet`) stand until its last pod has ended. */
export interface Outcome {
  type: 'Complete' | 'Failed';
  reason: string;
  message: string;
}

export function condition(type: string, reason: string, message: string, status = 'True'): JobCondition {
  const now = timestamp();
  return { type, status, lastProbeTime: now, lastTransitionTime: now, reason, message };
}

export function isFinished({ status }: Job): boolean {
  return isConditionTrue(status?.conditions, 'Complete') || isConditionTrue(status?.conditions, 'Failed');
}

/** Why the Job should end now; undefined: it should go on. What was decided before stays decided. */
export function outcomeOf(job: Job, result: Tally, now: number): Outcome | undefined {
  return decided(job) ?? failure(job, result, now) ?? success(job, result);
}

function decided({ status }: Job): Outcome | undefined {
  for (const [interim, type] of [
    ['FailureTarget', 'Failed'],
    ['SuccessCriteriaMet', 'Complete'],
  ] as const) {
    const present = status?.conditions?.find((each) => each.type === interim && each.status === 'True');
    if (present) return { type, reason: present.reason ?? '', message: present.message ?? '' };
  }
  return undefined;
}

function failure(job: Job, result: Tally, now: number): Outcome | undefined {
  const failed = (reason: string, message: string): Outcome => ({ type: 'Failed', reason, message });
  const { backoffLimit = 6, activeDeadlineSeconds, maxFailedIndexes } = job.spec;
  if (result.failJob) return failed('PodFailurePolicy', result.failJob);
  if (result.failed > backoffLimit || restartsExceed(job, result, backoffLimit)) {
    return failed('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  }
  const start = job.status?.startTime;
  if (activeDeadlineSeconds !== undefined && !job.spec.suspend && start && now - Date.parse(start) >= activeDeadlineSeconds * 1000) {
    return failed('DeadlineExceeded', 'Job was active longer than specified deadline');
  }
  if (maxFailedIndexes !== undefined && result.failedIndexes.size > maxFailedIndexes) {
    return failed('MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes');
  }
  const settled = result.failedIndexes.size > 0 && result.failedIndexes.size + result.completedIndexes.size >= (job.spec.completions ?? 0);
  return settled ? failed('FailedIndexes', 'Job has failed indexes') : undefined;
}

/** Pods that are restarted in place fail without ending. */
function restartsExceed({ spec }: Job, { active }: Tally, limit: number): boolean {
  if (spec.template.spec?.restartPolicy !== 'OnFailure') return false;
  let restarts = 0;
  for (const { status } of active) {
    for (const each of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]) restarts += each.restartCount;
  }
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

function success(job: Job, result: Tally): Outcome | undefined {
  const { completions, successPolicy } = job.spec;
  const matched = isIndexed(job) ? (successPolicy?.rules ?? []).findIndex((rule) => meets(rule, result.completedIndexes)) : -1;
  if (matched >= 0) return { type: 'Complete', reason: 'SuccessPolicy', message: `Matched rules at index ${matched}` };
  // Without a number of completions, one success says that the work is done; the other workers finish by themselves.
  const isDone = completions === undefined ? result.succeeded > 0 && result.active.length === 0 : result.succeeded >= completions;
  return isDone ? { type: 'Complete', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' } : undefined;
}

function meets({ succeededIndexes, succeededCount }: SuccessPolicyRule, completed: ReadonlySet<number>): boolean {
  const wanted = succeededIndexes === undefined ? completed : parseIndexes(succeededIndexes, Infinity);
  const matching = [...wanted].filter((index) => completed.has(index)).length;
  return matching >= (succeededCount ?? wanted.size);
}
