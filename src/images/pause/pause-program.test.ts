import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { machineArchitecture } from '../architecture.ts';
import { pauseProgram } from './pause-program.ts';

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'skiff-pause-'));
  writeFileSync(join(directory, 'pause'), pauseProgram(machineArchitecture()), { mode: 0o755 });
});

afterAll(() => rmSync(directory, { recursive: true }));

async function started(): Promise<ChildProcess> {
  const child = spawn(join(directory, 'pause'), { stdio: 'ignore' });
  await once(child, 'spawn');
  return child;
}

/** It sleeps nowhere but where it waits for signals. */
async function waiting({ pid }: ChildProcess): Promise<void> {
  while (!/\) S /.test(await readFile(`/proc/${pid}/stat`, 'utf8'))) await nextTurn();
}

test.each(['SIGTERM', 'SIGINT'] as const)('it waits, is not disturbed by SIGCHLD, and ends with 0 at %s', async (signal) => {
  const child = await started();
  await waiting(child);
  child.kill('SIGCHLD');
  await waiting(child);
  const exit = once(child, 'exit');
  child.kill(signal);
  expect(await exit).toEqual([0, null]);
});

test.each([
  ['amd64', 62],
  ['arm64', 183],
] as const)('the program for %s is a small ELF file whose signal set is aligned', (architecture, machine) => {
  const program = pauseProgram(architecture);
  expect(program.subarray(0, 4).toString('latin1')).toBe('\u007fELF');
  expect(program.readUInt16LE(18)).toBe(machine);
  expect(program.length % 8).toBe(0);
  expect(program.readBigUInt64LE(program.length - 8)).toBe(0x14002n);
  expect(program.length).toBeLessThan(512);
});
