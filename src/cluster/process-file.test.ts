import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withLock } from './lock.ts';
import { clusterPaths } from './paths.ts';
import { isRunning, readProcessFile, startTimeOf, stopProcess, writeProcessFile } from './process-file.ts';

describe('the file of a process', () => {
  let dir: string;
  let file: string;
  const children: ChildProcess[] = [];
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'process-'));
    file = join(dir, 'x.json');
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    rmSync(dir, { recursive: true });
  });

  async function start(...command: [string, ...string[]]): Promise<number> {
    const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'ignore'] });
    children.push(child);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    return child.pid as number;
  }
  const record = (pid: number): void => writeFileSync(file, JSON.stringify({ pid, startTime: startTimeOf(pid) }));

  it('names a process as long as it runs', async () => {
    await writeProcessFile(file, { port: 1 });
    expect(await readProcessFile(file)).toMatchObject({ pid: process.pid, port: 1 });
  });

  it('does not mistake a later process of the same number for it', async () => {
    writeFileSync(file, JSON.stringify({ pid: process.pid, startTime: '1' }));
    expect(await readProcessFile(file)).toBeUndefined();
  });

  it('is worthless when it is half-written', async () => {
    writeFileSync(file, '{"pid":');
    expect(await readProcessFile(file)).toBeUndefined();
  });

  it('lets the process be stopped, by force if it does not listen', async () => {
    const polite = await start('sh', '-c', 'echo; exec sleep 60');
    record(polite);
    expect(await stopProcess(file, 5000)).toBe(true);
    expect(startTimeOf(polite)).toBeUndefined();
    const deaf = await start('sh', '-c', "trap '' TERM; echo; while :; do sleep 60; done");
    record(deaf);
    expect(await stopProcess(file, 50)).toBe(true);
    expect(isRunning({ pid: deaf, startTime: startTimeOf(deaf) ?? 'gone' })).toBe(false);
    expect(await stopProcess(file, 50)).toBe(false);
  });

  it('lets only one command at a time change a cluster, and takes over from a dead one', async () => {
    const paths = clusterPaths(dir);
    await withLock(paths, async () => {
      await expect(withLock(paths, () => Promise.resolve())).rejects.toThrow(/another skiff command/);
    });
    writeFileSync(join(dir, 'lock'), JSON.stringify({ pid: process.pid, startTime: '1' }));
    expect(await withLock(paths, () => Promise.resolve('done'))).toBe('done');
  });
});
