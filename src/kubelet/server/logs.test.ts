import { appendFile, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { rotateLog } from '../log-rotation.ts';
import { readLastLines } from './container-logs.ts';
import { parseLogOptions } from './log-options.ts';
import { readLog } from './log-reader.ts';

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'logs-'));
  path = join(directory, '0.log');
  await writeFile(
    path,
    ['10Z stdout F one', '11Z stderr F two', '12Z stdout P thr', '13Z stdout F ee', '14Z stdout F four', '']
      .map((line) => line.replace(/^(\d\d)Z/, '2026-01-01T00:00:$1.000000000Z'))
      .join('\n'),
  );
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const forever = new AbortController().signal;

async function read(query: string, running = { isRunning: () => false, ended: Promise.resolve() }): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of readLog(path, parseLogOptions(new URLSearchParams(query), Date.parse('2026-01-01T00:00:15Z')), running, forever))
    parts.push(part);
  return Buffer.concat(parts).toString();
}

test.each([
  ['', 'one\ntwo\nthree\nfour\n'],
  ['tailLines=1', 'four\n'],
  ['tailLines=0', ''],
  ['tailLines=100', 'one\ntwo\nthree\nfour\n'],
  ['limitBytes=5', 'one\nt'],
  ['stream=Stderr', 'two\n'],
  ['sinceSeconds=2', 'ee\nfour\n'],
  ['sinceTime=2026-01-01T00:00:14Z', 'four\n'],
  ['timestamps=true&tailLines=3', '2026-01-01T00:00:12.000000000Z three\n2026-01-01T00:00:14.000000000Z four\n'],
])('a log read with "%s"', async (query, expected) => {
  expect(await read(query)).toBe(expected);
});

test('bad options are refused', () => {
  expect(() => parseLogOptions(new URLSearchParams('tailLines=-1'))).toThrow('tailLines');
  expect(() => parseLogOptions(new URLSearchParams('sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z'))).toThrow('at most one of');
});

test('following goes on over a rotation and ends with the container', async () => {
  const end = Promise.withResolvers<void>();
  let running = true;
  const following = read('follow=true', { isRunning: () => running, ended: end.promise });
  await appendFile(path, '2026-01-01T00:00:15Z stdout F five\n');
  await rotateLog(path, () => writeFile(path, '2026-01-01T00:00:16Z stdout F six\n'));
  await appendFile(path, '2026-01-01T00:00:17Z stdout F seven\n');
  running = false;
  end.resolve();
  expect(await following).toBe('one\ntwo\nthree\nfour\nfive\nsix\nseven\n');
});

test('a rotation keeps five files, and compresses all but the newest of the old', async () => {
  for (let round = 0; round < 6; round++) {
    await rotateLog(path, () => writeFile(path, `round ${round}\n`), 5, new Date(Date.UTC(2026, 0, 1, 0, 0, round)));
  }
  const names = (await readdir(directory)).sort();
  expect(names).toEqual([
    '0.log',
    '0.log.20260101-000002.gz',
    '0.log.20260101-000003.gz',
    '0.log.20260101-000004.gz',
    '0.log.20260101-000005',
  ]);
  expect(await readFile(join(directory, '0.log.20260101-000005'), 'utf8')).toBe('round 4\n');
});

test('a log that cannot be reopened stays where it was', async () => {
  const before = await readFile(path, 'utf8');
  await expect(rotateLog(path, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await readFile(path, 'utf8')).toBe(before);
});

test('the end of a log, in lines and bytes', async () => {
  expect(await readLastLines(path, 3, 100)).toBe('three\nfour\n');
  expect(await readLastLines(path, 80, 6)).toBe('\nfour\n');
  await rename(path, `${path}.gone`);
  await expect(readLastLines(path, 1, 1)).rejects.toThrow('ENOENT');
});
