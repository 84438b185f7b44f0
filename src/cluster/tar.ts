const BLOCK = 512;
const ZEROES = Buffer.alloc(2 * BLOCK);

/** A file in an archive. */
export interface TarEntry {
  name: string;
  size: number;
  mode: number;
  body: AsyncIterable<Buffer>;
}

/** An archive (ustar) of these files. Throws when a body does not have the size that its entry says. */
export async function* writeTar(entries: AsyncIterable<TarEntry>, time: Date): AsyncGenerator<Buffer> {
  for await (const { name, size, mode, body } of entries) {
    yield header(name, size, mode, time);
    let left = size;
    for await (const bytes of body) {
      left -= bytes.length;
      yield bytes;
    }
    if (left !== 0) throw new Error(`${name} should have ${size} bytes, and has ${size - left}`);
    yield ZEROES.subarray(0, padding(size));
  }
  yield ZEROES;
}

const padding = (size: number) => (BLOCK - (size % BLOCK)) % BLOCK;

function header(name: string, size: number, mode: number, time: Date): Buffer {
  if (Buffer.byteLength(name) > 100) throw new Error(`${name} is too long a name for an archive`);
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, width: number) => block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, 'latin1');
  block.write(name, 0);
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(Math.floor(time.getTime() / 1000), 136, 12);
  block.write('0', 156);
  block.write('ustar\u000000', 257, 'latin1');
  octal(checksum(block), 148, 7);
  block[155] = 0x20;
  return block;
}

/** The sum of the header's bytes, with its own field taken as spaces. */
function checksum(block: Buffer): number {
  let sum = 8 * 0x20;
  for (let at = 0; at < BLOCK; at++) if (at < 148 || at >= 156) sum += block[at] as number;
  return sum;
}

/** An archive's files, in order. A body that is not read is skipped. Throws when the archive is cut off or damaged. */
export async function* readTar(source: AsyncIterable<Buffer>): AsyncGenerator<TarEntry> {
  const bytes = new ByteReader(source);
  for (;;) {
    const block = await bytes.exactly(BLOCK);
    if (block.every((byte) => byte === 0)) return;
    const field = (at: number, width: number) =>
      block
        .toString('utf8', at, at + width)
        .replace(/\0.*$/s, '')
        .trim();
    if (Number.parseInt(field(148, 8), 8) !== checksum(block)) throw new Error('the archive is damaged: a header does not add up');
    const size = Number.parseInt(field(124, 12), 8);
    const body = bytes.take(size);
    yield { name: field(0, 100), size, mode: Number.parseInt(field(100, 8), 8), body };
    for await (const _ of body);
    await bytes.exactly(padding(size));
  }
}

class ByteReader {
  readonly #source: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async exactly(size: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const part of this.take(size)) parts.push(part);
    return Buffer.concat(parts);
  }

  async *take(size: number): AsyncGenerator<Buffer> {
    for (let left = size; left > 0;) {
      if (this.#rest.length === 0) {
        const { done, value } = await this.#source.next();
        if (done === true) throw new Error('the archive is cut off');
        this.#rest = value;
        continue;
      }
      const part = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(part.length);
      left -= part.length;
      yield part;
    }
  }
}
