import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { remoteStore } from '../../src/apiserver/storage/remote.ts';
import type { Store, StoreEvent } from '../../src/apiserver/storage/store.ts';
import { makeCertificates, type TestCertificates } from './certificates.ts';
import { type RealEtcd, startRealEtcd } from './real-etcd.ts';

describe("on three members of upstream's etcd", () => {
  let certificates: TestCertificates;
  let members: RealEtcd[];
  let store: Store;

  beforeEach(async () => {
    certificates = await makeCertificates();
    members = await startRealEtcd(certificates, 3);
    store = remoteStore({ endpoints: members.map(({ endpoint }) => endpoint), tls: certificates.client, timeoutMs: 3000 });
  });

  afterEach(async () => {
    await store.close();
    await Promise.all(members.map((member) => member.dispose()));
    await certificates.dispose();
  });

  const attempt = async (key: string): Promise<number> => {
    const deadline = Date.now() + 30_000;
    for (;;) {
      try {
        return await store.create(key, Buffer.from(key));
      } catch (error) {
        // A write on its way to a member that dies may have happened.
        const there = await store.get(key).catch(() => undefined);
        if (there !== undefined) return there.modRevision;
        if (Date.now() > deadline) throw error;
      }
    }
  };

  test('writes and watches go on when any one is killed, and nothing that was acknowledged is lost', async () => {
    const stop = new AbortController();
    const seen: StoreEvent[] = [];
    const from = await store.revision();
    const ended = store.watch('/registry/', from, { onEvents: (events) => void seen.push(...events) }, stop.signal);
    const written: string[] = [];
    for (const [round, member] of members.entries()) {
      await member.kill();
      for (let i = 0; i < 20; i++) {
        const key = `/registry/pods/${round}-${String(i).padStart(2, '0')}`;
        await attempt(key);
        written.push(key);
      }
      await member.restart();
      await attempt(`/registry/back/${round}`);
    }
    const list = await store.list('/registry/pods/');
    expect(list.items.map(({ key }) => key)).toEqual(written);
    const last = await attempt('/registry/zz');
    while ((seen.at(-1)?.revision ?? 0) < last) await new Promise(setImmediate);
    expect(seen.filter(({ key }) => key.startsWith('/registry/pods/')).map(({ key }) => key)).toEqual(written);
    const revisions = seen.map(({ revision }) => revision);
    expect([...new Set(revisions)].sort((a, b) => a - b)).toEqual(revisions);
    stop.abort();
    await ended;
  });

  test('without a majority writes fail clearly, and go on when it is back', async () => {
    await attempt('/registry/a');
    await members[0]?.kill();
    await members[1]?.kill();
    await expect(store.create('/registry/b', Buffer.from('b'))).rejects.toThrow(/./);
    await expect(store.revision()).rejects.toThrow(/./);
    await members[0]?.restart();
    await attempt('/registry/c');
    expect((await store.list('/registry/')).items.map(({ key }) => key)).toContain('/registry/a');
  });
});
