import {
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  root,
  validateEnum,
  validateNonNegative,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import { parseCronSchedule } from './cron-schedule.ts';
import { templateWarnings } from '../apps/template-warnings.ts';
import { validateJobTemplateSpec } from './job-validation.ts';
import type { CronJob, CronJobSpec, JobTemplateSpec } from '../generated/batch-v1.ts';

const specPath = root.child('spec');
/** Names of jobs are the cron job's plus eleven characters, and must fit into a label. */
const MAX_NAME_LENGTH = 52;

/** What is wrong with a cron job on its own. */
export function validateCronJob({ spec }: CronJob): FieldError[] {
  return [
    ...validateSchedule(spec, specPath.child('schedule')),
    ...validateNonNegative(spec.startingDeadlineSeconds, specPath.child('startingDeadlineSeconds')),
    ...validateTimeZone(spec.timeZone, specPath.child('timeZone')),
    ...validateEnum(spec.concurrencyPolicy, ['Allow', 'Forbid', 'Replace'], specPath.child('concurrencyPolicy')),
    ...validateJobTemplate(spec.jobTemplate, specPath.child('jobTemplate')),
    ...validateNonNegative(spec.successfulJobsHistoryLimit, specPath.child('successfulJobsHistoryLimit')),
    ...validateNonNegative(spec.failedJobsHistoryLimit, specPath.child('failedJobsHistoryLimit')),
  ];
}

/** What only a new cron job has to obey: its name leaves room for the names of its jobs. */
export function validateCronJobCreate({ metadata }: CronJob): FieldError[] {
  if (metadata.name.length <= MAX_NAME_LENGTH) return [];
  return [fieldInvalid(root.child('metadata', 'name'), metadata.name, `must be no more than ${MAX_NAME_LENGTH} characters`)];
}

/** What is unwise in the template of the jobs' pods. */
export function cronJobWarnings({ spec }: CronJob, old: CronJob | undefined): string[] {
  const oldTemplate = old?.spec.jobTemplate.spec.template;
  return templateWarnings(spec.jobTemplate.spec.template, oldTemplate, specPath.child('jobTemplate', 'spec', 'template'));
}

function validateSchedule({ schedule, timeZone }: CronJobSpec, path: FieldPath): FieldError[] {
  if (!schedule) return [fieldRequired(path)];
  if (schedule.includes('TZ')) {
    const text =
      timeZone === undefined
        ? 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'
        : 'cannot use both timeZone field and TZ or CRON_TZ in schedule';
    return [fieldInvalid(path, schedule, text)];
  }
  try {
    parseCronSchedule(schedule);
    return [];
  } catch (error) {
    return [fieldInvalid(path, schedule, error instanceof Error ? error.message : String(error))];
  }
}

function validateTimeZone(timeZone: string | undefined, path: FieldPath): FieldError[] {
  if (timeZone === undefined) return [];
  if (timeZone === '') return [fieldInvalid(path, timeZone, 'timeZone must be nil or non-empty string')];
  if (timeZone.toLowerCase() === 'local') {
    return [fieldInvalid(path, timeZone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones')];
  }
  return isTimeZone(timeZone) ? [] : [fieldInvalid(path, timeZone, `unknown time zone ${timeZone}`)];
}

function isTimeZone(timeZone: string): boolean {
  if (/^[+-]/.test(timeZone)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

function validateJobTemplate({ spec }: JobTemplateSpec, path: FieldPath): FieldError[] {
  const errors = validateJobTemplateSpec(spec, path.child('spec'));
  if (spec.manualSelector) errors.push(fieldNotSupported(path.child('spec', 'manualSelector'), true, ['nil', 'false']));
  return errors;
}
