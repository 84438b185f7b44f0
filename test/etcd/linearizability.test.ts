import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectEtcd, openEtcd, serveEtcd } from '#etcd';
import { expect, test } from 'vitest';
import { makeCertificates } from './certificates.ts';
import { checkLinearizable, history, type Target } from './linearizability.ts';
import { startRealEtcd } from './real-etcd.ts';

const SEED = Date.now() % 100_000;

test('reads and writes of many clients, in this process and over gRPC at once, are linearizable', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'skiff-etcd-lin-'));
  const certificates = await makeCertificates();
  const etcd = await openEtcd({ dir });
  const server = await serveEtcd(etcd, { host: '127.0.0.1', port: 0, tls: certificates.server, memberName: 'one' });
  const client = await connectEtcd({ endpoints: [`https://127.0.0.1:${server.port}`], tls: certificates.client });
  const local: Target = { txn: (request) => etcd.txn(request), range: async (request) => etcd.range(request) };
  try {
    const done = await history([local, client], { clients: 16, operations: 500, seed: SEED });
    expect(done).toHaveLength(8000);
    checkLinearizable(done);
  } finally {
    client.close();
    await server.close();
    await etcd.close();
    await certificates.dispose();
    await rm(dir, { recursive: true });
  }
});

test("so they are on three members of upstream's etcd", async () => {
  const certificates = await makeCertificates();
  const members = await startRealEtcd(certificates, 3);
  const clients = await Promise.all(members.map(({ endpoint }) => connectEtcd({ endpoints: [endpoint], tls: certificates.client })));
  try {
    const done = await history(clients, { clients: 12, operations: 100, seed: SEED });
    expect(done).toHaveLength(1200);
    checkLinearizable(done);
  } finally {
    for (const client of clients) client.close();
    await Promise.all(members.map((member) => member.dispose()));
    await certificates.dispose();
  }
});

test('the check itself finds a stale read', () => {
  const write = { from: 0, to: 1, revision: 2, key: '/lin/a', wrote: 'x', read: undefined };
  const stale = { from: 2, to: 3, revision: 1, key: '/lin/a', wrote: undefined, read: undefined };
  expect(() => checkLinearizable([write, stale])).toThrow('revision 1 came after 2 was known');
});
