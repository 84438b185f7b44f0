import { fieldForbidden, fieldInvalid, fieldRequired, type FieldError, type FieldPath } from '../field-error.ts';
import type { LabelSelector, LabelSelectorRequirement } from '../object.ts';
import { isLabelValue, isQualifiedName } from './names.ts';

/** Keys and values of labels. The errors name the whole map, not the key. */
export function validateLabels(labels: Readonly<Record<string, string>> | undefined, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  for (const key in labels) {
    for (const text of isQualifiedName(key)) errors.push(fieldInvalid(path, key, text));
    for (const text of isLabelValue(labels[key]!)) errors.push(fieldInvalid(path, labels[key], text));
  }
  return errors;
}

/** Absent is fine; whether an empty one is, the kind knows. */
export function validateLabelSelector(selector: LabelSelector | undefined, path: FieldPath): FieldError[] {
  if (selector === undefined || selector === null) return [];
  const errors = validateLabels(selector.matchLabels, path.child('matchLabels'));
  selector.matchExpressions?.forEach((requirement, index) => {
    errors.push(...validateRequirement(requirement, path.child('matchExpressions').index(index)));
  });
  return errors;
}

function validateRequirement(requirement: LabelSelectorRequirement, path: FieldPath): FieldError[] {
  const { key, operator, values = [] } = requirement;
  const errors: FieldError[] = [];
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) errors.push(fieldRequired(path.child('values'), "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0)
      errors.push(fieldForbidden(path.child('values'), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
  } else {
    errors.push(fieldInvalid(path.child('operator'), operator ?? '', 'not a valid selector operator'));
  }
  for (const text of isQualifiedName(key ?? '')) errors.push(fieldInvalid(path.child('key'), key ?? '', text));
  values.forEach((value, index) => {
    for (const text of isLabelValue(value)) errors.push(fieldInvalid(path.child('values').index(index), value, text));
  });
  return errors;
}
