import type { KeyValue, RangeResult } from '../types.ts';

/**
 * A RangeResponse's bytes, written at once into a buffer of the right size: it is what most of the traffic consists of.
 * `header` is the encoded header.
 */
export function encodeRange(header: Buffer, { kvs, more, count }: RangeResult): Buffer {
  const sizes = kvs.map(keyValueSize);
  let size = 1 + varintSize(header.length) + header.length + (more ? 2 : 0) + (count > 0 ? 1 + varintSize(count) : 0);
  for (const length of sizes) size += 1 + varintSize(length) + length;
  const to = new MessageWriter(size);
  to.bytes(HEADER, header);
  for (const [index, kv] of kvs.entries()) {
    to.varint(KVS, sizes[index] as number);
    writeKeyValue(to, kv);
  }
  if (more) to.varint(MORE, 1);
  if (count > 0) to.varint(COUNT, count);
  return to.buffer;
}

/** Tags: number of the field, and whether a varint (0) or a length with bytes (2) follows. */
const HEADER = (1 << 3) | 2;
const KVS = (2 << 3) | 2;
const MORE = 3 << 3;
const COUNT = 4 << 3;
const KEY = (1 << 3) | 2;
const CREATE_REVISION = 2 << 3;
const MOD_REVISION = 3 << 3;
const VERSION = 4 << 3;
const VALUE = (5 << 3) | 2;
const LEASE = 6 << 3;

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++;
  return size;
}

/** A 64-bit integer that is negative takes all ten bytes. */
function bigVarintSize(value: bigint): number {
  let size = 1;
  for (let rest = BigInt.asUintN(64, value); rest >= 128n; rest >>= 7n) size++;
  return size;
}

function keyValueSize({ key, value, createRevision, modRevision, version, lease }: KeyValue): number {
  return (
    1 +
    varintSize(key.length) +
    key.length +
    (1 + varintSize(createRevision)) +
    (1 + varintSize(modRevision)) +
    (1 + varintSize(version)) +
    (value.length > 0 ? 1 + varintSize(value.length) + value.length : 0) +
    (lease === 0n ? 0 : 1 + bigVarintSize(lease))
  );
}

function writeKeyValue(to: MessageWriter, { key, value, createRevision, modRevision, version, lease }: KeyValue): void {
  to.latin1(KEY, key);
  to.varint(CREATE_REVISION, createRevision);
  to.varint(MOD_REVISION, modRevision);
  to.varint(VERSION, version);
  if (value.length > 0) to.bytes(VALUE, value);
  if (lease !== 0n) to.bigVarint(LEASE, lease);
}

/** Writes fields, one after another, into a buffer whose size is known. */
class MessageWriter {
  readonly buffer: Buffer;
  #at = 0;

  constructor(size: number) {
    this.buffer = Buffer.allocUnsafe(size);
  }

  varint(tag: number, value: number): void {
    this.buffer[this.#at++] = tag;
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.buffer[this.#at++] = (rest % 128) | 128;
    this.buffer[this.#at++] = rest;
  }

  bigVarint(tag: number, value: bigint): void {
    this.buffer[this.#at++] = tag;
    let rest = BigInt.asUintN(64, value);
    for (; rest >= 128n; rest >>= 7n) this.buffer[this.#at++] = Number(rest & 127n) | 128;
    this.buffer[this.#at++] = Number(rest);
  }

  bytes(tag: number, value: Buffer): void {
    this.varint(tag, value.length);
    this.buffer.set(value, this.#at);
    this.#at += value.length;
  }

  latin1(tag: number, text: string): void {
    this.varint(tag, text.length);
    this.#at += this.buffer.write(text, this.#at, 'latin1');
  }
}
