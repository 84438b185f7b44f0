import {
  fieldDuplicate,
  fieldRequired,
  isQualifiedName,
  validateByRule,
  validateMaxItems,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import type { MatchCondition } from '../generated/admissionregistration-v1.ts';

const MAX_CONDITIONS = 64;

/** Conditions that a request must meet besides the rules: each with an expression and a name of its own. */
export function validateMatchConditions(conditions: readonly MatchCondition[], path: FieldPath): FieldError[] {
  const errors = validateMaxItems(conditions, MAX_CONDITIONS, path);
  const names = new Set<string>();
  for (const [i, { name, expression }] of conditions.entries()) {
    const at = path.index(i);
    if (!expression?.trim()) errors.push(fieldRequired(at.child('expression')));
    if (!name) errors.push(fieldRequired(at.child('name')));
    else errors.push(...validateByRule(name, isQualifiedName, at.child('name')));
    if (name && names.has(name)) errors.push(fieldDuplicate(at.child('name'), name));
    names.add(name);
  }
  return errors;
}
