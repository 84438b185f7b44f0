import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { readTar, type TarEntry } from '../tar/index.ts';

const run = promisify(execFile);

/** The files of a Debian package. */
export async function unpackPackage(file: string): Promise<TarEntry[]> {
  const { stdout } = await run('dpkg-deb', ['--fsys-tarfile', file], { encoding: 'buffer', maxBuffer: 1 << 30 });
  return [...readTar(stdout)];
}
