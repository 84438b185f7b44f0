import { watch } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Writable } from 'node:stream';
import { codeOf } from './failure.ts';
import type { ClusterPaths } from './paths.ts';

export interface LogsOptions {
  follow: boolean;
  /** How many of the last lines to begin with; undefined: all. */
  lines: number | undefined;
  signal: AbortSignal;
}

/** Copies components' logs to `out`; with `follow` also what they write until the signal aborts. */
export async function followLogs(paths: ClusterPaths, components: readonly string[], options: LogsOptions, out: Writable): Promise<void> {
  const prefix = (component: string): string => (components.length > 1 ? `[${component}] ` : '');
  await Promise.all(
    components.map(
      async (component) => await followLog(paths.log(component), options, (line) => out.write(`${prefix(component)}${line}\n`)),
    ),
  );
}

async function followLog(file: string, { follow, lines, signal }: LogsOptions, emit: (line: string) => void): Promise<void> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (handle === undefined) return;
  try {
    const reader = new LineReader(handle);
    const present = await reader.read();
    for (const line of lines === undefined ? present : lines === 0 ? [] : present.slice(-lines)) emit(line);
    if (!follow) return;
    await onChanges(dirname(file), signal, async () => {
      for (const line of await reader.read()) emit(line);
    });
  } finally {
    await handle.close();
  }
}

/** Calls `react` after every change in a folder until the signal aborts; changes during a call lead to one more. */
async function onChanges(dir: string, signal: AbortSignal, react: () => Promise<void>): Promise<void> {
  let pending = true;
  let wake: () => void = () => undefined;
  const watcher = watch(dir, () => {
    pending = true;
    wake();
  });
  const onAbort = (): void => wake();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    while (!signal.aborted) {
      if (pending) {
        pending = false;
        await react();
        continue;
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    watcher.close();
    signal.removeEventListener('abort', onAbort);
  }
}

/** Reads whole lines as they are appended. */
class LineReader {
  readonly #handle: FileHandle;
  #position = 0;
  #rest = '';

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async read(): Promise<string[]> {
    const { size } = await this.#handle.stat();
    if (size < this.#position) this.#position = 0;
    const buffer = Buffer.alloc(size - this.#position);
    const { bytesRead } = await this.#handle.read(buffer, 0, buffer.length, this.#position);
    this.#position += bytesRead;
    const lines = (this.#rest + buffer.toString('utf8', 0, bytesRead)).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines;
  }
}
