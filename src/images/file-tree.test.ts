import { expect, test } from 'vitest';
import { FileTree } from './file-tree.ts';

test('folders appear by themselves and come before what is in them', () => {
  const tree = new FileTree();
  tree.addFile('etc/app/conf', 'x');
  expect(tree.entries().map(({ path }) => path)).toEqual(['etc', 'etc/app', 'etc/app/conf']);
});

test('what a package has below a linked folder lands where the link points', () => {
  const tree = new FileTree();
  tree.addLink('lib', 'usr/lib');
  tree.addLink('var/run', '/run');
  tree.addDirectory('lib');
  tree.addFile('lib/libc.so.6', 'c');
  tree.addFile('var/run/app.pid', '1');
  expect(tree.entries().map(({ path, type }) => `${path} ${type}`)).toEqual([
    'lib symlink',
    'run directory',
    'run/app.pid file',
    'usr directory',
    'usr/lib directory',
    'usr/lib/libc.so.6 file',
    'var directory',
    'var/run symlink',
  ]);
  expect(tree.has('lib/libc.so.6')).toBe(true);
});

test('a hard link comes after the file that it is', () => {
  const tree = new FileTree();
  tree.addFile('bin/zz', 'program');
  tree.add({ path: 'bin/aa', type: 'hardlink', target: 'bin/zz' });
  expect(tree.entries().map(({ path }) => path)).toEqual(['bin', 'bin/zz', 'bin/aa']);
});

test('a removed folder is gone with everything in it, and nothing else is', () => {
  const tree = new FileTree();
  for (const path of ['usr/share/doc/a', 'usr/share/doc/b/c', 'usr/share/docs']) tree.addFile(path, '');
  tree.remove('usr/share/doc');
  expect(tree.entries().map(({ path }) => path)).toEqual(['usr', 'usr/share', 'usr/share/docs']);
});

test('links that go in circles are an error', () => {
  const tree = new FileTree();
  tree.addLink('a', 'b');
  tree.addLink('b', 'a');
  expect(() => tree.addFile('a/x', '')).toThrow('too many links');
});
