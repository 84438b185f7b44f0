import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { verifyAfterCrash, writeAndKill } from '../../test/etcd/crash.ts';
import { compareWithModel } from '../../test/etcd/compare-with-model.ts';
import { type Etcd, type EtcdEvent, type EtcdOptions, openEtcd, prefixRange, restoreSnapshot } from './index.ts';

const bytes = (text: string) => Buffer.from(text);
const all = { key: '\0', rangeEnd: '\0' };

let dir: string;
let etcd: Etcd;

async function reopen(options: Partial<EtcdOptions> = {}): Promise<void> {
  await etcd.close();
  etcd = await openEtcd({ dir, retentionMs: 0, ...options });
}

const put = (key: string, value: string, lease?: bigint) => etcd.put({ key, value: bytes(value), lease });

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'skiff-etcd-'));
  etcd = await openEtcd({ dir, retentionMs: 0 });
});

afterEach(async () => {
  await etcd.close();
  await rm(dir, { recursive: true });
});

describe('writes', () => {
  test('begin at revision 2 and count from there', async () => {
    expect(etcd.revision).toBe(1);
    expect((await put('a', '1')).revision).toBe(2);
    expect((await etcd.deleteRange({ key: 'none' })).revision).toBe(2);
    expect((await etcd.deleteRange({ key: 'a' })).revision).toBe(3);
  });

  test('that are sent together are seen by each other in that order, and by readers only when they are on disk', async () => {
    const first = put('a', '1');
    const second = etcd.put({ key: 'a', value: bytes('2'), prevKv: true });
    expect(etcd.get('a')).toBeUndefined();
    expect((await second).prevKv?.value).toEqual(bytes('1'));
    expect((await first).revision).toBe(2);
    expect(etcd.get('a')).toMatchObject({ version: 2, createRevision: 2, modRevision: 3 });
  });

  test('of one transaction share a revision, and a failed one leaves nothing behind', async () => {
    await put('a', '1');
    const failing = etcd.txn({
      compare: [],
      success: [
        { type: 'put', key: 'b', value: bytes('x') },
        { type: 'put', key: 'c', value: bytes('x'), lease: 99n },
      ],
      failure: [],
    });
    await expect(failing).rejects.toThrow('etcdserver: requested lease not found');
    expect(etcd.range({ ...all, countOnly: true })).toMatchObject({ count: 1, revision: 2 });
    const both = await etcd.txn({
      compare: [{ key: 'b', target: 'version', result: 'equal', value: 0 }],
      success: [
        { type: 'put', key: 'b', value: bytes('1') },
        { type: 'delete', key: 'a' },
      ],
      failure: [],
    });
    expect(both).toMatchObject({ succeeded: true, revision: 3, responses: [{ type: 'put' }, { type: 'delete', deleted: 1 }] });
  });

  test('keep the value or the lease on demand, but only of a key that is there', async () => {
    const { id } = await etcd.grantLease({ ttl: 100 });
    await expect(etcd.put({ key: 'a', value: bytes(''), ignoreValue: true })).rejects.toThrow('etcdserver: key not found');
    await put('a', '1', id);
    await etcd.put({ key: 'a', value: bytes('2'), ignoreLease: true });
    expect(etcd.get('a')).toMatchObject({ value: bytes('2'), lease: id });
    await etcd.put({ key: 'a', value: bytes(''), ignoreValue: true });
    expect(etcd.get('a')).toMatchObject({ value: bytes('2'), lease: 0n });
  });

  test('that put a key twice in one transaction are refused', async () => {
    const twice = (key: string) => ({ type: 'put' as const, key, value: bytes('1') });
    const nested = { type: 'txn' as const, compare: [], success: [twice('a')], failure: [twice('a')] };
    const refusal = 'etcdserver: duplicate key given in txn request';
    await expect(etcd.txn({ compare: [], success: [twice('a'), twice('a')], failure: [] })).rejects.toThrow(refusal);
    await expect(etcd.txn({ compare: [], success: [twice('a'), nested], failure: [] })).rejects.toThrow(refusal);
    const deletion = { type: 'delete' as const, ...prefixRange('a') };
    await expect(etcd.txn({ compare: [], success: [deletion, twice('ab')], failure: [] })).rejects.toThrow(refusal);
    expect((await etcd.txn({ compare: [], success: [nested], failure: [] })).succeeded).toBe(true);
  });

  test('without a key, or with too many operations, are refused', async () => {
    await expect(put('', '1')).rejects.toThrow('etcdserver: key is not provided');
    const success = Array.from({ length: 129 }, (_, i) => ({ type: 'put' as const, key: `${i}`, value: bytes('') }));
    await expect(etcd.txn({ compare: [], success, failure: [] })).rejects.toThrow('etcdserver: too many operations in txn request');
  });
});

