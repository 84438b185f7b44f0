import { expect, test } from 'vitest';
import { parseJsonLines } from './index.ts';

async function* chunksOf(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const LINES = [{ text: 'größer 🚀 日本語' }, { n: 1 }, { long: 'x'.repeat(500) }];
const BYTES = Buffer.from(LINES.map((line) => JSON.stringify(line)).join('\n') + '\n');

test.each([1, 2, 3, 7, 64, 10_000])('lines come out whole from chunks of %i bytes', async (size) => {
  expect(await Array.fromAsync(parseJsonLines(chunksOf(BYTES, size)))).toEqual(LINES);
});

test('a last line without a newline counts', async () => {
  expect(await Array.fromAsync(parseJsonLines(chunksOf(Buffer.from('{"a":1}\n{"a":2}'), 4)))).toEqual([{ a: 1 }, { a: 2 }]);
});

test('a line that is not JSON throws', async () => {
  await expect(Array.fromAsync(parseJsonLines(chunksOf(Buffer.from('{"a"\n'), 4)))).rejects.toThrow(SyntaxError);
});
