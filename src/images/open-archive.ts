import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';

const GZIP = '1f8b';
const ZSTD = '28b52ffd';

/** Reads a tar archive, whether it is compressed (gzip, zstd) or not. Throws when there is no such file. */
export async function openArchive(file: string): Promise<Readable> {
  const magic = await firstBytes(file, 4);
  const decompressor = magic.startsWith(GZIP) ? createGunzip() : magic === ZSTD ? createZstdDecompress() : undefined;
  const source = createReadStream(file);
  // An error of either side destroys the other: whoever reads sees it.
  return decompressor === undefined ? source : pipeline(source, decompressor, () => undefined);
}

async function firstBytes(path: string, count: number): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(count), 0, count, 0);
    return buffer.toString('hex', 0, bytesRead);
  } finally {
    await file.close();
  }
}
