import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readTar, writeTar, type TarEntry } from './index.ts';

const LONG = `usr/share/${'deep/'.repeat(40)}file`;
const ENTRIES: TarEntry[] = [
  { path: 'bin', type: 'directory', mode: 0o755 },
  { path: 'bin/tool', type: 'file', mode: 0o4755, data: Buffer.from('#!/bin/sh\n') },
  { path: 'bin/other', type: 'hardlink', target: 'bin/tool' },
  { path: 'empty', type: 'file', mode: 0o600, data: Buffer.alloc(0) },
  { path: 'full', type: 'file', mode: 0o644, data: Buffer.alloc(1024, 'x') },
  { path: 'link', type: 'symlink', target: LONG },
  { path: 'grün', type: 'file', mode: 0o644, data: Buffer.from('ä') },
  { path: LONG, type: 'file', mode: 0o644, data: Buffer.from('far down') },
];

test('what is written can be read again', () => {
  expect([...readTar(writeTar(ENTRIES))]).toEqual(ENTRIES);
});

test('an archive has no time, owner or order of its own', () => {
  expect(writeTar(ENTRIES).equals(writeTar(ENTRIES))).toBe(true);
});

test('tar lists what is written', () => {
  const listing = execFileSync('tar', ['-tvf', '-'], {
    input: writeTar(ENTRIES),
    encoding: 'utf8',
    env: { ...process.env, TZ: 'UTC', LC_ALL: 'C.UTF-8' },
  });
  expect(listing).toContain('drwxr-xr-x 0/0               0 2026-01-01 00:00 bin/');
  expect(listing).toContain('-rwsr-xr-x 0/0              10 2026-01-01 00:00 bin/tool');
  expect(listing).toContain('bin/other link to bin/tool');
  expect(listing).toContain(`link -> ${LONG}`);
  expect(listing.trimEnd().split('\n')).toHaveLength(ENTRIES.length);
});

test.each(['gnu', 'posix', 'ustar'])("reads tar's own archives in the form %s", (format) => {
  const directory = mkdtempSync(join(tmpdir(), 'skiff-tar-'));
  try {
    const path = `${'deep/'.repeat(25)}file`;
    mkdirSync(join(directory, path, '..'), { recursive: true });
    writeFileSync(join(directory, path), 'content');
    const archive = execFileSync('tar', ['-C', directory, `--format=${format}`, '-cf', '-', '.']);
    expect([...readTar(archive)].filter(({ type }) => type === 'file')).toEqual([
      { path, type: 'file', mode: expect.any(Number), data: Buffer.from('content') },
    ]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('an archive that ends too early is an error', () => {
  const archive = writeTar([{ path: 'a', type: 'file', mode: 0o644, data: Buffer.alloc(4096) }]);
  expect(() => [...readTar(archive.subarray(0, 2048))]).toThrow('cut off');
});
