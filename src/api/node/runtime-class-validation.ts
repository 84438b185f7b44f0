import {
  fieldInvalid,
  isDns1123Label,
  parseQuantity,
  isQualifiedName,
  NEGATIVE_TEXT,
  root,
  validateByRule,
  validateImmutable,
  validateLabels,
  type FieldError,
} from '#apimachinery';
import type { RuntimeClass } from '../generated/node-v1.ts';

/** What is wrong with a runtime class on its own. */
export function validateRuntimeClass({ handler, overhead, scheduling }: RuntimeClass): FieldError[] {
  const errors = validateByRule(handler, isDns1123Label, root.child('handler'));
  for (const [resource, quantity] of Object.entries(overhead?.podFixed ?? {})) {
    const path = root.child('overhead', 'podFixed').key(resource);
    errors.push(...validateByRule(resource, isQualifiedName, path));
    if (parseQuantity(quantity).sign() < 0) errors.push(fieldInvalid(path, quantity, NEGATIVE_TEXT));
  }
  return [...errors, ...validateLabels(scheduling?.nodeSelector, root.child('scheduling', 'nodeSelector'))];
}

/** The handler stays as it is. */
export function validateRuntimeClassUpdate(object: RuntimeClass, old: RuntimeClass): FieldError[] {
  return validateImmutable(object.handler, old.handler, root.child('handler'));
}
