import { readFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf } from './failure.ts';

/** A process that we started, told apart from a later one of the same number by its start time. */
export interface ProcessRecord {
  pid: number;
  /** Clock ticks since the machine started, as the kernel counts them. */
  startTime: string;
  [detail: string]: unknown;
}

/** Ticks since the machine's start at which a process began; undefined when it does not run (or is only a zombie). */
export function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

export function isRunning(record: ProcessRecord): boolean {
  return startTimeOf(record.pid) === record.startTime;
}

export async function writeProcessFile(file: string, details: Record<string, unknown> = {}): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const record: ProcessRecord = { ...details, pid: process.pid, startTime: startTimeOf(process.pid) ?? '' };
  await writeFile(file, JSON.stringify(record), { mode: 0o600 });
}

/** The process that a file names, if it still runs. */
export async function readProcessFile(file: string): Promise<ProcessRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(file, 'utf8')) as ProcessRecord;
    return isRunning(record) ? record : undefined;
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Asks the process to end, and ends it when it does not within `graceMs`. Its file goes, too. Says whether it was running. */
export async function stopProcess(file: string, graceMs: number): Promise<boolean> {
  const record = await readProcessFile(file);
  if (record !== undefined) {
    signal(record.pid, 'SIGTERM');
    if (!(await ended(record, graceMs))) {
      signal(record.pid, 'SIGKILL');
      await ended(record, 5000);
    }
  }
  await rm(file, { force: true });
  return record !== undefined;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}

async function ended(record: ProcessRecord, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (isRunning(record)) {
    if (Date.now() > deadline) return false;
    await delay(10);
  }
  return true;
}
