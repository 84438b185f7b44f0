import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { connectEtcd, openEtcd, restoreSnapshot, type EtcdClient, type KeyValue, type Operation } from '#etcd';
import { loadConfig, saveConfig, type ClusterConfig, type ExternalEtcd } from './config.ts';
import { endpointOptions, remoteSnapshot } from './etcd-store.ts';
import { Failure } from './failure.ts';
import { withLock } from './lock.ts';
import { clusterPaths, type ClusterPaths } from './paths.ts';
import { readProcessFile, stopProcess } from './process-file.ts';
import type { Progress } from './progress.ts';
import { up } from './up.ts';

/** How long a component may take to end by itself. */
const GRACE_MS = 15_000;
/** Of one transaction: etcd takes 128 operations and 1.5 MiB. */
const BATCH_KEYS = 100;
const BATCH_BYTES = 1024 * 1024;

/** All that the cluster has stored; an etcd may hold other things, too. */
const REGISTRY = { key: '/registry/', rangeEnd: '/registry0' };

/**
 * Moves a cluster's data to a real etcd (which must not hold a cluster's yet) or to the embedded one, and starts the
 * cluster again if it ran. A failure leaves it where it was. Throws Failure.
 */
export async function migrate(
  dir: string,
  target: ExternalEtcd | 'embedded',
  progress: Progress,
  signal: AbortSignal,
): Promise<{ keys: number }> {
  const paths = clusterPaths(dir);
  const config = await loadConfig(paths);
  if (config === undefined) throw new Failure(`there is no cluster in ${dir}`, 'see which there are: skiff list');
  if (target === 'embedded' && config.etcd === undefined) throw new Failure(`cluster ${config.name} uses the embedded etcd already`);
  if (target !== 'embedded' && config.etcd !== undefined)
    throw new Failure(
      `cluster ${config.name} uses a real etcd already`,
      'move it to the embedded one first: skiff snapshot migrate --to-embedded',
    );
  if (target !== 'embedded') await requireEmpty(target);
  const ran = (await readProcessFile(paths.processFile('control-plane'))) !== undefined;
  const keys = await withLock(paths, async () => {
    await progress.step('Stopping what runs', async () => {
      for (const component of ['agent', 'control-plane']) await stopProcess(paths.processFile(component), GRACE_MS);
    });
    return await progress.step('Moving the data', () =>
      target === 'embedded' ? toEmbedded(config, paths) : toServers(config, paths, target),
    );
  });
  if (ran) await up({ name: config.name, dir, install: false, kubeconfig: false }, progress, signal);
  return { keys };
}

async function requireEmpty(target: ExternalEtcd): Promise<void> {
  const client = await connectEtcd(await endpointOptions(target));
  try {
    const { count } = await client.range({ ...REGISTRY, countOnly: true });
    if (count > 0)
      throw new Failure(`the etcd at ${target.servers.join(', ')} holds a cluster's data already (${count} keys)`, 'use an empty one');
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(
      `the etcd at ${target.servers.join(', ')} does not answer: ${error instanceof Error ? error.message : String(error)}`,
      'see whether it runs, and whether --etcd-cafile, --etcd-certfile and --etcd-keyfile belong to it',
      { cause: error },
    );
  } finally {
    client.close();
  }
}

async function toServers(config: ClusterConfig, paths: ClusterPaths, target: ExternalEtcd): Promise<number> {
  const etcd = await openEtcd({ dir: paths.etcd });
  const client = await connectEtcd(await endpointOptions(target));
  let keys: number;
  try {
    // In the order of their last writes, so that older objects have the smaller revisions there, too.
    const { kvs } = etcd.range({ ...REGISTRY, sortTarget: 'mod', sortOrder: 'ascend' });
    const leases = new Leases(client, (id) => etcd.leaseStatus(id).ttl);
    for (const batch of batches(kvs)) await writeBatch(client, batch, leases);
    keys = kvs.length;
    const { count } = await client.range({ ...REGISTRY, countOnly: true });
    if (count !== keys)
      throw new Failure(
        `${keys} keys were written and ${count} are there: somebody else writes to that etcd`,
        'use one for this cluster alone',
      );
  } finally {
    client.close();
    await etcd.close();
  }
  await saveConfig(paths, { ...config, etcd: target });
  await rm(paths.etcd, { recursive: true });
  return keys;
}

function* batches(kvs: readonly KeyValue[]): Generator<KeyValue[]> {
  let batch: KeyValue[] = [];
  let bytes = 0;
  for (const kv of kvs) {
    bytes += kv.key.length + kv.value.length;
    if (batch.length > 0 && (batch.length >= BATCH_KEYS || bytes > BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = kv.key.length + kv.value.length;
    }
    batch.push(kv);
  }
  if (batch.length > 0) yield batch;
}

async function writeBatch(client: EtcdClient, batch: readonly KeyValue[], leases: Leases): Promise<void> {
  const success: Operation[] = [];
  for (const { key, value, lease } of batch) success.push({ type: 'put', key, value, lease: await leases.of(lease) });
  const compare = batch.map(({ key }) => ({ key, target: 'mod', result: 'equal', value: 0 }) as const);
  const { succeeded } = await client.txn({ compare, success, failure: [] });
  if (!succeeded) throw new Failure('somebody else writes to that etcd', 'use one for this cluster alone');
}

/** The leases of the new etcd that take the place of the old ones, with the time that these had left. */
class Leases {
  readonly #client: EtcdClient;
  readonly #left: (id: bigint) => number;
  readonly #granted = new Map<bigint, bigint>();

  constructor(client: EtcdClient, left: (id: bigint) => number) {
    this.#client = client;
    this.#left = left;
  }

  async of(old: bigint): Promise<bigint> {
    if (old === 0n) return 0n;
    const known = this.#granted.get(old);
    if (known !== undefined) return known;
    const granted = await this.#client.grantLease(Math.max(1, this.#left(old)));
    this.#granted.set(old, granted);
    return granted;
  }
}

async function toEmbedded(config: ClusterConfig, paths: ClusterPaths): Promise<number> {
  const file = join(paths.dir, 'migration.db');
  const fresh = `${paths.etcd}.new`;
  try {
    await download(config.etcd as ExternalEtcd, file);
    await rm(fresh, { recursive: true, force: true });
    await restoreSnapshot({ file, dir: fresh });
    const etcd = await openEtcd({ dir: fresh });
    const { count } = etcd.range({ ...REGISTRY, countOnly: true });
    await etcd.close();
    await rm(paths.etcd, { recursive: true, force: true });
    await rename(fresh, paths.etcd);
    const { etcd: _, ...embedded } = config;
    await saveConfig(paths, embedded);
    return count;
  } finally {
    await rm(file, { force: true });
    await rm(fresh, { recursive: true, force: true });
  }
}

async function download(from: ExternalEtcd, file: string): Promise<void> {
  await using handle = await open(file, 'w', 0o600);
  const { chunks } = await remoteSnapshot(from);
  for await (const { bytes } of chunks) await handle.writeFile(bytes);
}
