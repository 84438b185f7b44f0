import { checkOneOf } from '../checks.ts';
import {
  fieldInvalid,
  fieldRequired,
  fieldTooLong,
  root,
  selectorOf,
  validateByRule,
  validateLabelSelector,
  validateNonNegative,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import { isDomainPrefixedPath } from '../domain-prefixed-path.ts';
import { templateWarnings } from '../apps/template-warnings.ts';
import { validatePodFailurePolicy, validateSuccessPolicy } from './job-policy-validation.ts';
import { validatePodTemplateSpec } from '../core/index.ts';
import type { Job, JobSpec } from '../generated/batch-v1.ts';

const specPath = root.child('spec');
const UID_LABEL = 'batch.kubernetes.io/controller-uid';
const NAME_LABEL = 'batch.kubernetes.io/job-name';
const MAX_INDEXED = 100_000;
const MAX_FAILED_INDEXES_OF_MANY = 10_000;
const MAX_MANAGED_BY_LENGTH = 63;

/** What is wrong with a job on its own. */
export function validateJob(job: Job): FieldError[] {
  return [...validateGeneratedSelector(job), ...validateJobSpec(job.spec, specPath)];
}

/** What is unwise in the pods' template, and what a job of this size cannot have. */
export function jobWarnings({ spec }: Job, old: Job | undefined): string[] {
  const warnings = templateWarnings(spec.template, old?.spec.template, specPath.child('template'));
  const many =
    spec.completionMode === 'Indexed' && (spec.completions ?? 0) > MAX_INDEXED && (spec.parallelism ?? 0) > MAX_FAILED_INDEXES_OF_MANY;
  if (many) {
    warnings.push(
      'In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail',
    );
  }
  return warnings;
}

/** Without `manualSelector`, selector and labels are those that the server makes; anything else is refused. */
function validateGeneratedSelector({ metadata, spec }: Job): FieldError[] {
  if (spec.manualSelector === true || spec.selector === undefined) return [];
  const errors: FieldError[] = [];
  const labelsPath = specPath.child('template', 'metadata', 'labels');
  const labels = spec.template.metadata.labels ?? {};
  for (const [label, expected] of [
    [UID_LABEL, metadata.uid ?? ''],
    [NAME_LABEL, metadata.name],
  ] as const) {
    if (labels[label] !== expected) errors.push(fieldInvalid(labelsPath.key(label), labels[label] ?? '', `must be '${expected}'`));
  }
  const { matchLabels = {}, matchExpressions = [] } = spec.selector;
  const generated = matchExpressions.length === 0 && Object.keys(matchLabels).length === 1 && matchLabels[UID_LABEL] === metadata.uid;
  if (!generated) errors.push(fieldInvalid(specPath.child('selector'), spec.selector, '`selector` not auto-generated'));
  return errors;
}

function validateJobSpec(spec: JobSpec, path: FieldPath): FieldError[] {
  const errors = validateJobTemplateSpec(spec, path);
  const selectorPath = path.child('selector');
  if (spec.selector === undefined) return [...errors, fieldRequired(selectorPath)];
  const selectorErrors = validateLabelSelector(spec.selector, selectorPath);
  const labels = spec.template.metadata.labels ?? {};
  if (selectorErrors.length === 0 && !selectorOf(spec.selector).matches(labels)) {
    errors.push(fieldInvalid(path.child('template', 'metadata', 'labels'), labels, '`selector` does not match template `labels`'));
  }
  return [...errors, ...selectorErrors];
}

/** All but the selector; this is what there is of the job in a template. */
export function validateJobTemplateSpec(spec: JobSpec, path: FieldPath): FieldError[] {
  const counters = [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'backoffLimitPerIndex',
    'maxFailedIndexes',
  ] as const;
  const errors = counters.flatMap((field) => validateNonNegative(spec[field], path.child(field)));
  if (spec.managedBy !== undefined) errors.push(...validateManagedBy(spec.managedBy, path.child('managedBy')));
  errors.push(...checkOneOf(path.child('completionMode'), spec.completionMode, ['Indexed', 'NonIndexed']));
  errors.push(...(spec.completionMode === 'Indexed' ? validateIndexed(spec, path) : validateNonIndexed(spec, path)));
  if (spec.podFailurePolicy !== undefined) errors.push(...validatePodFailurePolicy(spec, path.child('podFailurePolicy')));
  if (spec.successPolicy !== undefined) errors.push(...validateSuccessPolicy(spec, path.child('successPolicy')));
  const replacements = spec.podFailurePolicy === undefined ? ['Failed', 'TerminatingOrFailed'] : ['Failed'];
  errors.push(...checkOneOf(path.child('podReplacementPolicy'), spec.podReplacementPolicy, replacements));
  errors.push(...validatePodTemplateSpec(spec.template, path.child('template')));
  return [...errors, ...validateRestartPolicy(spec, path.child('template', 'spec', 'restartPolicy'))];
}

function validateManagedBy(managedBy: string, path: FieldPath): FieldError[] {
  const errors = validateByRule(managedBy, isDomainPrefixedPath, path);
  if (managedBy.length > MAX_MANAGED_BY_LENGTH) errors.push(fieldTooLong(path, MAX_MANAGED_BY_LENGTH));
  return errors;
}

function validateIndexed(spec: JobSpec, path: FieldPath): FieldError[] {
  const { completions, parallelism = 0, backoffLimitPerIndex, maxFailedIndexes } = spec;
  const errors: FieldError[] = [];
  const failedPath = path.child('maxFailedIndexes');
  if (completions === undefined) errors.push(fieldRequired(path.child('completions'), 'when completion mode is Indexed'));
  if (parallelism > MAX_INDEXED) {
    errors.push(
      fieldInvalid(path.child('parallelism'), parallelism, `must be less than or equal to ${MAX_INDEXED} when completion mode is Indexed`),
    );
  }
  if (maxFailedIndexes !== undefined) {
    if (completions !== undefined && maxFailedIndexes > completions) {
      errors.push(fieldInvalid(failedPath, maxFailedIndexes, 'must be less than or equal to completions'));
    }
    if (maxFailedIndexes > MAX_INDEXED)
      errors.push(fieldInvalid(failedPath, maxFailedIndexes, `must be less than or equal to ${MAX_INDEXED}`));
    if (backoffLimitPerIndex === undefined)
      errors.push(fieldRequired(path.child('backoffLimitPerIndex'), 'when maxFailedIndexes is specified'));
  }
  if (backoffLimitPerIndex !== undefined && (completions ?? 0) > MAX_INDEXED) errors.push(...validateManyIndexes(spec, path));
  return errors;
}

/** Above 10^5 indexes, what the status can say about failed ones is limited. */
function validateManyIndexes({ parallelism = 0, maxFailedIndexes }: JobSpec, path: FieldPath): FieldError[] {
  const tooMany = `must be less than or equal to ${MAX_FAILED_INDEXES_OF_MANY} when completions are above ${MAX_INDEXED} and used with backoff limit per index`;
  const errors: FieldError[] = [];
  if (maxFailedIndexes === undefined) {
    errors.push(fieldRequired(path.child('maxFailedIndexes'), `must be specified when completions is above ${MAX_INDEXED}`));
  } else if (maxFailedIndexes > MAX_FAILED_INDEXES_OF_MANY)
    errors.push(fieldInvalid(path.child('maxFailedIndexes'), maxFailedIndexes, tooMany));
  if (parallelism > MAX_FAILED_INDEXES_OF_MANY) errors.push(fieldInvalid(path.child('parallelism'), parallelism, tooMany));
  return errors;
}

function validateNonIndexed(spec: JobSpec, path: FieldPath): FieldError[] {
  const fields = ['backoffLimitPerIndex', 'maxFailedIndexes'] as const;
  return fields.flatMap((field) =>
    spec[field] === undefined ? [] : [fieldInvalid(path.child(field), spec[field], 'requires indexed completion mode')],
  );
}

function validateRestartPolicy({ template, podFailurePolicy }: JobSpec, path: FieldPath): FieldError[] {
  const { restartPolicy } = template.spec;
  if (restartPolicy !== 'OnFailure' && restartPolicy !== 'Never') {
    return [fieldRequired(path, 'valid values: "OnFailure", "Never"')];
  }
  if (restartPolicy === 'Never' || podFailurePolicy === undefined) return [];
  return [fieldInvalid(path, restartPolicy, 'only "Never" is supported when podFailurePolicy is specified')];
}
