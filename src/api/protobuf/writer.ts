/**
 * Builds a message from its end to its start, so that the length of what is nested is known when its prefix is written.
 * One writer is used again and again; `finish` copies the result out of it.
 */
export class Writer {
  /** Everything from here on is written. */
  #at: number;
  #buffer: Buffer;

  constructor(size = 16 * 1024) {
    this.#buffer = Buffer.allocUnsafe(size);
    this.#at = size;
  }

  /** The bytes written since the last call. */
  finish(): Buffer {
    const result = Buffer.from(this.#buffer.subarray(this.#at));
    if (this.#buffer.length > 1024 * 1024) this.#buffer = Buffer.allocUnsafe(16 * 1024);
    this.#at = this.#buffer.length;
    return result;
  }

  /** Drops what has been written. */
  reset(): void {
    this.#at = this.#buffer.length;
  }

  #reserve(length: number): void {
    if (this.#at >= length) return;
    const used = this.#buffer.length - this.#at;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, used + length));
    this.#buffer.copy(larger, larger.length - used, this.#at);
    this.#buffer = larger;
    this.#at = larger.length - used;
  }

  /** A whole number below 2^53, at least 0. */
  varint(value: number): void {
    if (value < 0x80) {
      this.#reserve(1);
      this.#buffer[--this.#at] = value;
      return;
    }
    let size = 1;
    for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
    this.#reserve(size);
    this.#at -= size;
    let rest = value;
    for (let i = 0; i < size - 1; i++) {
      this.#buffer[this.#at + i] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#buffer[this.#at + size - 1] = rest;
  }

  /** `tag` is field number and wire type; an int32 or int64, negative ones as ten bytes. */
  integer(tag: number, value: number): void {
    if (value >= 0 && value <= Number.MAX_SAFE_INTEGER) this.varint(value);
    else this.#bigVarint(BigInt.asUintN(64, BigInt(value)));
    this.varint(tag);
  }

  #bigVarint(value: bigint): void {
    const bytes: number[] = [];
    let rest = value;
    for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
    bytes.push(Number(rest));
    this.#reserve(bytes.length);
    this.#at -= bytes.length;
    this.#buffer.set(bytes, this.#at);
  }

  bool(tag: number, value: boolean): void {
    this.varint(value ? 1 : 0);
    this.varint(tag);
  }

  double(tag: number, value: number): void {
    this.#reserve(8);
    this.#at -= 8;
    this.#buffer.writeDoubleLE(value, this.#at);
    this.varint(tag);
  }

  string(tag: number, value: string): void {
    const length = value.length;
    if (length < 24) this.#shortString(value, length);
    else this.#longString(value);
    this.varint(tag);
  }

  /** Byte by byte, which beats a call into the runtime; falls back where a character is not ASCII. */
  #shortString(value: string, length: number): void {
    this.#reserve(length);
    const start = this.#at - length;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code >= 0x80) return this.#longString(value);
      this.#buffer[start + i] = code;
    }
    this.#at = start;
    this.varint(length);
  }

  #longString(value: string): void {
    const length = Buffer.byteLength(value);
    this.#reserve(length);
    this.#at -= length;
    this.#buffer.write(value, this.#at, length, 'utf8');
    this.varint(length);
  }

  bytes(tag: number, value: Uint8Array): void {
    this.raw(value);
    this.varint(value.length);
    this.varint(tag);
  }

  /** Bytes without tag and length. */
  raw(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#at -= value.length;
    this.#buffer.set(value, this.#at);
  }

  base64(tag: number, value: string): void {
    this.bytes(tag, Buffer.from(value, 'base64'));
  }

  /** The position as a distance from the end of the buffer, which stays true when the buffer grows. */
  mark(): number {
    return this.#buffer.length - this.#at;
  }

  /** Ends a nested message: what was written since `mark` gets its length and tag. */
  close(tag: number, mark: number): void {
    this.varint(this.#buffer.length - this.#at - mark);
    this.varint(tag);
  }
}
