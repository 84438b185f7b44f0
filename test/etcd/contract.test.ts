import { connectEtcd, type EtcdClient } from '#etcd';
import { afterAll, beforeAll } from 'vitest';
import { remoteStore } from '../../src/apiserver/storage/remote.ts';
import { storeContract } from '../../src/apiserver/storage/store.contract.ts';
import { makeCertificates, type TestCertificates } from './certificates.ts';
import { type RealEtcd, startRealEtcd } from './real-etcd.ts';

let certificates: TestCertificates;
let member: RealEtcd;
let client: EtcdClient;

beforeAll(async () => {
  certificates = await makeCertificates();
  [member] = (await startRealEtcd(certificates)) as [RealEtcd];
  client = await connectEtcd({ endpoints: [member.endpoint], tls: certificates.client });
}, 30_000);

afterAll(async () => {
  client.close();
  await member.dispose();
  await certificates.dispose();
});

storeContract("the remote store over upstream's etcd", async () => ({
  store: remoteStore({ endpoints: [member.endpoint], tls: certificates.client }),
  dispose: async () => {
    await client.txn({ compare: [], success: [{ type: 'delete', key: '\0', rangeEnd: '\0' }], failure: [] });
  },
}));
