import { chmod, copyFile, rename } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { ENCRYPTION_CONFIG, type ClusterConfig, type ExternalEtcd, type SnapshotSchedule } from './config.ts';
import { Failure } from './failure.ts';
import type { ClusterPaths } from './paths.ts';
import { readProcessFile } from './process-file.ts';

/** What about a cluster's store may be another at each start. */
export interface StoreOptions {
  /** Not to be changed in this way: the data would stay behind. */
  etcd?: ExternalEtcd;
  etcdPort?: number | 'none';
  etcdHealthPort?: number;
  encryptionProviderConfig?: string;
  snapshots?: SnapshotSchedule | 'none';
}

/** The configuration with these options. Throws Failure when the cluster runs with others. */
export async function withStoreOptions(config: ClusterConfig, paths: ClusterPaths, options: StoreOptions): Promise<ClusterConfig> {
  if (options.etcd !== undefined && !isDeepStrictEqual(plain(options.etcd), plain(config.etcd ?? {})))
    throw new Failure(
      `cluster ${config.name} keeps its data in ${config.etcd?.servers.join(', ') ?? 'the embedded etcd'}`,
      `move it: skiff snapshot migrate ${config.name} --to-etcd-servers ${options.etcd.servers.join(',')}`,
    );
  const changed = {
    ...config,
    etcdPort: options.etcdPort ?? config.etcdPort,
    etcdHealthPort: options.etcdHealthPort ?? config.etcdHealthPort,
    snapshots: options.snapshots === 'none' ? undefined : (options.snapshots ?? config.snapshots),
  };
  const encryption = options.encryptionProviderConfig;
  if (encryption === undefined && isDeepStrictEqual(plain(changed), plain(config))) return config;
  if ((await readProcessFile(paths.processFile('control-plane'))) !== undefined)
    throw new Failure(`cluster ${config.name} runs with other options`, `stop it first: skiff down ${config.name}`);
  if (encryption === undefined) return changed;
  const { readEncryptionConfig } = await import('./etcd-store.ts');
  await readEncryptionConfig(encryption);
  const copy = `${paths.dir}/${ENCRYPTION_CONFIG}`;
  await copyPrivately(encryption, copy);
  return { ...changed, encryptionConfig: ENCRYPTION_CONFIG };
}

/** As it would be after being stored: without what is undefined. */
const plain = (config: object): unknown => JSON.parse(JSON.stringify(config));

async function copyPrivately(from: string, to: string): Promise<void> {
  await copyFile(from, `${to}.new`);
  await chmod(`${to}.new`, 0o600);
  await rename(`${to}.new`, to);
}
