import { BRANCH_PAGE, ELEMENT, fnv64a, LEAF_PAGE, MAGIC, META_SIZE, PAGE_HEADER } from './format.ts';

/** Reads the buckets of a bbolt file that is in memory (or mapped). Throws when it is none, or damaged. */
export class BoltFile {
  readonly #bytes: Buffer;
  readonly #pageSize: number;
  readonly #root: number;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    const metas = [readMeta(bytes, 0), readMeta(bytes, bytes.length > 8 + 24 ? bytes.readUInt32LE(PAGE_HEADER + 8) : 0)];
    const newest = metas.filter((meta) => meta !== undefined).sort((a, b) => Number(b.transaction - a.transaction))[0];
    if (newest === undefined) throw new Error('not a database file of etcd');
    this.#pageSize = newest.pageSize;
    this.#root = newest.root;
  }

  /** The entries of a bucket in order; none when there is no such bucket. */
  *bucket(name: string): Generator<{ key: Buffer; value: Buffer }> {
    for (const { key, value } of this.#tree(this.#page(this.#root))) {
      if (key.toString() !== name) continue;
      const root = Number(value.readBigUInt64LE(0));
      // A small bucket has no page of its own: it stands behind its header.
      yield* this.#tree(root === 0 ? value.subarray(16) : this.#page(root));
    }
  }

  #page(id: number): Buffer {
    const start = id * this.#pageSize;
    if (start + PAGE_HEADER > this.#bytes.length) throw new Error(`page ${id} is missing`);
    const overflow = this.#bytes.readUInt32LE(start + 12);
    return this.#bytes.subarray(start, start + (overflow + 1) * this.#pageSize);
  }

  *#tree(page: Buffer): Generator<{ key: Buffer; value: Buffer }> {
    const flags = page.readUInt16LE(8);
    const count = page.readUInt16LE(10);
    if (flags !== LEAF_PAGE && flags !== BRANCH_PAGE) throw new Error('a page is damaged');
    for (let index = 0; index < count; index++) {
      const element = PAGE_HEADER + ELEMENT * index;
      if (flags === LEAF_PAGE) yield leafEntry(page, element);
      else yield* this.#tree(this.#page(Number(page.readBigUInt64LE(element + 8))));
    }
  }
}

function leafEntry(page: Buffer, element: number): { key: Buffer; value: Buffer } {
  const key = element + page.readUInt32LE(element + 4);
  const value = key + page.readUInt32LE(element + 8);
  const end = value + page.readUInt32LE(element + 12);
  if (end > page.length) throw new Error('a page is damaged');
  return { key: page.subarray(key, value), value: page.subarray(value, end) };
}

function readMeta(bytes: Buffer, start: number): { pageSize: number; root: number; transaction: bigint } | undefined {
  const meta = bytes.subarray(start + PAGE_HEADER, start + PAGE_HEADER + META_SIZE + 8);
  if (meta.length < META_SIZE + 8 || meta.readUInt32LE(0) !== MAGIC) return undefined;
  if (fnv64a(meta.subarray(0, META_SIZE)) !== meta.readBigUInt64LE(META_SIZE)) return undefined;
  return {
    pageSize: meta.readUInt32LE(8),
    root: Number(meta.readBigUInt64LE(16)),
    transaction: meta.readBigUInt64LE(48),
  };
}