describe('history', () => {
  test('shows every past revision until it is compacted', async () => {
    await put('a', '1');
    await put('a', '2');
    await etcd.deleteRange({ key: 'a' });
    await put('b', '1');
    expect(etcd.range({ key: 'a', revision: 2 }).kvs[0]?.value).toEqual(bytes('1'));
    expect(etcd.range({ key: 'a', revision: 3 }).kvs[0]?.value).toEqual(bytes('2'));
    expect(etcd.range({ key: 'a', revision: 4 }).kvs).toEqual([]);
    await etcd.compact(3, { physical: true });
    expect(() => etcd.range({ key: 'a', revision: 2 })).toThrow('etcdserver: mvcc: required revision has been compacted');
    expect(etcd.range({ key: 'a', revision: 3 }).kvs[0]?.value).toEqual(bytes('2'));
    expect(() => etcd.range({ key: 'a', revision: 6 })).toThrow('etcdserver: mvcc: required revision is a future revision');
    await expect(etcd.compact(3)).rejects.toThrow('etcdserver: mvcc: required revision has been compacted');
    await expect(etcd.compact(9)).rejects.toThrow('etcdserver: mvcc: required revision is a future revision');
  });

  test('is as it was after the store has been opened again, also where it is compacted', async () => {
    for (let i = 0; i < 50; i++) await put(`k/${i % 7}`, `${i}`);
    await etcd.deleteRange(prefixRange('k/3'));
    await etcd.compact(40, { physical: true });
    const past = { ...prefixRange('k/'), revision: 45 };
    const before = { now: etcd.range(all), past: etcd.range(past) };
    await reopen();
    expect({ now: etcd.range(all), past: etcd.range(past) }).toEqual(before);
    expect(etcd.compactRevision).toBe(40);
    expect((await put('k/3', 'again')).revision).toBe(before.now.revision + 1);
    expect(etcd.get('k/3')).toMatchObject({ version: 1 });
  });

  test('does not bring a deleted key back when the revision that made it also made one that lives', async () => {
    const success = ['a', 'b'].map((key) => ({ type: 'put' as const, key, value: bytes(key) }));
    await etcd.txn({ compare: [], success, failure: [] });
    await etcd.deleteRange({ key: 'a' });
    await put('c', '1');
    await etcd.compact(4, { physical: true });
    await reopen();
    expect(etcd.range(all).kvs.map(({ key }) => key)).toEqual(['b', 'c']);
  });

  test('is compacted by itself when it is older than asked', async () => {
    await reopen({ retentionMs: 25 });
    for (let i = 0; i < 5; i++) await put('a', `${i}`);
    await vi.waitFor(() => expect(etcd.compactRevision).toBe(6));
  });
});

