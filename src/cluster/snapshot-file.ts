import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { KUBERNETES_VERSION } from '#apimachinery';
import type { ClusterConfig } from './config.ts';
import { codeOf, Failure } from './failure.ts';
import type { ClusterPaths } from './paths.ts';
import { readTar, writeTar, type TarEntry } from './tar.ts';

/** What `etcdctl snapshot save` would write. `remaining`: bytes still to come. */
export interface EtcdSnapshot {
  revision: number;
  chunks: AsyncIterable<{ bytes: Buffer; remaining: number }>;
}

/** The form of a snapshot's file. Another number means: a later version's. */
const FORMAT = 1;

/** What a snapshot is of: its first entry, `snapshot.json`. */
export interface SnapshotInfo {
  format: number;
  cluster: string;
  /** ISO 8601. */
  created: string;
  revision: number;
  version: string;
}

/** Values hold little that repeats beyond what the quickest level finds; a snapshot must not take a core for long. */
const COMPRESSION = { level: 1 };

/**
 * A whole cluster as one compressed archive: what it is, its configuration, certificates, keys and kubeconfig, and its
 * etcd at one revision. The cluster may go on meanwhile.
 */
export function snapshotStream(config: ClusterConfig, paths: ClusterPaths, etcd: EtcdSnapshot): Readable {
  const created = new Date();
  const info: SnapshotInfo = {
    format: FORMAT,
    cluster: config.name,
    created: created.toISOString(),
    revision: etcd.revision,
    version: KUBERNETES_VERSION,
  };
  const archive = Readable.from(writeTar(entries(config, paths, etcd, info), created), { objectMode: false });
  const compressed = createGzip(COMPRESSION);
  pipeline(archive, compressed).catch((error: unknown) => compressed.destroy(error as Error));
  return compressed;
}

async function* entries(config: ClusterConfig, paths: ClusterPaths, etcd: EtcdSnapshot, info: SnapshotInfo): AsyncGenerator<TarEntry> {
  yield text('snapshot.json', `${JSON.stringify(info, null, 2)}\n`);
  yield text('cluster.json', `${JSON.stringify(config, null, 2)}\n`);
  for (const name of await filesOf(paths, config)) yield await fileEntry(paths.dir, name);
  const chunks = etcd.chunks[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done === true) throw new Error('the etcd sent an empty snapshot');
  const { bytes, remaining } = first.value;
  yield { name: 'etcd.db', size: bytes.length + remaining, mode: 0o600, body: rest(bytes, chunks) };
}

async function filesOf(paths: ClusterPaths, { encryptionConfig }: ClusterConfig): Promise<string[]> {
  const found = await readdir(paths.pki, { recursive: true, withFileTypes: true });
  const pki = found.filter((file) => file.isFile()).map(({ parentPath, name }) => join(parentPath, name).slice(paths.dir.length + 1));
  return [...pki.sort(), 'admin.conf', ...(encryptionConfig === undefined ? [] : [encryptionConfig])];
}

async function fileEntry(dir: string, name: string): Promise<TarEntry> {
  const [bytes, { mode }] = await Promise.all([readFile(join(dir, name)), stat(join(dir, name))]);
  return { name, size: bytes.length, mode: mode & 0o777, body: once(bytes) };
}

function text(name: string, content: string): TarEntry {
  const bytes = Buffer.from(content);
  return { name, size: bytes.length, mode: 0o600, body: once(bytes) };
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

async function* rest(first: Buffer, chunks: AsyncIterator<{ bytes: Buffer }>): AsyncGenerator<Buffer> {
  try {
    yield first;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value.bytes;
  } finally {
    await chunks.return?.();
  }
}

/** Writes the stream to a file that only its owner may read. Until it is whole it has another name. */
export async function writeSnapshot(file: string, stream: Readable): Promise<number> {
  const partial = `${file}.partial`;
  try {
    await pipeline(stream, createWriteStream(partial, { flags: 'wx', mode: 0o600, flush: true }));
    const { size } = await stat(partial);
    await rename(partial, file);
    return size;
  } catch (error) {
    stream.destroy();
    if (codeOf(error) === 'EEXIST')
      throw new Failure(
        `${partial} exists: another snapshot is being written there, or was broken off`,
        `remove it if none is: rm ${partial}`,
        { cause: error },
      );
    await rm(partial, { force: true });
    throw error;
  }
}

/** The entries of a snapshot's file. They and their bodies throw Failure when it is not one, or is damaged. */
export async function* readSnapshot(file: string): AsyncGenerator<TarEntry> {
  const source = createReadStream(file);
  const plain = createGunzip();
  pipeline(source, plain).catch((error: unknown) => plain.destroy(error as Error));
  try {
    for await (const entry of guarded(file, readTar(plain))) yield { ...entry, body: guarded(file, entry.body) };
  } finally {
    source.destroy();
    plain.destroy();
  }
}

/** The same, with what goes wrong said in a person's words. */
async function* guarded<T>(file: string, items: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* items;
  } catch (error) {
    if (codeOf(error) === 'ENOENT')
      throw new Failure(`there is no file ${file}`, 'see which snapshots there are: skiff snapshot list', { cause: error });
    if (error instanceof Failure) throw error;
    throw damaged(file, error);
  }
}

/** What to say of a file that cannot be used. */
export function damaged(file: string, error: unknown): Failure {
  const why = error instanceof Error ? error.message : String(error);
  return new Failure(`${file} is not a snapshot, or is damaged: ${why}`, 'use another one: skiff snapshot list', { cause: error });
}

/** What a snapshot's file is of. Throws Failure when this program cannot use it. */
export async function snapshotInfo(file: string): Promise<SnapshotInfo> {
  for await (const entry of readSnapshot(file)) return await parseInfo(file, entry);
  throw new Failure(`${file} is empty`, 'use another one: skiff snapshot list');
}

/** Reads the first entry of a snapshot. */
export async function parseInfo(file: string, entry: TarEntry): Promise<SnapshotInfo> {
  if (entry.name !== 'snapshot.json') throw new Failure(`${file} is not a snapshot of a cluster`, 'use another one: skiff snapshot list');
  const info = JSON.parse((await bodyOf(entry)).toString()) as SnapshotInfo;
  if (info.format !== FORMAT)
    throw new Failure(
      `${file} was written by another version of Skiff (format ${info.format}; this one reads ${FORMAT})`,
      `use Skiff ${info.version}`,
    );
  return info;
}

/** An entry that fits into memory. */
export async function bodyOf(entry: TarEntry): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of entry.body) parts.push(part);
  return Buffer.concat(parts);
}
