import { BLOCK, padded, type TarEntry } from './tar-entry.ts';

/** Names too long for the header, which the member before it carries. */
interface LongNames {
  path?: string;
  target?: string;
}

/** The members of an uncompressed archive (POSIX or GNU). Devices and other special files are left out. */
export function* readTar(archive: Buffer): Generator<TarEntry> {
  let long: LongNames = {};
  for (let at = 0; at + BLOCK <= archive.length && archive[at] !== 0;) {
    const header = archive.subarray(at, at + BLOCK);
    const size = octal(header, 124, 12);
    const data = archive.subarray(at + BLOCK, at + BLOCK + size);
    if (data.length < size) throw new Error('the tar archive is cut off');
    at += BLOCK + padded(size);
    const type = String.fromCharCode(header[156] ?? 0);
    const names = longNames(type, data);
    if (names !== undefined) {
      Object.assign(long, names);
      continue;
    }
    const entry = toEntry(header, type, data, long);
    long = {};
    if (entry !== undefined && entry.path !== '') yield entry;
  }
}

function longNames(type: string, data: Buffer): LongNames | undefined {
  if (type === 'L') return { path: text(data, 0, data.length) };
  if (type === 'K') return { target: text(data, 0, data.length) };
  if (type === 'x') return paxNames(data);
  return type === 'g' ? {} : undefined;
}

/** Records of `LENGTH KEY=VALUE\n`; the length counts bytes and includes itself. */
function paxNames(data: Buffer): LongNames {
  const names: LongNames = {};
  for (let at = 0; at < data.length;) {
    const length = Number.parseInt(data.toString('latin1', at, at + 10), 10);
    if (!(length > 0)) break;
    const [, key, value] = /^\d+ ([^=]+)=([^]*)\n$/.exec(data.toString('utf8', at, at + length)) ?? [];
    if (key === 'path') names.path = value;
    if (key === 'linkpath') names.target = value;
    at += length;
  }
  return names;
}

function toEntry(header: Buffer, type: string, data: Buffer, long: LongNames): TarEntry | undefined {
  const path = relative(long.path ?? headerPath(header));
  const target = long.target ?? text(header, 157, 100);
  const mode = octal(header, 100, 8) & 0o7777;
  switch (type) {
    case '0':
    case '\0':
      return { path, type: 'file', mode, data };
    case '5':
      return { path, type: 'directory', mode };
    case '2':
      return { path, type: 'symlink', target };
    case '1':
      return { path, type: 'hardlink', target: relative(target) };
    default:
      return undefined;
  }
}

function headerPath(header: Buffer): string {
  const isPosix = text(header, 257, 6) === 'ustar';
  const prefix = isPosix ? text(header, 345, 155) : '';
  return prefix === '' ? text(header, 0, 100) : `${prefix}/${text(header, 0, 100)}`;
}

function relative(path: string): string {
  return path
    .replace(/^(\.?\/)+/, '')
    .replace(/\/+$/, '')
    .replace(/^\.$/, '');
}

function text(block: Buffer, at: number, length: number): string {
  const end = block.indexOf(0, at);
  return block.toString('utf8', at, end === -1 || end > at + length ? at + length : end);
}

function octal(block: Buffer, at: number, length: number): number {
  const digits = block.toString('latin1', at, at + length).replace(/[\0 ]/g, '');
  if (!/^[0-7]*$/.test(digits)) throw new Error('the tar archive is damaged');
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}
