/**
 * A revision as it lies on disk: its changes one after another, each
 *   flags u8 · 3 spare · key length u32 · value length u32 · sub u32 · create f64 · version f64 · lease i64 · key · value
 * in little endian. `sub` is the change's place among those of the revision, and stays when compaction drops others.
 */
const HEADER = 40;
const TOMBSTONE = 1;
const NOTHING = Buffer.alloc(0);

/** One change of one key. A tombstone has create and version 0 and no value. */
export interface Change {
  key: string;
  value: Buffer;
  sub: number;
  create: number;
  version: number;
  lease: bigint;
  deleted: boolean;
}

/** Bytes that the changes take on disk. */
export function recordSize(changes: readonly Change[]): number {
  let size = 0;
  for (const { key, value } of changes) size += HEADER + key.length + value.length;
  return size;
}

function encodeRecord(changes: readonly Change[]): Buffer {
  const record = Buffer.allocUnsafe(recordSize(changes));
  let at = 0;
  for (const change of changes) at = writeChange(record, at, change);
  return record;
}

function writeChange(record: Buffer, start: number, change: Change): number {
  record.writeUInt32LE(change.deleted ? TOMBSTONE : 0, start);
  record.writeUInt32LE(change.key.length, start + 4);
  record.writeUInt32LE(change.value.length, start + 8);
  record.writeUInt32LE(change.sub, start + 12);
  record.writeDoubleLE(change.create, start + 16);
  record.writeDoubleLE(change.version, start + 24);
  record.writeBigInt64LE(change.lease, start + 32);
  const key = start + HEADER;
  record.write(change.key, key, 'latin1');
  record.set(change.value, key + change.key.length);
  return key + change.key.length + change.value.length;
}

/** A record's changes. Without `values`, which only a scan of all can do without, every value is empty. */
function decodeRecord(record: Buffer, values: boolean): Change[] {
  const changes: Change[] = [];
  // `length` is not the buffer's own here: lmdb reads everything into one buffer and says how much of it counts.
  for (let at = 0, end = record.length; at < end;) {
    const keyEnd = at + HEADER + record.readUInt32LE(at + 4);
    const valueEnd = keyEnd + record.readUInt32LE(at + 8);
    changes.push({
      key: record.toString('latin1', at + HEADER, keyEnd),
      value: values && valueEnd > keyEnd ? copy(record, keyEnd, valueEnd) : NOTHING,
      sub: record.readUInt32LE(at + 12),
      create: record.readDoubleLE(at + 16),
      version: record.readDoubleLE(at + 24),
      lease: record.readBigInt64LE(at + 32),
      deleted: record.readUInt8(at) === TOMBSTONE,
    });
    at = valueEnd;
  }
  return changes;
}

/** lmdb reads everything into one buffer, so what is to stay is copied out of it. */
function copy(record: Buffer, start: number, end: number): Buffer {
  const value = Buffer.allocUnsafe(end - start);
  record.copy(value, 0, start, end);
  return value;
}

/** How LMDB stores and gives back the changes of a revision. */
export const recordCodec = {
  encode: encodeRecord,
  decode: (record: Buffer): Change[] => decodeRecord(record, true),
};

/** The same without reading values. */
export const headerCodec = {
  encode: encodeRecord,
  decode: (record: Buffer): Change[] => decodeRecord(record, false),
};
