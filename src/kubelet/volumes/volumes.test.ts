import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeAtomically } from './atomic-writer.ts';
import { checkHostPath } from './host-path.ts';
import { bindSubPath } from './sub-path.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'volumes-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const payload = (files: Record<string, string>, mode = 0o644): Map<string, { content: Buffer; mode: number }> =>
  new Map(Object.entries(files).map(([path, text]) => [path, { content: Buffer.from(text), mode }]));

test('files are seen through one link that is replaced as a whole', async () => {
  const volume = join(directory, 'v');
  expect(await writeAtomically(volume, payload({ a: '1', 'dir/b': '2' }))).toBe(true);
  expect(await readlink(join(volume, 'a'))).toBe('..data/a');
  expect(await readFile(join(volume, 'dir/b'), 'utf8')).toBe('2');
  const first = await readlink(join(volume, '..data'));
  expect(first).toMatch(/^\.\.\d{4}_\d\d_\d\d_/);
  expect(await writeAtomically(volume, payload({ a: '1', 'dir/b': '2' }))).toBe(false);
  expect(await readlink(join(volume, '..data'))).toBe(first);
  expect(await writeAtomically(volume, payload({ a: '3', c: '4' }, 0o400))).toBe(true);
  expect((await readdir(volume)).filter((name) => !name.startsWith('..')).sort()).toEqual(['a', 'c']);
  expect(await readFile(join(volume, 'a'), 'utf8')).toBe('3');
  expect((await stat(join(volume, 'c'))).mode & 0o777).toBe(0o400);
  expect((await readdir(volume)).filter((name) => name.startsWith('..2'))).toHaveLength(1);
});

test('an item may not lead out of the volume', async () => {
  await expect(writeAtomically(join(directory, 'v'), payload({ '../x': '' }))).rejects.toThrow("must not contain '..'");
  await expect(writeAtomically(join(directory, 'v'), payload({ '/x': '' }))).rejects.toThrow('must be relative path');
});

test('a hostPath is checked for its type and created only where that is asked for', async () => {
  const file = join(directory, 'file');
  await writeFile(file, '');
  await expect(checkHostPath({ path: file, type: 'Directory' })).rejects.toThrow(`hostPath type check failed: ${file} is not a directory`);
  await expect(checkHostPath({ path: directory, type: 'File' })).rejects.toThrow(`hostPath type check failed: ${directory} is not a file`);
  await expect(checkHostPath({ path: join(directory, 'none'), type: 'Socket' })).rejects.toThrow('is not a socket file');
  await expect(checkHostPath({ path: file, type: 'CharDevice' })).rejects.toThrow('is not a character device');
  await checkHostPath({ path: join(directory, 'new/dir'), type: 'DirectoryOrCreate' });
  await checkHostPath({ path: join(directory, 'new/file'), type: 'FileOrCreate' });
  expect((await stat(join(directory, 'new/file'))).isFile()).toBe(true);
  await checkHostPath({ path: join(directory, 'whatever') });
});

test('a subPath cannot leave its volume, neither by its text nor by a link', async () => {
  const volume = join(directory, 'v');
  await mkdir(volume);
  await chmod(volume, 0o777);
  await symlink('/etc', join(volume, 'link'));
  const target = join(directory, 'target');
  await expect(bindSubPath(volume, '../x', target)).rejects.toThrow("must not contain '..'");
  await expect(bindSubPath(volume, '/etc', target)).rejects.toThrow('must be a relative path');
  await expect(bindSubPath(volume, 'link/passwd', target)).rejects.toThrow('is outside of the volume');
  await expect(bindSubPath(volume, 'link/new', target)).rejects.toThrow('is outside of the volume');
});
