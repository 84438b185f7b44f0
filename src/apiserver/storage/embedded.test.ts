import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEtcd } from '#etcd';
import { embeddedStore } from './embedded.ts';
import { expect, test } from 'vitest';
import { storeContract } from './store.contract.ts';

storeContract('the embedded store', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'skiff-etcd-'));
  const etcd = await openEtcd({ dir });
  return {
    store: embeddedStore(etcd),
    async dispose() {
      await etcd.close();
      await rm(dir, { recursive: true });
    },
  };
});

test('takes a new lease for keys with a time when somebody has revoked the one it shares', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'skiff-etcd-'));
  const etcd = await openEtcd({ dir });
  const store = embeddedStore(etcd);
  await store.create('/registry/events/a', Buffer.from('1'), { ttlSeconds: 3600 });
  await store.create('/registry/events/b', Buffer.from('1'), { ttlSeconds: 3600 });
  const [lease = 0n, ...others] = etcd.leases();
  expect(others).toEqual([]);
  await etcd.revokeLease(lease);
  await store.create('/registry/events/a', Buffer.from('2'), { ttlSeconds: 3600 });
  const [fresh = 0n] = etcd.leases();
  expect(fresh).not.toBe(lease);
  expect(etcd.leaseStatus(fresh).ttl).toBeGreaterThanOrEqual(3599);
  await etcd.close();
  await rm(dir, { recursive: true });
});
