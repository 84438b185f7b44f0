import { ageCell, ageColumn, formatLabelSelector, nameColumn, textColumn } from '../printing.ts';
import { completionsCell, durationCell, statusCell } from './job-status.ts';
import { defaultPodTemplate } from '../core/index.ts';
import { defineKind } from '../kind-definition.ts';
import { jobWarnings, validateJob } from './job-validation.ts';
import { validateJobStatus, validateJobUpdate } from './job-update-validation.ts';
import { structOf } from '../struct-of.ts';
import { templateCells, templateColumns } from '../apps/template-columns.ts';
import type { Job, JobSpec } from '../generated/batch-v1.ts';

/** The largest number of retries there is: with a limit for each index, that one decides. */
const UNLIMITED = 2147483647;

function defaults(job: Job): void {
  const spec = structOf(job, 'spec');
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : UNLIMITED;
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.manualSelector ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed';
  for (const rule of spec.podFailurePolicy?.rules ?? []) {
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True';
  }
  defaultPodTemplate(structOf(spec, 'template'));
  defaultLabels(job);
}

/** A job without labels gets those of its pods. */
function defaultLabels({ metadata, spec }: Job): void {
  const { labels } = spec.template.metadata;
  if (labels && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
}

/** Makes the job's pods findable: labels with its uid and name on the template, and a selector for the uid. What contradicts them is left for validation to refuse. */
function generateSelector(job: Job, spec: JobSpec): void {
  const { name, uid = '' } = job.metadata;
  const metadata = structOf(structOf(spec, 'template'), 'metadata');
  metadata.labels = {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
    ...metadata.labels,
  };
  spec.selector ??= {};
  spec.selector.matchLabels = { 'batch.kubernetes.io/controller-uid': uid, ...spec.selector.matchLabels };
}

export const jobKind = defineKind<Job>({
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  resource: 'jobs',
  singular: 'job',
  categories: ['all'],
  namespaced: true,
  hasStatus: true,
  hasGeneration: true,
  defaults,
  prepareForCreate(object) {
    object.status = {};
    if (object.spec.manualSelector !== true) generateSelector(object, object.spec);
    defaultLabels(object);
  },
  validate: validateJob,
  validateUpdate: validateJobUpdate,
  validateStatusUpdate: validateJobStatus,
  warnings: jobWarnings,
  columns: [
    nameColumn,
    textColumn('Status', 'Status of the job.'),
    textColumn('Completions', 'The desired number of successfully finished pods the job should be run with.'),
    textColumn('Duration', 'Time required to complete the job.'),
    ageColumn,
    ...templateColumns,
    textColumn('Selector', 'A label query over pods that should match the pod count.', true),
  ],
  row: (object, now) => [
    object.metadata.name,
    statusCell(object),
    completionsCell(object),
    durationCell(object, now),
    ageCell(object, now),
    ...templateCells(object.spec.template),
    formatLabelSelector(object.spec.selector),
  ],
  selectableFields: {
    'status.successful': ({ status }) => String(status?.succeeded ?? 0),
  },
});
