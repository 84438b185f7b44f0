import { open } from 'node:fs/promises';

/** One line of a CRI log file: `2026-01-02T03:04:05.123456789Z stdout F text`. */
export interface LogLine {
  timestamp: string;
  stream: 'stdout' | 'stderr';
  /** The line goes on in the next one. */
  partial: boolean;
  content: Buffer;
}

const SPACE = 0x20;
const NEWLINE = 0x0a;
const TAG_PARTIAL = 0x50;

/** Takes a line (without its line feed) apart; undefined when it is none of CRI's. */
export function parseLogLine(line: Buffer): LogLine | undefined {
  const first = line.indexOf(SPACE);
  const second = line.indexOf(SPACE, first + 1);
  const third = line.indexOf(SPACE, second + 1);
  if (first < 0 || second < 0 || third < 0) return undefined;
  const stream = line.toString('latin1', first + 1, second);
  if (stream !== 'stdout' && stream !== 'stderr') return undefined;
  return {
    timestamp: line.toString('latin1', 0, first),
    stream,
    partial: line[second + 1] === TAG_PARTIAL && (third === second + 2 || line[second + 2] === 0x3a),
    content: line.subarray(third + 1),
  };
}

const BLOCK_BYTES = 64 * 1024;

/** Where the last `lines` lines of a file begin. Reads backwards, no more than it has to. */
export async function tailOffset(path: string, lines: number): Promise<number> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (lines <= 0) return size;
    let left = lines;
    const block = Buffer.alloc(BLOCK_BYTES);
    for (let end = size; end > 0;) {
      const start = Math.max(end - BLOCK_BYTES, 0);
      const { bytesRead } = await file.read(block, 0, end - start, start);
      for (let index = bytesRead - 1; index >= 0; index--) {
        if (block[index] !== NEWLINE || start + index === size - 1) continue;
        if (--left === 0) return start + index + 1;
      }
      end = start;
    }
    return 0;
  } finally {
    await file.close();
  }
}

/** The end of a log as text: at most so many lines and bytes, the newest. */
export async function readLastLines(path: string, maxLines: number, maxBytes: number): Promise<string> {
  const offset = await tailOffset(path, maxLines);
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - offset), 0, size - offset, offset);
    const parts: Buffer[] = [];
    for (let start = 0; start < bytesRead;) {
      const end = buffer.indexOf(NEWLINE, start);
      const stop = end < 0 || end > bytesRead ? bytesRead : end;
      const line = parseLogLine(buffer.subarray(start, stop));
      if (line !== undefined) parts.push(line.content, Buffer.from(line.partial ? '' : '\n'));
      start = stop + 1;
    }
    const text = Buffer.concat(parts);
    return text.subarray(Math.max(text.length - maxBytes, 0)).toString();
  } finally {
    await file.close();
  }
}
