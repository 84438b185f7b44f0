import { fieldDuplicate, fieldRequired, type FieldError, type FieldPath } from '#apimachinery';

/** Conditions of a status: one of each type. */
export function validateConditions(conditions: readonly { type?: string }[], path: FieldPath): FieldError[] {
  const seen = new Set<string>();
  return conditions.flatMap(({ type = '' }, i) => {
    const errors: FieldError[] = [];
    if (type === '') errors.push(fieldRequired(path.index(i).child('type')));
    if (seen.has(type)) errors.push(fieldDuplicate(path.index(i).child('type'), type));
    seen.add(type);
    return errors;
  });
}
