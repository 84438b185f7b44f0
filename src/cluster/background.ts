import { spawn } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from './failure.ts';

export interface BackgroundOptions {
  /** Arguments after the program itself. */
  arguments: readonly string[];
  log: string;
  /** What it is, for messages: `the control plane`. */
  name: string;
  /** Give up waiting for it after so long; it is ended then. */
  timeoutMs: number;
}

/** What a background process tells the one that started it, once. */
export type Announcement = { ready: Record<string, unknown> } | { failure: { message: string; remedy?: string } };

/**
 * Starts this very program in the background, with a log file, and waits until it says that it is ready. Rejects with
 * Failure when it says that it cannot, ends, or takes too long; it is not left running then.
 */
export async function startInBackground(options: BackgroundOptions): Promise<Record<string, unknown>> {
  mkdirSync(dirname(options.log), { recursive: true, mode: 0o750 });
  const log = openSync(options.log, 'a', 0o640);
  const before = fstatSync(log).size;
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? '', ...options.arguments], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
    cwd: '/',
  });
  closeSync(log);
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise((resolve, reject) => {
      timer = setTimeout(
        () => reject(new Failure(`${options.name} did not start within ${options.timeoutMs / 1000} s`, see(options))),
        options.timeoutMs,
      );
      child.once('error', (error) => reject(new Failure(`${options.name} could not be started: ${error.message}`)));
      child.once('exit', (code, signal) => void describeExit(options, before, code, signal).then(reject, reject));
      child.once('message', (message) => {
        const announcement = message as Announcement;
        if ('ready' in announcement) resolve(announcement.ready);
        else reject(new Failure(announcement.failure.message, announcement.failure.remedy));
      });
    });
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    clearTimeout(timer);
    child.removeAllListeners();
    if (child.connected) child.disconnect();
    child.unref();
  }
}

/** `before`: how long the log was when the process started; what earlier ones wrote does not explain this one's end. */
async function describeExit(options: BackgroundOptions, before: number, code: number | null, signal: string | null): Promise<Failure> {
  const written = (await readFile(options.log).catch(() => Buffer.alloc(0))).subarray(before).toString();
  const lines = written.trimEnd().split('\n').slice(-5).join('\n  ');
  const how = signal ?? `exit code ${code}`;
  return new Failure(`${options.name} ended at once (${how})${lines === '' ? '' : `; the end of its log:\n  ${lines}`}`, see(options));
}

function see({ log }: BackgroundOptions): string {
  return `see ${log}`;
}

/**
 * Until it announces itself, a process that was started in the background ends together with the one that waits for it:
 * a `skiff up` that is interrupted leaves none behind that nobody knows of.
 */
export function endWithStarter(): void {
  process.once('disconnect', endForsaken);
}

function endForsaken(): void {
  process.exit(1);
}

/** Tells the process that started this one how it went; does nothing in the foreground. */
export function announce(announcement: Announcement): void {
  process.off('disconnect', endForsaken);
  if (process.send === undefined || !process.connected) return;
  process.send(announcement, undefined, undefined, () => {
    if (process.connected) process.disconnect?.();
  });
}
