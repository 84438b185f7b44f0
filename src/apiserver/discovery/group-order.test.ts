import { expect, test } from 'vitest';
import { compareGroups } from './group-order.ts';

test('built-in groups come in order of rank, custom ones after them by name, retired ones last', () => {
  const groups = ['extensions', 'example.com', 'networking.k8s.io', 'apps', '', 'acme.example'];
  expect(groups.sort(compareGroups)).toEqual(['', 'apps', 'networking.k8s.io', 'acme.example', 'example.com', 'extensions']);
});
