import { expect, test } from 'vitest';
import { StatusError } from '#apimachinery';
import { deleteOptions, isTrue, listParameters, writeParameters } from './parameters.ts';

test.each<[string | null, boolean]>([
  [null, false],
  ['', true],
  ['1', true],
  ['yes', true],
  ['0', false],
  ['False', false],
])('the parameter %j counts as %s', (value, expected) => {
  expect(isTrue(value)).toBe(expected);
});

function message(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof StatusError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'fine';
}

test.each([
  ['limit=5&continue=x', 'fine'],
  ['limit=x', '400 strconv.ParseInt: parsing "x": invalid syntax'],
  ['continue=x&resourceVersion=5', '400 specifying resource version is not allowed when using continue'],
  [
    'continue=x&resourceVersion=5&resourceVersionMatch=Exact',
    '422 ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided',
  ],
])('a list with %s: %s', (query, expected) => {
  expect(message(() => listParameters(new URLSearchParams(query)))).toBe(expected);
});

test.each([
  ['dryRun=All', 'fine'],
  ['dryRun=x', '422 UpdateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["x"]: supported values: "All"'],
  [
    `fieldManager=${'x'.repeat(129)}`,
    '422 UpdateOptions.meta.k8s.io "" is invalid: fieldManager: Too long: may not be more than 128 bytes',
  ],
])('an update with %s: %s', (query, expected) => {
  expect(message(() => writeParameters(new URLSearchParams(query), 'm', 'UpdateOptions'))).toBe(expected);
});

test('options of a deletion come from the body, and from the query where that says nothing', () => {
  const query = new URLSearchParams('gracePeriodSeconds=5&propagationPolicy=Orphan&dryRun=All');
  expect(deleteOptions(query, { gracePeriodSeconds: 1 })).toEqual({ gracePeriodSeconds: 1, propagationPolicy: 'Orphan', dryRun: ['All'] });
});
