import { BLOCK, padded, type TarEntry } from './tar-entry.ts';

/** Every file's time, in seconds: what is built twice is the same twice. 2026-01-01T00:00:00Z. */
export const FILE_TIME = 1_767_225_600;

const TYPES: Readonly<Record<TarEntry['type'], string>> = { file: '0', hardlink: '1', symlink: '2', directory: '5' };

/** A POSIX archive of the entries in this order: everything is root's, of one fixed time. */
export function writeTar(entries: Iterable<TarEntry>): Buffer {
  const parts: Buffer[] = [];
  for (const entry of entries) parts.push(...member(entry));
  parts.push(Buffer.alloc(2 * BLOCK));
  return Buffer.concat(parts);
}

function member(entry: TarEntry): Buffer[] {
  const path = entry.type === 'directory' ? `${entry.path}/` : entry.path;
  const target = entry.type === 'symlink' || entry.type === 'hardlink' ? entry.target : '';
  const data = entry.type === 'file' ? entry.data : Buffer.alloc(0);
  const mode = entry.type === 'file' || entry.type === 'directory' ? entry.mode : 0o777;
  const records = [...(fits(path) ? [] : [paxRecord('path', path)]), ...(fits(target) ? [] : [paxRecord('linkpath', target)])];
  const parts = records.length === 0 ? [] : withData('x', 'PaxHeader', 0o644, '', Buffer.from(records.join('')));
  return [...parts, ...withData(TYPES[entry.type], path, mode, target, data)];
}

function fits(name: string): boolean {
  return Buffer.byteLength(name) <= 100;
}

/** `LENGTH KEY=VALUE\n`, where the length counts its own digits too. */
function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (rest + String(length).length > length) length += 1;
  return `${length} ${key}=${value}\n`;
}

function withData(type: string, path: string, mode: number, target: string, data: Buffer): Buffer[] {
  const parts = [header(type, path, mode, target, data.length), data];
  const gap = padded(data.length) - data.length;
  return gap === 0 ? parts : [...parts, Buffer.alloc(gap)];
}

function header(type: string, path: string, mode: number, target: string, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, length: number): void =>
    void block.write(value.toString(8).padStart(length - 1, '0'), at, 'latin1');
  block.write(path, 0, 100);
  octal(mode, 100, 8);
  octal(0, 108, 8); // owner
  octal(0, 116, 8); // group
  octal(size, 124, 12);
  octal(FILE_TIME, 136, 12);
  block.write(type, 156);
  block.write(target, 157, 100);
  block.write('ustar\u000000', 257, 'latin1');
  // The sum counts its own field as spaces.
  block.fill(' ', 148, 156);
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  block[154] = 0;
  return block;
}