describe('watches', () => {
  const recorded = () => {
    const events: EtcdEvent[] = [];
    return { events, onEvents: (batch: readonly EtcdEvent[]) => void events.push(...batch) };
  };

  test('have been told of a write before the writer is', async () => {
    const seen = recorded();
    const watcher = etcd.watch(prefixRange('/a/'), seen);
    await Promise.all([put('/a/1', 'x'), put('/b/1', 'x'), put('/a/2', 'x')]);
    expect(seen.events.map(({ key, modRevision }) => [key, modRevision])).toEqual([
      ['/a/1', 2],
      ['/a/2', 4],
    ]);
    expect(watcher.progress).toBe(4);
  });

  test('get a revision as a whole, and only what their filters let through', async () => {
    const batches: string[][] = [];
    etcd.watch({ ...all, noPut: true }, { onEvents: (events) => void batches.push(events.map(({ key }) => key)) });
    for (const key of ['a', 'b', 'c']) await put(key, '1');
    await etcd.deleteRange(all);
    expect(batches).toEqual([['a', 'b', 'c']]);
  });

  test('lose nothing when they stop for a while', async () => {
    const seen: number[] = [];
    let flows = false;
    const onEvents = (events: readonly EtcdEvent[]) => {
      for (const { modRevision } of events) seen.push(modRevision);
      return flows ? undefined : (false as const);
    };
    const watcher = etcd.watch(all, { onEvents });
    for (let i = 0; i < 5; i++) await put('a', `${i}`);
    expect(seen).toEqual([2]);
    flows = true;
    watcher.resume();
    await put('a', 'last');
    expect(seen).toEqual([2, 3, 4, 5, 6, 7]);
    expect(watcher.synced).toBe(true);
  });

  test('end when their past is gone, or the store closes', async () => {
    for (let i = 0; i < 5; i++) await put('a', `${i}`);
    await etcd.compact(5);
    const ends: string[] = [];
    const onEnd = (error: Error) => void ends.push(error.message);
    etcd.watch({ ...all, startRevision: 2 }, { ...recorded(), onEnd });
    await vi.waitFor(() => expect(ends).toEqual(['etcdserver: mvcc: required revision has been compacted']));
    etcd.watch(all, { ...recorded(), onEnd });
    await reopen();
    expect(ends[1]).toBe('etcdserver: server stopped');
  });
});

describe('leases', () => {
  test('take their keys with them, in one revision', async () => {
    const { id } = await etcd.grantLease({ ttl: 60 });
    await put('b', '1', id);
    await put('a', '1', id);
    await put('c', '1', id);
    await put('c', 'freed');
    expect(etcd.leaseStatus(id, { keys: true })).toEqual({ id, grantedTtl: 60, ttl: expect.any(Number), keys: ['a', 'b'] });
    const revision = await etcd.revokeLease(id);
    expect(revision).toBe(6);
    expect(etcd.range(all).kvs.map(({ key }) => key)).toEqual(['c']);
    await expect(etcd.revokeLease(id)).rejects.toThrow('etcdserver: requested lease not found');
    await expect(etcd.grantLease({ id: 0n, ttl: 10_000_000_000 })).rejects.toThrow('etcdserver: too large lease TTL');
  });

  test('last over a restart, and end on time also while the store is closed', async () => {
    const { id } = await etcd.grantLease({ id: 7n, ttl: 1000 });
    await expect(etcd.grantLease({ id: 7n, ttl: 5 })).rejects.toThrow('etcdserver: lease already exists');
    await put('a', '1', id);
    await reopen();
    expect(etcd.leaseStatus(7n, { keys: true })).toMatchObject({ grantedTtl: 1000, keys: ['a'] });
    const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 2_000_000);
    await reopen();
    clock.mockRestore();
    await vi.waitFor(() => expect(etcd.get('a')).toBeUndefined());
    expect(etcd.leases()).toEqual([]);
  });

  test('do not grow when the clock is put back', async () => {
    await etcd.grantLease({ id: 7n, ttl: 1000 });
    const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now() - 100_000_000);
    await reopen();
    clock.mockRestore();
    expect(etcd.leaseStatus(7n).ttl).toBeLessThanOrEqual(1000);
  });
});

