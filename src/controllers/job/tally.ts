import type { Job, UncountedTerminatedPods } from '#api/generated/batch-v1.ts';
import type { Pod } from '#api/generated/core-v1.ts';
import { isActive, isReady, isTerminating } from '../pods/pod-state.ts';
import { applyFailurePolicy } from './failure-policy.ts';
import { parseIndexes } from './index-set.ts';
import { failuresBefore, finishTime, hasFailed, indexOf, isIndexed, isTracked } from './pods-of-job.ts';

/** What a Job's pods amount to at this moment. */
export interface Tally {
  active: Pod[];
  ready: number;
  terminating: number;
  /** Ended pods, counted or not. */
  succeeded: number;
  failed: number;
  /** Ended pods that the status has yet to count, by uid, with those noted before. */
  uncounted: { succeeded: Set<string>; failed: Set<string> };
  /** Pods that may go now: their uid is in `uncounted`, or they do not count. */
  release: Pod[];
  completedIndexes: Set<number>;
  failedIndexes: Set<number>;
  /** Set when the pod failure policy ends the Job. */
  failJob: string | undefined;
}

export function tally(job: Job, pods: readonly Pod[]): Tally {
  const completions = job.spec.completions ?? Infinity;
  const noted: UncountedTerminatedPods = job.status?.uncountedTerminatedPods ?? {};
  const result: Tally = {
    active: pods.filter(isActive),
    ready: pods.filter((pod) => isActive(pod) && isReady(pod)).length,
    terminating: pods.filter(isTerminating).length,
    succeeded: 0,
    failed: 0,
    uncounted: { succeeded: new Set(noted.succeeded), failed: new Set(noted.failed) },
    release: [],
    completedIndexes: parseIndexes(job.status?.completedIndexes, completions),
    failedIndexes: parseIndexes(job.status?.failedIndexes, completions),
    failJob: undefined,
  };
  for (const pod of pods) if (isTracked(pod)) countPod(job, pod, result);
  // An indexed Job counts its indexes, however many pods of one succeeded.
  const succeeded = (job.status?.succeeded ?? 0) + result.uncounted.succeeded.size;
  result.succeeded = isIndexed(job) ? result.completedIndexes.size : succeeded;
  result.failed = (job.status?.failed ?? 0) + result.uncounted.failed.size;
  return result;
}

function countPod(job: Job, pod: Pod, result: Tally): void {
  const uid = pod.metadata.uid!;
  const index = indexOf(pod);
  if (pod.status?.phase === 'Succeeded') {
    result.release.push(pod);
    const isNew = !isIndexed(job) || (index !== undefined && index < (job.spec.completions ?? 0) && !result.completedIndexes.has(index));
    if (isNew) result.uncounted.succeeded.add(uid);
    if (isNew && index !== undefined) result.completedIndexes.add(index);
  } else if (hasFailed(job, pod)) {
    result.release.push(pod);
    countFailure(job, pod, index, result);
  }
}

function countFailure(job: Job, pod: Pod, index: number | undefined, result: Tally): void {
  const { action, message } = applyFailurePolicy(job, pod);
  if (action === 'FailJob') result.failJob ??= message;
  if (action === 'Ignore') return;
  result.uncounted.failed.add(pod.metadata.uid!);
  const limit = job.spec.backoffLimitPerIndex;
  if (limit === undefined || index === undefined) return;
  if (action === 'FailIndex' || failuresBefore(pod) >= limit) result.failedIndexes.add(index);
}

const BASE_WAIT_MS = 10_000;
const MAX_WAIT_MS = 600_000;

/** Milliseconds until a failed pod may be replaced: 10 s, 20 s, 40 s, … after the last failure since the last success. */
export function waitAfterFailures(job: Job, pods: readonly Pod[], now: number): number {
  const lastSuccess = Math.max(0, ...pods.filter((pod) => pod.status?.phase === 'Succeeded').map(finishTime));
  const failures = pods
    .filter((pod) => pod.status?.phase === 'Failed')
    .map(finishTime)
    .filter((time) => time > lastSuccess);
  if (failures.length === 0 || job.spec.suspend) return 0;
  const wait = Math.min(BASE_WAIT_MS * 2 ** (failures.length - 1), MAX_WAIT_MS);
  return Math.max(0, Math.max(...failures) + wait - now);
}
