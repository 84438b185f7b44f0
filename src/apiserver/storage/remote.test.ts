import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEtcd, serveEtcd } from '#etcd';
import { afterAll, beforeAll } from 'vitest';
import { makeCertificates, type TestCertificates } from '../../../test/etcd/certificates.ts';
import { remoteStore } from './remote.ts';
import { storeContract } from './store.contract.ts';

let certificates: TestCertificates;

beforeAll(async () => {
  certificates = await makeCertificates();
});

afterAll(() => certificates.dispose());

storeContract('the remote store over the embedded etcd', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'skiff-etcd-'));
  const etcd = await openEtcd({ dir });
  const server = await serveEtcd(etcd, { host: '127.0.0.1', port: 0, tls: certificates.server, memberName: 'one' });
  return {
    store: remoteStore({ endpoints: [`https://127.0.0.1:${server.port}`], tls: certificates.client }),
    async dispose() {
      await server.close();
      await etcd.close();
      await rm(dir, { recursive: true });
    },
  };
});
