import { FieldError, fieldNotSupported, fieldTooLong, fieldTypeInvalid, jsonEqual } from '#apimachinery';
import { goRegExp } from '../../cel/index.ts';
import { report, type Check } from './check.ts';
import { NUMBER_RANGES, STRING_FORMATS } from './formats.ts';
import type { Schema } from './schema.ts';

/** The type of a JSON value as messages name it. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

/** The check of a value's type; `undefined` for schemas that allow any. */
export function compileType(schema: Schema): ((value: unknown) => string | undefined) | undefined {
  const wanted = schema['x-kubernetes-int-or-string'] === true ? ['integer', 'string'] : schema.type ? [schema.type] : [];
  if (wanted.length === 0) return undefined;
  if (schema.nullable === true) return (value) => (value === null || accepts(wanted, value) ? undefined : wanted.join(','));
  return (value) => (accepts(wanted, value) ? undefined : wanted.join(','));
}

function accepts(wanted: readonly string[], value: unknown): boolean {
  const actual = typeName(value);
  return wanted.includes(actual) || (actual === 'integer' && wanted.includes('number'));
}

/** Reports a value of a wrong type. */
export const reportType =
  (wanted: string): Check =>
  (value, _old, path, run) => {
    const actual = typeName(value);
    run.errors.push(fieldTypeInvalid(path, actual, `${path} in body must be of type ${wanted}: "${actual}"`));
  };

/** The checks of a schema that look at one scalar alone. */
export function scalarChecks(schema: Schema): Check[] {
  return [...enumChecks(schema), ...stringChecks(schema), ...numberChecks(schema)];
}

function enumChecks({ enum: values }: Schema): Check[] {
  if (values === undefined) return [];
  const shown = values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
  return [
    (value, _old, path, run) => {
      if (!values.some((allowed) => jsonEqual(allowed, value))) run.errors.push(fieldNotSupported(path, value, shown));
    },
  ];
}

function stringChecks({ minLength, maxLength, pattern, format = '' }: Schema): Check[] {
  const tests: ((text: string, path: string) => FieldError | [string] | undefined)[] = [];
  if (maxLength !== undefined) tests.push((text, path) => (lengthOf(text) > maxLength ? fieldTooLong(path, maxLength) : undefined));
  if (minLength !== undefined)
    tests.push((text) => (lengthOf(text) < minLength ? [`should be at least ${minLength} chars long`] : undefined));
  const expression = pattern ? goRegExp(pattern) : undefined;
  if (expression !== undefined) tests.push((text) => (expression.test(text) ? undefined : [`should match '${pattern}'`]));
  const hasFormat = Object.hasOwn(STRING_FORMATS, format) ? STRING_FORMATS[format] : undefined;
  if (hasFormat !== undefined)
    tests.push((text, path) =>
      hasFormat(text) ? undefined : fieldTypeInvalid(path, text, `${path} in body must be of type ${format}: ${JSON.stringify(text)}`),
    );
  return tests.map((test) => (value, _old, path, run) => {
    if (typeof value !== 'string') return;
    const error = test(value, path);
    if (error instanceof FieldError) run.errors.push(error);
    else if (error !== undefined) report(run, path, value, error[0]);
  });
}

/** In code points. */
function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length++;
  return length;
}

function numberChecks(schema: Schema): Check[] {
  const { minimum, maximum, multipleOf, exclusiveMinimum, exclusiveMaximum, format = '' } = schema;
  const tests: ((number: number) => string | undefined)[] = [];
  const range = Object.hasOwn(NUMBER_RANGES, format) ? NUMBER_RANGES[format] : undefined;
  if (range !== undefined) tests.push((number) => (number < range[0] || number > range[1] ? `must be of type ${format}` : undefined));
  if (multipleOf !== undefined)
    tests.push((number) => (isMultiple(number, multipleOf) ? undefined : `should be a multiple of ${multipleOf}`));
  if (maximum !== undefined) {
    if (exclusiveMaximum === true) tests.push((number) => (number < maximum ? undefined : `should be less than ${maximum}`));
    else tests.push((number) => (number <= maximum ? undefined : `should be less than or equal to ${maximum}`));
  }
  if (minimum !== undefined) {
    if (exclusiveMinimum === true) tests.push((number) => (number > minimum ? undefined : `should be greater than ${minimum}`));
    else tests.push((number) => (number >= minimum ? undefined : `should be greater than or equal to ${minimum}`));
  }
  return tests.map((test) => (value, _old, path, run) => {
    const detail = typeof value === 'number' ? test(value) : undefined;
    if (detail !== undefined) report(run, path, value, detail);
  });
}

function isMultiple(number: number, of: number): boolean {
  const quotient = number / of;
  return Math.abs(quotient - Math.round(quotient)) < 1e-9;
}
