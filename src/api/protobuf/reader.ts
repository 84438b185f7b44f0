/** Thrown for bytes that are no message; the texts are those of upstream's decoders. */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError';
}

/** Reads a message from its start. */
export class Reader {
  at: number;
  readonly end: number;
  readonly #buffer: Buffer;

  constructor(buffer: Buffer, at = 0, end = buffer.length) {
    this.#buffer = buffer;
    this.at = at;
    this.end = end;
  }

  /** A tag or length: below 2^32. */
  uint32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new ProtobufError('proto: integer overflow');
  }

  #byte(): number {
    const byte = this.#buffer[this.at++];
    if (byte === undefined || this.at > this.end) throw new ProtobufError('unexpected EOF');
    return byte;
  }

  /** A signed number of up to 64 bits; digits beyond 2^53 are lost. */
  int64(): number {
    let low = 0;
    let high = 0;
    for (let index = 0; index < 10; index++) {
      const byte = this.#byte();
      if (index < 4) low += (byte & 0x7f) * 2 ** (7 * index);
      else high += (byte & 0x7f) * 2 ** (7 * (index - 4));
      if (byte < 0x80) return index < 9 ? low + high * 2 ** 28 : Number(BigInt.asIntN(64, BigInt(high) * 2n ** 28n + BigInt(low)));
    }
    throw new ProtobufError('proto: integer overflow');
  }

  int32(): number {
    return this.int64() | 0;
  }

  bool(): boolean {
    return this.int64() !== 0;
  }

  double(): number {
    const at = this.#skip(8);
    return this.#buffer.readDoubleLE(at);
  }

  string(): string {
    const length = this.uint32();
    const at = this.#skip(length);
    return length < 16 ? this.#shortString(at, length) : this.#buffer.toString('utf8', at, at + length);
  }

  #shortString(at: number, length: number): string {
    let text = '';
    for (let i = at; i < at + length; i++) {
      const code = this.#buffer[i] ?? 0;
      if (code >= 0x80) return this.#buffer.toString('utf8', at, at + length);
      text += String.fromCharCode(code);
    }
    return text;
  }

  bytes(): Buffer {
    const length = this.uint32();
    const at = this.#skip(length);
    return this.#buffer.subarray(at, at + length);
  }

  base64(): string {
    return this.bytes().toString('base64');
  }

  /** Another reader for the message that starts here; this one goes on behind it. */
  message(): Reader {
    const length = this.uint32();
    const at = this.#skip(length);
    return new Reader(this.#buffer, at, at + length);
  }

  /** Steps over a value of a field that nobody knows. */
  skipField(tag: number): void {
    const wireType = tag & 7;
    if (wireType === 0) this.int64();
    else if (wireType === 1) this.#skip(8);
    else if (wireType === 2) this.#skip(this.uint32());
    else if (wireType === 5) this.#skip(4);
    else throw new ProtobufError(`proto: illegal wireType ${wireType}`);
  }

  /** Answers with where it was. */
  #skip(length: number): number {
    const at = this.at;
    if (at + length > this.end) throw new ProtobufError('unexpected EOF');
    this.at = at + length;
    return at;
  }
}
