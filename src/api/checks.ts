import {
  fieldInvalid,
  fieldNotSupported,
  isPercent,
  objectEqual,
  validateByRule,
  validateNonNegative,
  type FieldError,
  type FieldPath,
  type IntOrString,
} from '#apimachinery';

/** An error unless the value is one of those that there are; an absent one passes. */
export function checkOneOf(path: FieldPath, value: string | undefined, supported: readonly string[]): FieldError[] {
  return value === undefined || supported.includes(value) ? [] : [fieldNotSupported(path, value, supported)];
}

/** An error when a field that must stay as it is has been changed. */
export function checkUnchanged(path: FieldPath, value: unknown, old: unknown, detail: string): FieldError[] {
  return objectEqual(value, old) ? [] : [fieldInvalid(path, value, detail)];
}

/** An error unless the value is a whole number from 0 or a percentage. */
export function checkIntOrPercent(path: FieldPath, value: IntOrString): FieldError[] {
  return typeof value === 'number' ? validateNonNegative(value, path) : validateByRule(value, isPercent, path);
}

/** The number in `5`, `"5"` or `"5%"`; 0 for other texts. */
export function intOrPercent(value: IntOrString): number {
  return typeof value === 'number' ? value : Number.parseInt(value, 10) || 0;
}

/** An error when a percentage is greater than 100. */
export function checkAtMost100Percent(path: FieldPath, value: IntOrString | undefined): FieldError[] {
  const tooMuch = typeof value === 'string' && isPercent(value).length === 0 && Number.parseInt(value, 10) > 100;
  return tooMuch ? [fieldInvalid(path, value, 'must not be greater than 100%')] : [];
}
