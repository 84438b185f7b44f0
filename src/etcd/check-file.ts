import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Where a meta page keeps what, in bytes from the page's begin; of the file format that is used here. */
const MAGIC = 24;
const VERSION = 28;
const PAGE_SIZE = 48;
const LAST_PAGE = 144;
const TRANSACTION = 152;
const META_LENGTH = 160;

const KNOWN_MAGIC = 0xbeefc0de;
const KNOWN_VERSION = 2;

interface Meta {
  pageSize: number;
  lastPage: number;
  transaction: bigint;
}

/**
 * Throws when a data file is not one or has been cut off. The database maps the file into memory, where a missing page
 * would end the whole process instead. A file that does not exist, or is empty, is a new one.
 */
export function checkFile(path: string): void {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    const { size } = fstatSync(file);
    if (size > 0) checkPages(file, size, path);
  } finally {
    closeSync(file);
  }
}

function checkPages(file: number, size: number, path: string): void {
  const first = readMeta(file, 0);
  const second = first === undefined ? undefined : readMeta(file, first.pageSize);
  if (first === undefined) throw new Error(`${path} is damaged: its first page is not that of a store`);
  const newest = second !== undefined && second.transaction > first.transaction ? second : first;
  const needed = (newest.lastPage + 1) * newest.pageSize;
  if (size < needed) throw new Error(`${path} is damaged: ${size} bytes are left of at least ${needed}`);
}

function readMeta(file: number, offset: number): Meta | undefined {
  const bytes = Buffer.alloc(META_LENGTH);
  if (readSync(file, bytes, 0, META_LENGTH, offset) < META_LENGTH) return undefined;
  if (bytes.readUInt32LE(MAGIC) !== KNOWN_MAGIC || bytes.readUInt32LE(VERSION) !== KNOWN_VERSION) return undefined;
  const pageSize = bytes.readUInt32LE(PAGE_SIZE);
  if (pageSize < 512 || pageSize > 65_536) return undefined;
  return { pageSize, lastPage: Number(bytes.readBigUInt64LE(LAST_PAGE)), transaction: bytes.readBigUInt64LE(TRANSACTION) };
}
