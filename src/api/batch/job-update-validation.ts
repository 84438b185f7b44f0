import { fieldInvalid, IMMUTABLE_TEXT, objectEqual, root, validateImmutable, type FieldError } from '#apimachinery';
import { hasCondition, isFinished } from './job-status.ts';
import { validateCounters } from '../apps/workload-validation.ts';
import type { Job, JobSpec } from '../generated/batch-v1.ts';
import type { PodTemplateSpec } from '../generated/core-v1.ts';

const specPath = root.child('spec');
const statusPath = root.child('status');

/** Most of a job stays as it is; the template's scheduling may change while the job is suspended and has no pods. */
export function validateJobUpdate({ spec }: Job, old: Job): FieldError[] {
  const template = mayReschedule(old) ? withSchedulingOf(old.spec.template, spec.template) : old.spec.template;
  const fixed = ['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'] as const;
  return [
    ...validateCompletions(spec, old.spec),
    ...validateImmutable(spec.selector, old.spec.selector, specPath.child('selector')),
    ...validateImmutable(spec.template, template, specPath.child('template')),
    ...fixed.flatMap((field) => validateImmutable(spec[field], old.spec[field], specPath.child(field))),
  ];
}

function mayReschedule(job: Job): boolean {
  return job.spec.suspend === true && (!job.status?.startTime || hasCondition(job, 'Suspended'));
}

/** The old template with the new one's scheduling directives, labels and annotations. */
function withSchedulingOf(old: PodTemplateSpec, fresh: PodTemplateSpec): PodTemplateSpec {
  const { nodeSelector, tolerations, schedulingGates } = fresh.spec;
  const affinity = { ...old.spec.affinity, nodeAffinity: fresh.spec.affinity?.nodeAffinity };
  const { labels, annotations } = fresh.metadata;
  return {
    metadata: { ...old.metadata, labels, annotations },
    spec: { ...old.spec, nodeSelector, tolerations, schedulingGates, affinity },
  };
}

/** The completions of an indexed job may follow its parallelism. */
function validateCompletions(spec: JobSpec, old: JobSpec): FieldError[] {
  if (spec.completions === old.completions) return [];
  const path = specPath.child('completions');
  if (spec.completions === undefined || old.completions === undefined || old.completionMode !== 'Indexed') {
    return [fieldInvalid(path, spec.completions, IMMUTABLE_TEXT)];
  }
  if (spec.completions === spec.parallelism && old.completions === old.parallelism) return [];
  return [fieldInvalid(path, spec.completions, 'can only be modified in tandem with spec.parallelism')];
}

/** A status is a status: counters, and a finish that is final. */
export function validateJobStatus(job: Job, old: Job): FieldError[] {
  const { status } = job;
  const errors = validateCounters(status, ['active', 'succeeded', 'failed', 'ready', 'terminating'], statusPath);
  if (isFinished(old)) errors.push(...validateFinal(job, old));
  if (hasCondition(job, 'Complete') && hasCondition(job, 'Failed')) {
    errors.push(fieldInvalid(statusPath.child('conditions'), status.conditions, 'cannot set Complete=True and Failed=true conditions'));
  }
  if (status.completionTime !== undefined && !hasCondition(job, 'Complete')) {
    errors.push(
      fieldInvalid(
        statusPath.child('completionTime'),
        status.completionTime,
        'cannot set completionTime when there is no Complete=True condition',
      ),
    );
  }
  return errors;
}

function validateFinal(job: Job, old: Job): FieldError[] {
  const errors: FieldError[] = [];
  const conditionsPath = statusPath.child('conditions');
  for (const type of ['Complete', 'Failed']) {
    if (hasCondition(old, type) && !hasCondition(job, type)) {
      errors.push(fieldInvalid(conditionsPath, job.status.conditions, `cannot disable the terminal ${type}=True condition`));
    }
  }
  if (!objectEqual(job.status.completionTime, old.status.completionTime)) {
    errors.push(fieldInvalid(statusPath.child('completionTime'), job.status.completionTime, IMMUTABLE_TEXT));
  }
  return errors;
}
