import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEtcd } from '#etcd';
import { embeddedStore } from './embedded.ts';
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
