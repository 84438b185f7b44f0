import { ageCell, ageColumn, formatLabelSelector, integerColumn, nameColumn, since, textColumn } from '../printing.ts';
import { cronJobWarnings, validateCronJob, validateCronJobCreate } from './cron-job-validation.ts';
import { defaultPodTemplate } from '../core/index.ts';
import { defineKind } from '../kind-definition.ts';
import { structOf } from '../struct-of.ts';
import { templateCells, templateColumns } from '../apps/template-columns.ts';
import type { CronJob } from '../generated/batch-v1.ts';

function defaults(object: CronJob): void {
  const spec = structOf(object, 'spec');
  spec.concurrencyPolicy ||= 'Allow';
  spec.suspend ??= false;
  spec.successfulJobsHistoryLimit ??= 3;
  spec.failedJobsHistoryLimit ??= 1;
  const jobTemplate = structOf(spec, 'jobTemplate');
  structOf(jobTemplate, 'metadata');
  defaultPodTemplate(structOf(structOf(jobTemplate, 'spec'), 'template'));
}

function suspendCell(suspend: boolean | undefined): string {
  if (suspend === undefined) return '<unset>';
  return suspend ? 'True' : 'False';
}

export const cronJobKind = defineKind<CronJob>({
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  resource: 'cronjobs',
  singular: 'cronjob',
  shortNames: ['cj'],
  categories: ['all'],
  namespaced: true,
  alsoServed: [{ version: 'v1beta1', deprecated: { since: 'v1.21', removedIn: 'v1.25', use: 'batch/v1 CronJob' } }],
  hasStatus: true,
  hasGeneration: true,
  defaults,
  prepareForCreate(object) {
    object.status = {};
  },
  validate: validateCronJob,
  validateCreate: validateCronJobCreate,
  warnings: cronJobWarnings,
  columns: [
    nameColumn,
    textColumn('Schedule', 'The schedule in Cron format.'),
    textColumn('Timezone', 'The time zone name for the given schedule.'),
    { name: 'Suspend', type: 'boolean', description: 'Whether subsequent executions are suspended.' },
    integerColumn('Active', 'The number of currently running jobs.'),
    textColumn('Last Schedule', 'When a job was last scheduled.'),
    ageColumn,
    ...templateColumns,
    textColumn('Selector', 'A label query over pods that should match the pod count.', true),
  ],
  row(object, now) {
    const { spec, status } = object;
    return [
      object.metadata.name,
      spec.schedule,
      spec.timeZone ?? '<none>',
      suspendCell(spec.suspend),
      status?.active?.length ?? 0,
      status?.lastScheduleTime ? since(status.lastScheduleTime, now) : '<none>',
      ageCell(object, now),
      ...templateCells(spec.jobTemplate.spec.template),
      formatLabelSelector(spec.jobTemplate.spec.selector),
    ];
  },
});
