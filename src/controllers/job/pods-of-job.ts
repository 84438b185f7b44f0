import type { Job } from '#api/generated/batch-v1.ts';
import type { Pod } from '#api/generated/core-v1.ts';
import { randomSuffix } from '#apimachinery';
import { resources } from '#client';
import { podFromTemplate } from '../pods/pod-control.ts';

export const TRACKING = 'batch.kubernetes.io/job-tracking';
const COMPLETION_INDEX = 'batch.kubernetes.io/job-completion-index';
const FAILURE_COUNT = 'batch.kubernetes.io/job-index-failure-count';

export function isIndexed(job: Job): boolean {
  return job.spec.completionMode === 'Indexed';
}

/** The index of an indexed Job's pod; undefined when it has none. */
export function indexOf({ metadata }: Pod): number | undefined {
  const text = metadata.annotations?.[COMPLETION_INDEX];
  return text === undefined || !/^\d+$/.test(text) ? undefined : Number(text);
}

export function isTracked({ metadata }: Pod): boolean {
  return metadata.finalizers?.includes(TRACKING) ?? false;
}

/** How often a pod's index had failed before it. */
export function failuresBefore({ metadata }: Pod): number {
  return Number(metadata.annotations?.[FAILURE_COUNT] ?? 0);
}

/** Terminating pods of a Job that replaces pods only when they have failed may still succeed. */
export function waitsForFailure({ spec }: Job): boolean {
  return spec.podReplacementPolicy === 'Failed' || spec.podFailurePolicy !== undefined;
}

export function hasFailed(job: Job, pod: Pod): boolean {
  if (pod.status?.phase === 'Failed') return true;
  return !waitsForFailure(job) && Boolean(pod.metadata.deletionTimestamp) && pod.status?.phase !== 'Succeeded';
}

/** When the pod's last container ended, else when it was asked to go (milliseconds). */
export function finishTime({ metadata, status }: Pod): number {
  const ends = (status?.containerStatuses ?? [])
    .map(({ state }) => Date.parse(state?.terminated?.finishedAt ?? ''))
    .filter((time) => time > 0);
  if (ends.length > 0) return Math.max(...ends);
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime;
  return Date.parse(ready ?? metadata.deletionTimestamp ?? metadata.creationTimestamp ?? '') || Date.now();
}

/** A new pod, which stays until it has been counted; an indexed Job's pod knows its index by annotation, label, host name and environment. */
export function newPod(job: Job, index: number | undefined, failures: number): Pod {
  const name = index === undefined ? undefined : `${job.metadata.name}-${index}-${randomSuffix()}`;
  const pod = podFromTemplate(resources.jobs, job, job.spec.template, name);
  pod.metadata.finalizers = [...(pod.metadata.finalizers ?? []), TRACKING];
  if (index === undefined) return pod;
  const text = String(index);
  pod.metadata.labels = { ...pod.metadata.labels, [COMPLETION_INDEX]: text };
  pod.metadata.annotations = { ...pod.metadata.annotations, [COMPLETION_INDEX]: text };
  if (job.spec.backoffLimitPerIndex !== undefined) pod.metadata.annotations[FAILURE_COUNT] = String(failures);
  const variable = { name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef: { fieldPath: `metadata.labels['${COMPLETION_INDEX}']` } } };
  const withIndex = <C extends Pod['spec']['containers'][number]>(container: C): C => {
    const isSet = container.env?.some((each) => each.name === variable.name);
    return isSet ? container : { ...container, env: [...(container.env ?? []), variable] };
  };
  pod.spec.hostname ??= `${job.metadata.name}-${index}`;
  pod.spec.containers = pod.spec.containers.map(withIndex);
  pod.spec.initContainers = pod.spec.initContainers?.map(withIndex);
  return pod;
}
