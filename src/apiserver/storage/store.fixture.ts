import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEtcd } from '#etcd';
import { embeddedStore } from './embedded.ts';
import type { StoreUnderTest } from './store.contract.ts';

/** An empty store of its own for a test: the embedded engine, on a disk directory that goes with it. */
export async function temporaryStore(): Promise<StoreUnderTest> {
  const dir = await mkdtemp(join(tmpdir(), 'skiff-store-'));
  const etcd = await openEtcd({ dir });
  const store = embeddedStore(etcd);
  const dispose = async (): Promise<void> => {
    await store.close();
    await etcd.close();
    await rm(dir, { recursive: true });
  };
  return { store, dispose };
}
