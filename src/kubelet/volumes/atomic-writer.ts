import { chmod, chown, lstat, mkdir, readdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';

export interface PayloadFile {
  content: Buffer;
  mode: number;
  uid?: number;
}

/** Files of a volume by their relative path. */
export type Payload = ReadonlyMap<string, PayloadFile>;

const DATA = '..data';
const NEW_DATA = '..data_tmp';

/** Throws for a path that would leave the volume or clash with its own links. */
function checkPayloadPath(path: string): void {
  if (path === '') throw new Error('invalid path: must not be empty');
  if (path.startsWith('/')) throw new Error(`invalid path: must be relative path: ${path}`);
  if (path.split('/').includes('..')) throw new Error(`invalid path: must not contain '..': ${path}`);
  if (path.startsWith('..')) throw new Error(`invalid path: must not start with '..': ${path}`);
}

async function currentVersion(directory: string): Promise<string | undefined> {
  try {
    return await readlink(join(directory, DATA));
  } catch {
    return undefined;
  }
}

async function isUpToDate(versionDirectory: string, payload: Payload): Promise<boolean> {
  const present = await readdir(versionDirectory, { recursive: true, withFileTypes: true }).catch(() => undefined);
  if (present === undefined || present.filter((entry) => entry.isFile()).length !== payload.size) return false;
  for (const [path, { content, mode }] of payload) {
    const file = join(versionDirectory, path);
    const [old, stats] = await Promise.all([readFile(file).catch(() => undefined), lstat(file).catch(() => undefined)]);
    if (old === undefined || !old.equals(content) || (stats?.mode ?? 0) % 0o1000 !== mode) return false;
  }
  return true;
}

async function writeVersion(directory: string, payload: Payload, group: number | undefined): Promise<string> {
  const stamp = new Date().toISOString().replace(/[-:]/g, '_').replace('T', '_').slice(0, 19);
  const name = `..${stamp}.${randomBytes(5).readUIntBE(0, 5)}`;
  const version = join(directory, name);
  await mkdir(version, { mode: 0o755 });
  await chmod(version, 0o755);
  const made = new Set<string>(['.']);
  for (const [path, { content, mode, uid }] of payload) {
    const parent = dirname(path);
    if (!made.has(parent)) await mkdir(join(version, parent), { recursive: true, mode: 0o755 });
    made.add(parent);
    const file = join(version, path);
    await writeFile(file, content);
    // What the process's umask took away has to be given back.
    await chmod(file, mode);
    if (uid !== undefined || group !== undefined) await chown(file, uid ?? 0, group ?? 0);
  }
  return name;
}

async function linkEntries(directory: string, payload: Payload): Promise<void> {
  const wanted = new Set([...payload.keys()].map((path) => path.split('/')[0] ?? path));
  const present = new Set((await readdir(directory)).filter((name) => !name.startsWith('..')));
  for (const name of wanted) if (!present.has(name)) await symlink(join(DATA, name), join(directory, name));
  for (const name of present) if (!wanted.has(name)) await rm(join(directory, name), { force: true });
}

/**
 * Writes a volume's files so that a reader sees either all old or all new ones: files stand in a directory of their own
 * version, `..data` points to it and is replaced in one step, visible names are links through `..data`. Does nothing when
 * the content is the same. `group` owns what is written. Resolves with whether something was written.
 */
export async function writeAtomically(directory: string, payload: Payload, group?: number): Promise<boolean> {
  for (const path of payload.keys()) checkPayloadPath(path);
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o777);
  if (group !== undefined) await chown(directory, 0, group);
  const old = await currentVersion(directory);
  if (old !== undefined && (await isUpToDate(join(directory, old), payload))) {
    await linkEntries(directory, payload);
    return false;
  }
  const version = await writeVersion(directory, payload, group);
  await rm(join(directory, NEW_DATA), { force: true });
  await symlink(version, join(directory, NEW_DATA));
  await rename(join(directory, NEW_DATA), join(directory, DATA));
  await linkEntries(directory, payload);
  if (old !== undefined) await rm(join(directory, old), { recursive: true, force: true });
  return true;
}
