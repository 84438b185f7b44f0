import { expect, test } from 'vitest';
import { formatFieldSelector, matchesFields, parseFieldSelector } from './index.ts';

test('terms are equalities, sorted', () => {
  expect(parseFieldSelector('status.phase!=Running,metadata.name==a,')).toEqual([
    { field: 'metadata.name', operator: '=', value: 'a' },
    { field: 'status.phase', operator: '!=', value: 'Running' },
  ]);
});

test('escaped characters belong to the value', () => {
  const terms = parseFieldSelector('a=x\\,y\\=z\\\\');
  expect(terms).toEqual([{ field: 'a', operator: '=', value: 'x,y=z\\' }]);
  expect(formatFieldSelector(terms)).toBe('a=x\\,y\\=z\\\\');
});

test.each([
  ['a', "invalid selector: 'a'; can't understand 'a'"],
  ['a=b\\c', 'invalid field selector: invalid escape sequence: \\c'],
  ['a=b=c', 'invalid field selector: unescaped character in value: 61'],
])('%o is refused', (text, message) => {
  expect(() => parseFieldSelector(text)).toThrow(expect.objectContaining({ code: 400, message }));
});

test('all terms have to hold', () => {
  const fields: Record<string, string> = { 'spec.nodeName': '', 'status.phase': 'Running' };
  const matches = (text: string): boolean => matchesFields(parseFieldSelector(text), (field) => fields[field] ?? '');
  expect(matches('')).toBe(true);
  expect(matches('spec.nodeName=,status.phase=Running')).toBe(true);
  expect(matches('spec.nodeName!=,status.phase=Running')).toBe(false);
});
