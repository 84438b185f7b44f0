import { expect, test } from 'vitest';
import type { KubeObject } from '#apimachinery';
import { Entry, StoredForm } from './entry.ts';
import { ObjectIndex } from './object-index.ts';

const form = new StoredForm('v1', 'ConfigMap');

function entry(key: string, revision = 1): Entry {
  const [namespace, name = ''] = key.split('/') as [string, string?];
  const object: KubeObject = { metadata: { name, namespace } };
  return new Entry(form, object, form.encode(object), revision);
}

const keys = (index: ObjectIndex, namespace?: string): string[] =>
  [...index.list(namespace)].map((item) => `${item.namespace}/${item.name}`);

test('objects are listed in the order of their keys in the store, whatever order they came in', () => {
  const index = new ObjectIndex();
  for (const key of ['a/x', 'a-b/y', 'a/b', 'b/a', 'a.c/z', 'a/a']) index.set(entry(key));
  // `-` and `.` come before the slash behind a namespace's name.
  expect(keys(index)).toEqual(['a-b/y', 'a.c/z', 'a/a', 'a/b', 'a/x', 'b/a']);
  expect(keys(index, 'a')).toEqual(['a/a', 'a/b', 'a/x']);
  expect(index.all().length).toBe(index.size);
});

test('a newer entry takes the place of the older one', () => {
  const index = new ObjectIndex();
  for (const name of ['a', 'b', 'c']) index.set(entry(`n/${name}`));
  index.set(entry('n/b', 2));
  expect([index.size, index.get('n', 'b')?.revision, [...index.list('n')].map(({ revision }) => revision)]).toEqual([3, 2, [1, 2, 1]]);
});

test('what is deleted is gone, and so is the last namespace', () => {
  const index = new ObjectIndex();
  for (const key of ['n/a', 'n/b', 'm/a']) index.set(entry(key));
  index.delete('n', 'a');
  index.delete('n', 'a');
  index.delete('m', 'a');
  expect([keys(index), index.size]).toEqual([['n/b'], 1]);
});

test('it holds the same as a sorted map would after any number of changes', () => {
  const index = new ObjectIndex();
  const model = new Map<string, number>();
  let state = 7;
  const below = (end: number): number => (state = (state * 48_271) % 2_147_483_647) % end;
  for (let step = 1; step <= 3000; step++) {
    const key = `${'abc'[below(3)]}/${below(60)}`;
    const [namespace = '', name = ''] = key.split('/');
    if (below(3) === 0) {
      index.delete(namespace, name);
      model.delete(key);
    } else {
      index.set(entry(key, step));
      model.set(key, step);
    }
  }
  expect([...index.list()].map((item) => [`${item.namespace}/${item.name}`, item.revision])).toEqual(
    [...model].sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  expect(index.size).toBe(model.size);
});

test('replacing everything forgets what was there', () => {
  const index = new ObjectIndex();
  index.set(entry('n/a'));
  index.replaceWith([entry('m/b')]);
  expect([keys(index), index.size]).toEqual([['m/b'], 1]);
});
