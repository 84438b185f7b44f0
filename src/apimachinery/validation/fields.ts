import {
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  fieldTooMany,
  type FieldError,
  type FieldPath,
} from '../field-error.ts';
import { objectEqual } from '../object-equal.ts';
import type { NameRule, StringRule } from './name-rule.ts';

/** Of a field that an update may not change. */
export const IMMUTABLE_TEXT = 'field is immutable';
/** Of a number below zero. */
export const NEGATIVE_TEXT = 'must be greater than or equal to 0';
/** Of a number that is not above zero. */
export const NOT_POSITIVE_TEXT = 'must be greater than 0';

/** The field has the value that it had; absent, null and an empty list or map are the same. */
export function validateImmutable(value: unknown, old: unknown, path: FieldPath): FieldError[] {
  return objectEqual(value, old) ? [] : [fieldInvalid(path, value, IMMUTABLE_TEXT)];
}

/** Absent is fine. */
export function validateNonNegative(value: number | undefined, path: FieldPath): FieldError[] {
  return value === undefined || value === null || value >= 0 ? [] : [fieldInvalid(path, value, NEGATIVE_TEXT)];
}

/** Absent is fine. */
export function validatePositive(value: number | undefined, path: FieldPath): FieldError[] {
  return value === undefined || value === null || value > 0 ? [] : [fieldInvalid(path, value, NOT_POSITIVE_TEXT)];
}

/** One `Invalid value` for each text that the rule answers with. */
export function validateByRule(value: string, rule: StringRule, path: FieldPath): FieldError[] {
  return rule(value).map((text) => fieldInvalid(path, value, text));
}

/** The name of another object: required, and as a name must look. */
export function validateReferenceName(name: string | undefined, rule: NameRule, path: FieldPath): FieldError[] {
  if (name === undefined || name === null || name === '') return [fieldRequired(path)];
  return rule(name, false).map((text) => fieldInvalid(path, name, text));
}

/** The value is one of those supported; absent or empty: required. `supported` in the order shown. */
export function validateEnum(value: string | undefined, supported: readonly string[], path: FieldPath): FieldError[] {
  if (value === undefined || value === null || value === '') return [fieldRequired(path)];
  return supported.includes(value) ? [] : [fieldNotSupported(path, value, supported)];
}

/** A number from `low` to `high`. */
export function validateRange(value: number, low: number, high: number, path: FieldPath): FieldError[] {
  return Number.isInteger(value) && value >= low && value <= high
    ? []
    : [fieldInvalid(path, value, `must be between ${low} and ${high}, inclusive`)];
}

/** Absent is fine. */
export function validateMaxItems(list: readonly unknown[] | undefined, max: number, path: FieldPath): FieldError[] {
  return list !== undefined && list.length > max ? [fieldTooMany(path, list.length, max)] : [];
}

/** The field may not be set at all. */
export function validateAbsent(value: unknown, path: FieldPath, detail: string): FieldError[] {
  return value === undefined || value === null ? [] : [fieldForbidden(path, detail)];
}
