import { checkOneOf } from '../checks.ts';
import {
  fieldForbidden,
  fieldInvalid,
  fieldRequired,
  selectorOf,
  validateLabelSelector,
  validateNonNegative,
  type FieldError,
  type FieldPath,
  type LabelSelector,
} from '#apimachinery';
import type { PodTemplateSpec } from '../generated/core-v1.ts';

/** A workload's selector: required and never empty. `who` is how the error names the kind. */
export function validateSelector(selector: LabelSelector | undefined, who: string, path: FieldPath): FieldError[] {
  if (selector === undefined) return [fieldRequired(path)];
  const errors = validateLabelSelector(selector, path);
  if (isEmpty(selector)) errors.push(fieldInvalid(path, selector, `empty selector is invalid for ${who}`));
  return errors;
}

function isEmpty({ matchLabels, matchExpressions }: LabelSelector): boolean {
  return Object.keys(matchLabels ?? {}).length === 0 && (matchExpressions?.length ?? 0) === 0;
}

/** The template's labels must be such that the selector finds the pods made from it. `path` is the template's. */
export function validateTemplateLabels(template: PodTemplateSpec, selector: LabelSelector | undefined, path: FieldPath): FieldError[] {
  const { labels } = template.metadata;
  if (selector === undefined || isEmpty(selector) || validateLabelSelector(selector, path).length > 0) return [];
  if (selectorOf(selector).matches(labels)) return [];
  return [fieldInvalid(path.child('metadata', 'labels'), labels ?? {}, '`selector` does not match template `labels`')];
}

/** Pods of workloads that never end: restarted always, without a deadline. `path` is the template's. */
export function validateEndlessTemplate({ spec }: PodTemplateSpec, who: string, path: FieldPath): FieldError[] {
  const errors = checkOneOf(path.child('spec', 'restartPolicy'), spec.restartPolicy, ['Always']);
  if (spec.activeDeadlineSeconds !== undefined) {
    errors.push(fieldForbidden(path.child('spec', 'activeDeadlineSeconds'), `activeDeadlineSeconds in ${who} is not Supported`));
  }
  return errors;
}

/** Counters of a status, none of which is negative. */
export function validateCounters<T extends object>(status: T, fields: readonly (keyof T & string)[], path: FieldPath): FieldError[] {
  return fields.flatMap((field) => validateNonNegative(status[field] as number | undefined, path.child(field)));
}

/** None of the counters may exceed `limit`; `limitName` is how the error names it. */
export function validateUpTo<T extends object>(
  status: T,
  fields: readonly (keyof T & string)[],
  limit: number | undefined,
  limitName: string,
  path: FieldPath,
): FieldError[] {
  return fields.flatMap((field) => {
    const value = (status[field] as number | undefined) ?? 0;
    return value > (limit ?? 0) ? [fieldInvalid(path.child(field), value, `cannot be greater than ${limitName}`)] : [];
  });
}

/** The count of name collisions only ever grows. */
export function validateCollisionCount(count = 0, oldCount = 0, path: FieldPath): FieldError[] {
  return count < oldCount ? [fieldInvalid(path.child('collisionCount'), count, 'cannot be decremented')] : [];
}
