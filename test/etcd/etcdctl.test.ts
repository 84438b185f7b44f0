import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Etcd, type EtcdServer, openEtcd, restoreSnapshot, serveEtcd } from '#etcd';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificates, type TestCertificates } from './certificates.ts';
import { Etcdctl, outputWith } from './etcdctl.ts';
import { freePorts } from './real-etcd.ts';
import { startRestored } from './restored-etcd.ts';

describe("upstream's etcdctl works on the embedded etcd", () => {
  let dir: string;
  let certificates: TestCertificates;
  let etcd: Etcd;
  let server: EtcdServer;
  let endpoint: string;
  let ctl: Etcdctl;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'skiff-etcdctl-'));
    certificates = await makeCertificates();
    etcd = await openEtcd({ dir: join(dir, 'data') });
    const peerUrls = ['https://127.0.0.1:2380'];
    server = await serveEtcd(etcd, { host: '127.0.0.1', port: 0, tls: certificates.server, memberName: 'one', peerUrls });
    endpoint = `https://127.0.0.1:${server.port}`;
    const { ca, clientCert: cert, clientKey: key } = certificates.files;
    ctl = new Etcdctl(endpoint, ca, { cert, key });
  });

  afterAll(async () => {
    await server.close();
    await etcd.close();
    await certificates.dispose();
    await rm(dir, { recursive: true });
  });

  test('put, get, del', async () => {
    expect(await ctl.run('put', 'k/1', 'one')).toBe('OK\n');
    await ctl.run('put', 'k/2', 'two');
    expect(await ctl.run('put', 'k/1', 'uno', '--prev-kv')).toBe('OK\nk/1\none\n');
    expect(await ctl.run('get', 'k/', '--prefix')).toBe('k/1\nuno\nk/2\ntwo\n');
    expect(await ctl.run('get', 'k/', '--prefix', '--order', 'DESCEND', '--limit', '1')).toBe('k/2\ntwo\n');
    expect(await ctl.run('get', 'k/1', '--rev', '2', '--print-value-only')).toBe('one\n');
    expect(await ctl.run('get', 'k/', '--prefix', '--keys-only')).toContain('k/2');
    expect(await ctl.run('del', 'k/2', '--prev-kv')).toBe('1\nk/2\ntwo\n');
    expect(await ctl.run('get', 'k/2')).toBe('');
  });

  test('txn, both ways', async () => {
    const text = (version: string) => `version("txn") = "${version}"\n\nput txn yes\nget txn\n\nput txn no\n\n`;
    expect(await outputWith(ctl.start(['txn'], text('0')), 'yes')).toMatch(/^SUCCESS/);
    expect(await outputWith(ctl.start(['txn'], text('0')), 'OK')).toMatch(/^FAILURE/);
    expect(await ctl.run('get', 'txn', '--print-value-only')).toBe('no\n');
  });

  test('watch, from now and from the past', async () => {
    const first = await ctl.json<{ header: { revision: number } }>('put', 'w/1', 'before');
    const watch = ctl.start(['watch', 'w/', '--prefix', '--prev-kv', '--rev', String(first.header.revision)]);
    await outputWith(watch, 'before');
    const seen = outputWith(watch, 'after');
    await ctl.run('put', 'w/1', 'after');
    expect(await seen).toContain('PUT\nw/1\nbefore\nw/1\nafter');
    const deleted = outputWith(watch, 'DELETE');
    await ctl.run('del', 'w/1');
    await deleted;
    watch.kill();
    await once(watch, 'close');
  });

  test('lease: grant, timetolive, keep-alive, list, revoke', async () => {
    const granted = await ctl.run('lease', 'grant', '300');
    const id = /^lease (\w+) granted with TTL\(300s\)/.exec(granted)?.[1] ?? '';
    await ctl.run('put', 'leased', 'x', '--lease', id);
    expect(await ctl.run('lease', 'timetolive', id, '--keys')).toMatch(
      /granted with TTL\(300s\), remaining\((299|300)s\), attached keys\(\[leased\]\)/,
    );
    expect(await ctl.run('lease', 'keep-alive', id, '--once')).toContain('keepalived with TTL(300)');
    expect(await ctl.run('lease', 'list')).toContain(id);
    expect(await ctl.run('lease', 'revoke', id)).toBe(`lease ${id} revoked\n`);
    expect(await ctl.run('get', 'leased')).toBe('');
    expect(await ctl.run('lease', 'timetolive', id)).toContain('already expired');
  });

  test('compaction', async () => {
    await ctl.run('put', 'c', '1');
    const { header } = await ctl.json<{ header: { revision: number } }>('put', 'c', '2');
    expect(await ctl.run('compaction', String(header.revision), '--physical')).toBe(`compacted revision ${header.revision}\n`);
    await expect(ctl.run('get', 'c', '--rev', '2')).rejects.toThrow('required revision has been compacted');
    await expect(ctl.run('watch', 'c', '--rev', '2')).rejects.toThrow('compacted');
    await expect(ctl.run('compaction', '1')).rejects.toThrow('required revision has been compacted');
    await expect(ctl.run('compaction', '1000000')).rejects.toThrow('required revision is a future revision');
  });

  test('member list, endpoint status, health and hashkv, alarm, defrag', async () => {
    expect(await ctl.run('member', 'list')).toMatch(/^\w+, started, one, https:\/\/127.0.0.1:2380, https:\/\/127.0.0.1:\d+, false\n$/);
    const [status] = await ctl.json<[{ Status: { version: string; leader: number; header: { member_id: number } } }]>('endpoint', 'status');
    expect(status.Status.version).toMatch(/^3\.5\./);
    expect(status.Status.leader).toBe(status.Status.header.member_id);
    await ctl.run('endpoint', 'health');
    const hash = await ctl.run('endpoint', 'hashkv');
    expect(await ctl.run('endpoint', 'hashkv')).toBe(hash);
    expect(await ctl.run('defrag')).toContain('Finished defragmenting etcd member');
    expect(await ctl.run('endpoint', 'hashkv')).toBe(hash);
    expect(await ctl.run('alarm', 'list')).toBe('');
  });

  test('snapshot save and status; the file can be restored here and by upstream', async () => {
    for (let i = 0; i < 300; i++) await etcd.put({ key: `/snap/${i}`, value: Buffer.alloc(i * 40, `${i}.`) });
    const file = join(dir, 'snapshot.db');
    await ctl.run('snapshot', 'save', file);
    const status = await ctl.json<{ revision: number; totalKey: number }>('snapshot', 'status', file);
    expect(status.revision).toBe(etcd.revision);

    const { revision } = await restoreSnapshot({ file, dir: join(dir, 'restored') });
    expect(revision).toBe(etcd.revision);
    const restored = await openEtcd({ dir: join(dir, 'restored') });
    const everything = { key: '\0', rangeEnd: '\0' };
    expect(restored.range(everything)).toEqual(etcd.range(everything));
    await restored.close();

    await ctl.run('snapshot', 'restore', file, '--data-dir', join(dir, 'upstream'));
    const upstream = await startRestored(certificates, join(dir, 'upstream'), await freePorts(2));
    try {
      const { ca, clientCert: cert, clientKey: key } = certificates.files;
      const theirs = await new Etcdctl(upstream.endpoint, ca, { cert, key }).json<{ kvs: object[] }>('get', '/snap/', '--prefix');
      const ours = await ctl.json<{ kvs: object[] }>('get', '/snap/', '--prefix');
      expect(theirs.kvs).toEqual(ours.kvs);
    } finally {
      await upstream.dispose();
    }
  });

  test('lock and elect', async () => {
    expect(await ctl.run('lock', 'mutex', 'echo', 'mine')).toBe('mine\n');
    const first = ctl.start(['elect', 'chair', 'ann']);
    await outputWith(first, 'ann');
    const second = ctl.start(['elect', 'chair', 'bob']);
    const won = outputWith(second, 'bob');
    first.kill('SIGINT');
    await won;
    second.kill('SIGINT');
    await once(second, 'close');
  });

  test('check perf', async () => {
    expect(await ctl.run('check', 'perf', '--load', 's')).toContain('PASS');
  });

  test('nobody gets in without a certificate of the CA', async () => {
    const { ca, strangerCert: cert, strangerKey: key } = certificates.files;
    const quick = ['--command-timeout', '2s', '--dial-timeout', '1s'];
    await expect(new Etcdctl(endpoint, ca, undefined).run('get', 'k/1', ...quick)).rejects.toThrow('context deadline exceeded');
    await expect(new Etcdctl(endpoint, ca, { cert, key }).run('get', 'k/1', ...quick)).rejects.toThrow('context deadline exceeded');
  });
});