describe('the file', () => {
  test('belongs to one process at a time', async () => {
    await expect(openEtcd({ dir })).rejects.toThrow(`the etcd data in ${dir} is in use by process ${process.pid}`);
  });

  test('over its quota takes deletions, but no puts until the alarm is disarmed', async () => {
    await reopen({ quotaBytes: 400_000 });
    const fill = async () => {
      for (let i = 0; i < 100; i++) await put(`k/${i}`, 'x'.repeat(10_000));
    };
    await expect(fill()).rejects.toThrow('etcdserver: mvcc: database space exceeded');
    expect(etcd.status().alarms).toEqual(['NOSPACE']);
    await reopen({ quotaBytes: 400_000 });
    await expect(put('a', '1')).rejects.toThrow('etcdserver: mvcc: database space exceeded');
    const { revision } = await etcd.deleteRange(prefixRange('k/'));
    await etcd.compact(revision, { physical: true });
    const before = etcd.status().dbSize;
    await etcd.defragment();
    expect(etcd.status().dbSize).toBeLessThan(before / 2);
    await etcd.disarm('NOSPACE');
    await put('a', '1');
    await reopen();
    expect(etcd.get('a')?.value).toEqual(bytes('1'));
  });

  test('can be copied as a snapshot while it is written, and restored', async () => {
    const { id } = await etcd.grantLease({ ttl: 100 });
    for (let i = 0; i < 200; i++) await put(`k/${i % 50}`, 'x'.repeat(i * 50), i % 10 === 0 ? id : 0n);
    const then = etcd.range(all);
    const parts: Buffer[] = [];
    for await (const { bytes: part } of etcd.snapshot()) {
      parts.push(part);
      await put('late', 'x');
    }
    const file = join(dir, 'snapshot.db');
    await writeFile(file, Buffer.concat(parts));
    await restoreSnapshot({ file, dir: join(dir, 'restored') });
    const restored = await openEtcd({ dir: join(dir, 'restored') });
    expect(restored.range(all)).toEqual(then);
    expect(restored.leaseStatus(id, { keys: true }).keys).toEqual(['k/0', 'k/10', 'k/20', 'k/30', 'k/40']);
    await restored.close();
    const damaged = Buffer.concat(parts);
    damaged[5000] = (damaged[5000] ?? 0) ^ 1;
    await writeFile(file, damaged);
    await expect(restoreSnapshot({ file, dir: join(dir, 'other') })).rejects.toThrow('the snapshot is damaged');
  });

  test('can be restored at a later revision, from which on watches go and before which they are told to start over', async () => {
    await put('a', '1');
    await put('a', '2');
    const file = join(dir, 'snapshot.db');
    const parts = await Array.fromAsync(etcd.snapshot(), ({ bytes: part }) => part);
    await writeFile(file, Buffer.concat(parts));
    const { revision } = await restoreSnapshot({ file, dir: join(dir, 'restored'), bumpRevision: 1000 });
    expect(revision).toBe(etcd.revision + 1000);
    const restored = await openEtcd({ dir: join(dir, 'restored'), retentionMs: 0 });
    expect(restored.get('a')).toMatchObject({ value: bytes('2'), modRevision: 3 });
    expect(restored.revision).toBe(revision);
    const ended = await new Promise((resolve) => restored.watch({ key: 'a', startRevision: 500 }, { onEvents() {}, onEnd: resolve }));
    expect(ended).toMatchObject({ compactRevision: revision });
    expect((await restored.put({ key: 'a', value: bytes('3') })).revision).toBe(revision + 1);
    await restored.close();
  });

  test('closes when who reads a snapshot has ended, and takes away what a broken-off one left', async () => {
    await put('a', '1');
    const reading = etcd.snapshot()[Symbol.asyncIterator]();
    await reading.next();
    await writeFile(join(dir, 'snapshot-broken-off.tmp'), '');
    let closed = false;
    const closing = etcd.close().then(() => (closed = true));
    await new Promise(setImmediate);
    expect(closed).toBe(false);
    await reading.return?.();
    await closing;
    etcd = await openEtcd({ dir, retentionMs: 0 });
    expect((await readdir(dir)).filter((name) => name.startsWith('snapshot'))).toEqual([]);
  });

  test('has the same checksum before and after a restart and a defragmentation', async () => {
    for (let i = 0; i < 30; i++) await put(`k/${i % 5}`, `${i}`);
    const before = await etcd.hashKv();
    await etcd.defragment();
    await reopen();
    expect(await etcd.hashKv()).toEqual(before);
    expect((await etcd.hashKv(20)).hash).not.toBe(before.hash);
  });
});

test('behaves like the model in 400 random operations', async () => {
  const seed = Date.now() % 1_000_000;
  await expect(compareWithModel({ dir: join(dir, 'model'), operations: 400, seed })).resolves.toBeUndefined();
});

test('has every acknowledged write after kill -9, twice', async () => {
  let revision = 0;
  for (let round = 0; round < 2; round++) {
    const crashed = await writeAndKill({ dir: join(dir, 'crash'), round: `r${round}`, acknowledgements: 50 });
    expect(crashed.opened).toBeGreaterThanOrEqual(revision);
    revision = await verifyAfterCrash(join(dir, 'crash'), crashed);
  }
});
