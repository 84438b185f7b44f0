import type { FileHandle } from 'node:fs/promises';
import {
  BRANCH_PAGE,
  BUCKET,
  ELEMENT,
  fnv64a,
  FREELIST_PAGE,
  LEAF_PAGE,
  MAGIC,
  META_PAGE,
  META_SIZE,
  PAGE,
  PAGE_HEADER,
  VERSION,
} from './format.ts';

export interface BoltEntry {
  key: Buffer;
  value: Buffer;
  /** Set for an entry of the root tree. */
  flags?: number;
}

/** A page that has been written, for the level above it. */
interface Child {
  key: Buffer;
  page: number;
}

const WRITE_BYTES = 1024 * 1024;
const FREELIST = 2;

/** Writes buckets, given in the order of their names with entries in the order of their keys, as a bbolt file. */
export async function writeBolt(
  file: FileHandle,
  buckets: Iterable<[name: string, entries: Iterable<BoltEntry> | AsyncIterable<BoltEntry>]>,
): Promise<void> {
  const pages = new PageWriter(file);
  const roots: BoltEntry[] = [];
  for (const [name, entries] of buckets) {
    const value = Buffer.alloc(16);
    value.writeBigUInt64LE(BigInt(await writeTree(pages, entries)));
    roots.push({ key: Buffer.from(name), value, flags: BUCKET });
  }
  const root = await writeTree(pages, roots);
  await pages.flush();
  await file.write(headPages(root, pages.next), 0, undefined, 0);
}

/** Leaves first, then level over level; resolves with the root's page. */
async function writeTree(pages: PageWriter, entries: Iterable<BoltEntry> | AsyncIterable<BoltEntry>): Promise<number> {
  let level: Child[] = [];
  let pending: BoltEntry[] = [];
  let size = PAGE_HEADER;
  for await (const entry of entries) {
    const bytes = ELEMENT + entry.key.length + entry.value.length;
    if (pending.length > 0 && size + bytes > PAGE) {
      level.push(await pages.write(leafPage(pending, size), pending[0]?.key));
      pending = [];
      size = PAGE_HEADER;
    }
    pending.push(entry);
    size += bytes;
  }
  level.push(await pages.write(leafPage(pending, size), pending[0]?.key));
  while (level.length > 1) level = await writeBranches(pages, level);
  return (level[0] as Child).page;
}

async function writeBranches(pages: PageWriter, children: readonly Child[]): Promise<Child[]> {
  const level: Child[] = [];
  for (let start = 0; start < children.length;) {
    let size = PAGE_HEADER;
    let end = start;
    for (; end < children.length; end++) {
      const bytes = ELEMENT + (children[end] as Child).key.length;
      // A branch of one child would be no branch.
      if (end - start >= 2 && size + bytes > PAGE) break;
      size += bytes;
    }
    if (end === children.length - 1) end--;
    const part = children.slice(start, Math.max(end, start + 1));
    size = part.reduce((sum, { key }) => sum + ELEMENT + key.length, PAGE_HEADER);
    level.push(await pages.write(branchPage(part, size), part[0]?.key));
    start += part.length;
  }
  return level;
}

function blankPage(size: number, flags: number, count: number): Buffer {
  const page = Buffer.alloc(Math.ceil(size / PAGE) * PAGE);
  page.writeUInt16LE(flags, 8);
  page.writeUInt16LE(count, 10);
  page.writeUInt32LE(page.length / PAGE - 1, 12);
  return page;
}

/** Positions count from the element that they stand in. */
function leafPage(entries: readonly BoltEntry[], size: number): Buffer {
  const page = blankPage(size, LEAF_PAGE, entries.length);
  let data = PAGE_HEADER + ELEMENT * entries.length;
  entries.forEach(({ key, value, flags = 0 }, index) => {
    const element = PAGE_HEADER + ELEMENT * index;
    page.writeUInt32LE(flags, element);
    page.writeUInt32LE(data - element, element + 4);
    page.writeUInt32LE(key.length, element + 8);
    page.writeUInt32LE(value.length, element + 12);
    page.set(key, data);
    page.set(value, data + key.length);
    data += key.length + value.length;
  });
  return page;
}

function branchPage(children: readonly Child[], size: number): Buffer {
  const page = blankPage(size, BRANCH_PAGE, children.length);
  let data = PAGE_HEADER + ELEMENT * children.length;
  children.forEach(({ key, page: child }, index) => {
    const element = PAGE_HEADER + ELEMENT * index;
    page.writeUInt32LE(data - element, element);
    page.writeUInt32LE(key.length, element + 4);
    page.writeBigUInt64LE(BigInt(child), element + 8);
    page.set(key, data);
    data += key.length;
  });
  return page;
}

/** The two metas, which say the same, and the list of free pages, of which there are none. */
function headPages(root: number, pageCount: number): Buffer {
  const head = Buffer.alloc(3 * PAGE);
  for (const id of [0, 1]) {
    const page = head.subarray(id * PAGE, (id + 1) * PAGE);
    page.writeBigUInt64LE(BigInt(id));
    page.writeUInt16LE(META_PAGE, 8);
    writeMeta(page.subarray(PAGE_HEADER), root, pageCount, id);
  }
  head.writeBigUInt64LE(BigInt(FREELIST), FREELIST * PAGE);
  head.writeUInt16LE(FREELIST_PAGE, FREELIST * PAGE + 8);
  return head;
}

function writeMeta(meta: Buffer, root: number, pageCount: number, transaction: number): void {
  meta.writeUInt32LE(MAGIC, 0);
  meta.writeUInt32LE(VERSION, 4);
  meta.writeUInt32LE(PAGE, 8);
  meta.writeBigUInt64LE(BigInt(root), 16);
  meta.writeBigUInt64LE(BigInt(FREELIST), 32);
  meta.writeBigUInt64LE(BigInt(pageCount), 40);
  meta.writeBigUInt64LE(BigInt(transaction), 48);
  meta.writeBigUInt64LE(fnv64a(meta.subarray(0, META_SIZE)), META_SIZE);
}

class PageWriter {
  next = 3;
  readonly #file: FileHandle;
  #buffered: Buffer[] = [];
  #bytes = 0;
  #position = 3 * PAGE;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async write(page: Buffer, key: Buffer = Buffer.alloc(0)): Promise<Child> {
    const child = { key, page: this.next };
    page.writeBigUInt64LE(BigInt(child.page));
    this.next += page.length / PAGE;
    this.#buffered.push(page);
    this.#bytes += page.length;
    if (this.#bytes >= WRITE_BYTES) await this.flush();
    return child;
  }

  async flush(): Promise<void> {
    if (this.#bytes === 0) return;
    await this.#file.write(Buffer.concat(this.#buffered), 0, undefined, this.#position);
    this.#position += this.#bytes;
    this.#buffered = [];
    this.#bytes = 0;
  }
}
