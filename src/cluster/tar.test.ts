import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { readTar, writeTar, type TarEntry } from './tar.ts';

async function* parts(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}

async function* files(): AsyncGenerator<TarEntry> {
  yield { name: 'empty', size: 0, mode: 0o644, body: parts() };
  yield { name: 'folder/of-a-block', size: 512, mode: 0o600, body: parts('a'.repeat(512)) };
  yield { name: 'folder/in-parts', size: 700, mode: 0o600, body: parts('b'.repeat(300), 'c'.repeat(400)) };
}

const archive = async (entries = files()) => Buffer.concat(await Array.fromAsync(writeTar(entries, new Date(0))));

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

test('gives back what was written, however the bytes arrive, and whether or not a body is read', async () => {
  const bytes = await archive();
  for (const size of [1, 511, 513, 10_000]) {
    const seen: string[] = [];
    for await (const { name, size: length, mode, body } of readTar(inPieces(bytes, size))) {
      const text = name === 'folder/of-a-block' ? '' : Buffer.concat(await Array.fromAsync(body)).toString();
      seen.push(`${name} ${length} ${mode.toString(8)} ${text.length}`);
    }
    expect(seen).toEqual(['empty 0 644 0', 'folder/of-a-block 512 600 0', 'folder/in-parts 700 600 700']);
  }
});

test('tar itself reads it', async () => {
  expect(execFileSync('tar', ['-t'], { input: await archive() }).toString()).toBe('empty\nfolder/of-a-block\nfolder/in-parts\n');
});

test('says when it is cut off or damaged', async () => {
  const bytes = await archive();
  const read = (from: Buffer) => Array.fromAsync(readTar(inPieces(from, 1000)));
  await expect(read(bytes.subarray(0, -1024))).rejects.toThrow('cut off');
  bytes[3] = 0x41;
  await expect(read(bytes)).rejects.toThrow('does not add up');
});

test('refuses a body of another size than its entry says', async () => {
  async function* wrong(): AsyncGenerator<TarEntry> {
    yield { name: 'a', size: 5, mode: 0o600, body: parts('four') };
  }
  await expect(archive(wrong())).rejects.toThrow('a should have 5 bytes, and has 4');
});
