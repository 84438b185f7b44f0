import { open, type FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const END_SIZE = 22;
const ENTRY_SIZE = 46;
const DEFLATED = 8;

const inflate = promisify(inflateRaw);

/** The content of one file in a zip archive. Throws when it is not in there. Archives over 4 GB are not for this. */
export async function readZipEntry(archive: string, name: string): Promise<Buffer> {
  const file = await open(archive, 'r');
  try {
    const entry = findEntry(await readDirectory(file), name);
    if (entry === undefined) throw new Error(`${archive} has no ${name}`);
    // The local header's name and extra field may differ in length from the directory's.
    const header = await readAt(file, entry.headerOffset, 30);
    const start = entry.headerOffset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
    const data = await readAt(file, start, entry.compressedSize);
    return entry.method === DEFLATED ? await inflate(data) : data;
  } finally {
    await file.close();
  }
}

interface Entry {
  method: number;
  compressedSize: number;
  headerOffset: number;
}

async function readDirectory(file: FileHandle): Promise<Buffer> {
  const { size } = await file.stat();
  const tail = await readAt(file, Math.max(0, size - 65_536 - END_SIZE), Math.min(size, 65_536 + END_SIZE));
  for (let at = tail.length - END_SIZE; at >= 0; at--)
    if (tail.readUInt32LE(at) === END_OF_DIRECTORY) return await readAt(file, tail.readUInt32LE(at + 16), tail.readUInt32LE(at + 12));
  throw new Error('not a zip archive');
}

function findEntry(directory: Buffer, name: string): Entry | undefined {
  for (let at = 0; at + ENTRY_SIZE <= directory.length && directory.readUInt32LE(at) === DIRECTORY_ENTRY;) {
    const nameLength = directory.readUInt16LE(at + 28);
    if (directory.toString('utf8', at + ENTRY_SIZE, at + ENTRY_SIZE + nameLength) === name)
      return {
        method: directory.readUInt16LE(at + 10),
        compressedSize: directory.readUInt32LE(at + 20),
        headerOffset: directory.readUInt32LE(at + 42),
      };
    at += ENTRY_SIZE + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return undefined;
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}
