import { watch } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseLogLine, tailOffset } from './container-logs.ts';
import type { LogOptions } from './log-options.ts';

const CHUNK_BYTES = 128 * 1024;
const NEWLINE = 0x0a;
const LINE_FEED = Buffer.from('\n');

/** Turns raw log lines into what was asked for, a chunk at a time. */
class LineFilter {
  readonly #options: LogOptions;
  #rest: Buffer = Buffer.alloc(0);
  #left: number;
  /** The line before was only a part: no new timestamp. */
  #inLine = false;

  constructor(options: LogOptions) {
    this.#options = options;
    this.#left = options.limitBytes ?? Infinity;
  }

  get full(): boolean {
    return this.#left <= 0;
  }

  push(chunk: Buffer): Buffer {
    const data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const parts: Buffer[] = [];
    let start = 0;
    for (let end = data.indexOf(NEWLINE); end >= 0; end = data.indexOf(NEWLINE, start)) {
      this.#take(data.subarray(start, end), parts);
      start = end + 1;
    }
    // The chunk's memory is used again: keep a copy of what is not yet a whole line.
    this.#rest = Buffer.from(data.subarray(start));
    return this.#limit(Buffer.concat(parts));
  }

  #take(line: Buffer, parts: Buffer[]): void {
    const parsed = parseLogLine(line);
    if (parsed === undefined) return;
    const { stream, since, timestamps } = this.#options;
    if (stream !== 'All' && stream.toLowerCase() !== parsed.stream) return;
    if (since !== undefined && Date.parse(parsed.timestamp) < since) return;
    if (timestamps && !this.#inLine) parts.push(Buffer.from(`${parsed.timestamp} `));
    parts.push(parsed.content);
    if (!parsed.partial) parts.push(LINE_FEED);
    this.#inLine = parsed.partial;
  }

  #limit(output: Buffer): Buffer {
    const allowed = output.length > this.#left ? output.subarray(0, this.#left) : output;
    this.#left -= allowed.length;
    return allowed;
  }
}

/** Wakes whoever waits when something in a directory changes. */
class DirectoryBell {
  #rung = false;
  #wake = (): void => {};

  constructor(directory: string, signal: AbortSignal) {
    const watcher = watch(directory, { signal }, () => this.ring());
    watcher.on('error', () => this.ring());
    signal.addEventListener('abort', () => this.ring(), { once: true });
  }

  ring(): void {
    this.#rung = true;
    this.#wake();
  }

  async wait(): Promise<void> {
    if (!this.#rung) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#rung = false;
  }
}

export interface FollowedContainer {
  /** Whether more may be written. */
  isRunning(): boolean;
  /** Resolves when the container has ended. */
  ended: Promise<void>;
}

async function isReplaced(file: FileHandle, path: string): Promise<boolean> {
  const [open, named] = await Promise.all([file.stat(), stat(path).catch(() => undefined)]);
  return named !== undefined && named.ino !== open.ino;
}

/** A container's log, as much of it as the options want. Following it ends with the container or with `signal`. */
export async function* readLog(
  path: string,
  options: LogOptions,
  container: FollowedContainer,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const filter = new LineFilter(options);
  const stop = new AbortController();
  const bell = options.follow ? new DirectoryBell(dirname(path), AbortSignal.any([signal, stop.signal])) : undefined;
  if (bell !== undefined) void container.ended.then(() => bell.ring());
  let file = await open(path);
  let position = options.tailLines === undefined ? 0 : await tailOffset(path, options.tailLines);
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  try {
    while (!signal.aborted && !filter.full) {
      // Asked before reading: what is written until it ends is then still read.
      const running = container.isRunning();
      const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, position);
      position += bytesRead;
      if (bytesRead > 0) {
        const output = filter.push(chunk.subarray(0, bytesRead));
        if (output.length > 0) yield output;
      } else if (bell === undefined) return;
      else if (await isReplaced(file, path)) {
        await file.close();
        file = await open(path);
        position = 0;
      } else if (!running) return;
      else await bell.wait();
    }
  } finally {
    stop.abort();
    await file.close();
  }
}
