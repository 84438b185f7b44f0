import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setInterval as every } from 'node:timers/promises';
import { allKinds } from '#api';
import { embeddedStore, encryptedStore, parseEncryptionConfiguration, remoteStore, transformerOfKey, type Store } from '#apiserver/storage';
import { connectEtcd, openEtcd, type EndpointOptions, type Etcd } from '#etcd';
import type { ClusterConfig, ExternalEtcd } from './config.ts';
import { Failure } from './failure.ts';
import type { Log } from './log.ts';
import type { ClusterPaths } from './paths.ts';
import type { EtcdSnapshot } from './snapshot-file.ts';

/** Where a cluster's data is kept, opened. */
export interface OpenStore {
  store: Store;
  /** Undefined: the data is in an etcd of its own. */
  etcd: Etcd | undefined;
  snapshot(): Promise<EtcdSnapshot>;
  close(): Promise<void>;
}

/** How often the history of an etcd that others keep is compacted, up to where it was the time before. */
const COMPACTION_MS = 5 * 60_000;

/** Opens the cluster's store, with encryption if that is configured. Throws Failure when it cannot be. */
export async function openStore(config: ClusterConfig, paths: ClusterPaths, log: Log): Promise<OpenStore> {
  const encrypt = await encryption(paths, config);
  const opened =
    config.etcd === undefined ? await openEmbedded(paths, config.hasStarted === true, log) : await openRemote(config.etcd, log);
  return { ...opened, store: encrypt(opened.store) };
}

async function openEmbedded(paths: ClusterPaths, hasStarted: boolean, log: Log): Promise<OpenStore> {
  if (hasStarted && ((await stat(join(paths.etcd, 'data.mdb')).catch(() => undefined))?.size ?? 0) === 0)
    throw new Failure(
      `the store in ${paths.etcd} is gone`,
      'restore it from a snapshot (skiff snapshot restore FILE --replace), or start anew: skiff delete',
    );
  let etcd: Etcd;
  try {
    etcd = await openEtcd({ dir: paths.etcd, log: (message, error) => log('etcd', message, error) });
  } catch (error) {
    throw new Failure(
      `the store in ${paths.etcd} cannot be opened: ${error instanceof Error ? error.message : String(error)}`,
      'restore it from a snapshot (skiff snapshot restore FILE --replace), or start anew: skiff delete',
      { cause: error },
    );
  }
  const store = embeddedStore(etcd);
  return {
    store,
    etcd,
    snapshot: async () => ({ revision: etcd.revision, chunks: etcd.snapshot() }),
    async close() {
      await store.close();
      await etcd.close();
    },
  };
}

async function openRemote(external: ExternalEtcd, log: Log): Promise<OpenStore> {
  const store = remoteStore(await endpointOptions(external));
  const ended = new AbortController();
  const compacting = compactRegularly(store, ended.signal, log);
  return {
    store,
    etcd: undefined,
    snapshot: () => remoteSnapshot(external),
    async close() {
      ended.abort();
      await compacting;
      await store.close();
    },
  };
}

/** How to reach a real etcd. Throws Failure when a file of its certificates cannot be read. */
export async function endpointOptions({ servers, caFile, certFile, keyFile }: ExternalEtcd): Promise<EndpointOptions> {
  if (caFile === undefined || certFile === undefined || keyFile === undefined) return { endpoints: servers };
  const [ca, cert, key] = await Promise.all([caFile, certFile, keyFile].map(readTlsFile));
  return { endpoints: servers, tls: { ca: ca as Buffer, cert: cert as Buffer, key: key as Buffer } };
}

async function readTlsFile(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new Failure(
      `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      'see --etcd-cafile, --etcd-certfile and --etcd-keyfile',
      { cause: error },
    );
  }
}

/** A snapshot of a real etcd, over a connection of its own. */
export async function remoteSnapshot(external: ExternalEtcd): Promise<EtcdSnapshot> {
  const client = await connectEtcd(await endpointOptions(external));
  const { revision } = await client.status();
  async function* chunks(): AsyncGenerator<{ bytes: Buffer; remaining: number }> {
    try {
      yield* client.snapshot();
    } finally {
      client.close();
    }
  }
  return { revision, chunks: chunks() };
}

/** What is older than the interval goes; several API servers that do so do no harm to each other. */
async function compactRegularly(store: Store, signal: AbortSignal, log: Log): Promise<void> {
  let before: number | undefined;
  try {
    for await (const _ of every(COMPACTION_MS, undefined, { signal, ref: false })) {
      try {
        if (before !== undefined) await store.compact(before);
      } catch (error) {
        if (!(error instanceof Error && error.name === 'Compacted')) log('etcd', 'the history could not be compacted', error);
      }
      before = await store.revision().catch(() => before);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function encryption(paths: ClusterPaths, { encryptionConfig }: ClusterConfig): Promise<(store: Store) => Store> {
  if (encryptionConfig === undefined) return (store) => store;
  const parsed = await readEncryptionConfig(`${paths.dir}/${encryptionConfig}`);
  const transformerOf = transformerOfKey(parsed, allKinds);
  return (store) => encryptedStore(store, transformerOf);
}

/** Throws Failure when the file cannot be read or is not a valid EncryptionConfiguration. */
export async function readEncryptionConfig(file: string): Promise<ReturnType<typeof parseEncryptionConfiguration>> {
  try {
    const { parse } = await import('yaml');
    return parseEncryptionConfiguration(parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw new Failure(`${file}: ${error instanceof Error ? error.message : String(error)}`, 'see --encryption-provider-config', {
      cause: error,
    });
  }
}
