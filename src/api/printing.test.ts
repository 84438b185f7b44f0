import { describe, expect, test } from 'vitest';
import { formatLabels, formatLabelSelector, humanDuration, joinWithMore, since } from './printing.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('a length of time for people', () => {
  test.each([
    [-2 * SECOND, '<invalid>'],
    [-1 * SECOND, '0s'],
    [0, '0s'],
    [999, '0s'],
    [119 * SECOND, '119s'],
    [120 * SECOND, '2m'],
    [5 * MINUTE + 12 * SECOND, '5m12s'],
    [9 * MINUTE + 59 * SECOND, '9m59s'],
    [10 * MINUTE + 30 * SECOND, '10m'],
    [179 * MINUTE, '179m'],
    [180 * MINUTE, '3h'],
    [3 * HOUR + 5 * MINUTE, '3h5m'],
    [8 * HOUR + 30 * MINUTE, '8h'],
    [47 * HOUR, '47h'],
    [48 * HOUR, '2d'],
    [2 * DAY + 4 * HOUR, '2d4h'],
    [8 * DAY + 4 * HOUR, '8d'],
    [729 * DAY, '729d'],
    [730 * DAY, '2y'],
    [760 * DAY, '2y30d'],
    [8 * 365 * DAY + 20 * DAY, '8y'],
  ])('%d ms is %s', (ms, text) => {
    expect(humanDuration(ms)).toBe(text);
  });

  test('of a time that is not known says so', () => {
    expect(since(undefined, new Date())).toBe('<unknown>');
  });
});

describe('labels and selectors', () => {
  test('labels are sorted by key', () => {
    expect(formatLabels({ b: '2', a: '1' })).toBe('a=1,b=2');
  });

  test('no labels are <none>', () => {
    expect(formatLabels({})).toBe('<none>');
    expect(formatLabels(undefined)).toBe('<none>');
  });

  test('a selector is written as -l takes it', () => {
    const selector = {
      matchLabels: { tier: 'web' },
      matchExpressions: [
        { key: 'app', operator: 'In', values: ['b', 'a'] },
        { key: 'old', operator: 'DoesNotExist' },
        { key: 'new', operator: 'Exists' },
        { key: 'zone', operator: 'NotIn', values: ['x'] },
      ],
    };
    expect(formatLabelSelector(selector)).toBe('app in (a,b),new,!old,tier=web,zone notin (x)');
  });

  test('a selector that selects by nothing is <none>', () => {
    expect(formatLabelSelector({})).toBe('<none>');
    expect(formatLabelSelector(undefined)).toBe('<none>');
  });
});

test('a long list ends with how many more there are', () => {
  expect(joinWithMore(['a', 'b', 'c'], 3)).toBe('a,b,c');
  expect(joinWithMore(['a', 'b', 'c', 'd', 'e'], 3)).toBe('a,b,c + 2 more...');
});
