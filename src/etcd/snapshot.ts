import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BoltFile } from './bolt/read.ts';
import { type BoltEntry, writeBolt } from './bolt/write.ts';
import { Disk, type LeaseRecord, type Tables } from './disk.ts';
import type { Change } from './record.ts';
import { codec, fromBigInt, toBigInt, toNumber, type Int64, type WireKeyValue } from './rpc/messages.ts';

const CHUNK = 256 * 1024;
const HASH_BYTES = 32;
const keyValues = codec<WireKeyValue>('KeyValue');

/** A revision as a key of etcd's own table: main, `_`, sub, and `t` for a deletion. */
function revisionKey(main: number, sub: number, deleted: boolean): Buffer {
  const key = Buffer.alloc(deleted ? 18 : 17);
  key.writeBigUInt64BE(BigInt(main));
  key[8] = 0x5f;
  key.writeBigUInt64BE(BigInt(sub), 9);
  if (deleted) key[17] = 0x74;
  return key;
}

function boltEntry(main: number, change: Change): BoltEntry {
  const key = Buffer.from(change.key, 'latin1');
  const value = change.deleted
    ? { key }
    : {
        key,
        create_revision: change.create,
        mod_revision: main,
        version: change.version,
        value: change.value,
        lease: fromBigInt(change.lease),
      };
  return { key: revisionKey(main, change.sub, change.deleted), value: keyValues.encode(value) };
}

function* history(tables: Tables, revision: number): Generator<BoltEntry> {
  for (const { key: main, value: changes } of tables.history.getRange({ start: 1, end: revision + 1 })) {
    for (const change of changes) yield boltEntry(main, change);
  }
}

const leaseRecords = codec<{ ID: Int64; TTL: Int64 }>('StoredLease');

function leaseEntries(tables: Tables): BoltEntry[] {
  const entries = [...tables.leases.getRange({})].map(({ key, value }) => {
    const id = BigInt(key);
    const name = Buffer.alloc(8);
    name.writeBigInt64BE(id);
    return { key: name, value: leaseRecords.encode({ ID: fromBigInt(id), TTL: value.ttl }) };
  });
  return entries.sort((a, b) => Buffer.compare(a.key, b.key));
}

function metaEntries(revision: number, compactRevision: number): BoltEntry[] {
  const index = Buffer.alloc(8);
  index.writeBigUInt64BE(BigInt(revision));
  const entries: BoltEntry[] = [{ key: Buffer.from('consistent_index'), value: index }];
  if (compactRevision > 0) {
    const value = revisionKey(compactRevision, 0, false);
    entries.push({ key: Buffer.from('finishedCompactRev'), value }, { key: Buffer.from('scheduledCompactRev'), value });
  }
  return entries;
}

/**
 * The store at `revision` as etcd's `snapshot save` would write it: a database file of bbolt and its SHA-256. It is built
 * in a temporary file in `dir`, from one read transaction, while writes go on.
 */
export async function* snapshot(disk: Disk, dir: string, revision: number, compactRevision: number): AsyncGenerator<SnapshotChunk> {
  const path = join(dir, `snapshot-${crypto.randomUUID()}.tmp`);
  using held = disk.hold();
  const { tables } = held;
  const leases = leaseEntries(tables);
  try {
    await using file = await open(path, 'wx', 0o600);
    await writeBolt(file, [
      ['alarm', []],
      ['auth', []],
      ['authRoles', []],
      ['authUsers', []],
      ['cluster', []],
      ['key', history(tables, revision)],
      ['lease', leases],
      ['members', []],
      ['members_removed', []],
      ['meta', metaEntries(revision, compactRevision)],
    ]);
    yield* chunks(path);
  } finally {
    await rm(path, { force: true });
  }
}

export interface SnapshotChunk {
  bytes: Buffer;
  /** Bytes still to come. */
  remaining: number;
}

async function* chunks(path: string): AsyncGenerator<SnapshotChunk> {
  const hash = createHash('sha256');
  let remaining = (await stat(path)).size + HASH_BYTES;
  for await (const bytes of createReadStream(path, { highWaterMark: CHUNK }) as AsyncIterable<Buffer>) {
    hash.update(bytes);
    remaining -= bytes.length;
    yield { bytes, remaining };
  }
  yield { bytes: hash.digest(), remaining: 0 };
}

/** See `restoreSnapshot`. */
export async function restore(options: { file: string; dir: string; bumpRevision?: number }): Promise<{ revision: number }> {
  const bolt = new BoltFile(verified(await readFile(options.file)));
  const disk = new Disk(options.dir, () => {});
  try {
    if (disk.tables.history.getKeysCount({ limit: 1 }) > 0) throw new Error(`${options.dir} holds a store already`);
    let revision = 1;
    for (const part of parts(bolt)) {
      revision = part.at(-1)?.[0] ?? revision;
      await write(disk, ({ history }) => part.forEach(([main, changes]) => void history.put(main, changes)));
    }
    await write(disk, (tables) => restoreRest(tables, bolt, revision));
    const { bumpRevision = 0 } = options;
    if (bumpRevision > 0) {
      revision += bumpRevision;
      await write(disk, ({ meta }) => {
        void meta.put('revision', revision);
        void meta.put('compactRevision', revision);
      });
    }
    return { revision };
  } finally {
    await disk.close();
  }
}

function verified(bytes: Buffer): Buffer {
  // A database file copied by hand has no checksum behind it.
  if (bytes.length % 512 !== HASH_BYTES) return bytes;
  const data = bytes.subarray(0, -HASH_BYTES);
  if (!createHash('sha256').update(data).digest().equals(bytes.subarray(-HASH_BYTES))) {
    throw new Error('the snapshot is damaged: its checksum does not match');
  }
  return data;
}

function write(disk: Disk, apply: (tables: Tables) => void): Promise<void> {
  return new Promise((committed, failed) => disk.write({ bytes: 0, apply, committed, failed }));
}

const PART = 1000;

/** Revisions with their changes, some at a time. */
function* parts(bolt: BoltFile): Generator<[main: number, changes: Change[]][]> {
  let part: [number, Change[]][] = [];
  for (const { key, value } of bolt.bucket('key')) {
    const main = Number(key.readBigUInt64BE(0));
    const change = changeOf(key, keyValues.decode(value));
    const last = part.at(-1);
    if (last?.[0] === main) last[1].push(change);
    else {
      if (part.length >= PART) {
        yield part;
        part = [];
      }
      part.push([main, [change]]);
    }
  }
  if (part.length > 0) yield part;
}

function changeOf(key: Buffer, kv: WireKeyValue): Change {
  return {
    key: kv.key.toString('latin1'),
    value: kv.value ?? Buffer.alloc(0),
    sub: Number(key.readBigUInt64BE(9)),
    create: toNumber(kv.create_revision),
    version: toNumber(kv.version),
    lease: toBigInt(kv.lease),
    deleted: key.length === 18,
  };
}

function restoreRest(tables: Tables, bolt: BoltFile, revision: number): void {
  void tables.meta.put('revision', revision);
  for (const { key, value } of bolt.bucket('meta')) {
    if (key.toString() === 'finishedCompactRev') void tables.meta.put('compactRevision', Number(value.readBigUInt64BE(0)));
  }
  for (const { key, value } of bolt.bucket('lease')) {
    const ttl = toNumber(leaseRecords.decode(value).TTL);
    const record: LeaseRecord = { ttl, deadline: Date.now() + ttl * 1000 };
    void tables.leases.put(String(key.readBigInt64BE(0)), record);
  }
}
