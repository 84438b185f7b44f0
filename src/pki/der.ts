/** ASN.1's Distinguished Encoding Rules, as far as certificates and certificate requests use them. */

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** One value: tag, length, content. */
export function encode(tag: number, content: Uint8Array | readonly Uint8Array[]): Buffer {
  const body = content instanceof Uint8Array ? content : Buffer.concat(content);
  return Buffer.concat([Buffer.from([tag, ...lengthBytes(body.length)]), body]);
}

function lengthBytes(length: number): number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff);
  return [0x80 | bytes.length, ...bytes];
}

export const sequence = (...items: Uint8Array[]): Buffer => encode(TAG.sequence, items);
export const set = (...items: Uint8Array[]): Buffer => encode(TAG.set, items);
export const octetString = (content: Uint8Array): Buffer => encode(TAG.octetString, content);
export const boolean = (value: boolean): Buffer => encode(TAG.boolean, Buffer.from([value ? 0xff : 0]));
export const nothing = (): Buffer => encode(TAG.null, []);
/** `[n]` around other values. */
export const explicit = (n: number, ...items: Uint8Array[]): Buffer => encode(0xa0 | n, items);
/** `[n]` in place of a primitive value's own tag. */
export const implicit = (n: number, content: Uint8Array): Buffer => encode(0x80 | n, content);

/** A number that is not negative, given as big-endian bytes. */
export function unsigned(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const trimmed = bytes.subarray(start);
  return encode(TAG.integer, (trimmed[0] ?? 0) >= 0x80 ? [Buffer.from([0]), trimmed] : trimmed);
}

export function bitString(content: Uint8Array, unusedBits = 0): Buffer {
  return encode(TAG.bitString, [Buffer.from([unusedBits]), content]);
}

/** Bit 0 is the first, as in KeyUsage; trailing zero bits are left out, as the rules for named bits say. */
export function namedBits(bits: readonly number[]): Buffer {
  const highest = Math.max(-1, ...bits);
  const bytes = Buffer.alloc(Math.floor(highest / 8) + 1);
  for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  return bitString(bytes, highest < 0 ? 0 : 7 - (highest & 7));
}

/** `2.5.4.3` and the like. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return encode(TAG.oid, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes.unshift((rest & 0x7f) | 0x80);
  return bytes;
}

/** PrintableString where the text allows it, else UTF8String. */
export function text(value: string): Buffer {
  const printable = /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(value);
  return encode(printable ? TAG.printableString : TAG.utf8String, Buffer.from(value, 'utf8'));
}

/** UTCTime up to 2049, GeneralizedTime from then on, as RFC 5280 wants; whole seconds. */
export function time(date: Date): Buffer {
  const digits = `${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;
  return date.getUTCFullYear() < 2050
    ? encode(TAG.utcTime, Buffer.from(digits.slice(2)))
    : encode(TAG.generalizedTime, Buffer.from(digits));
}

/** A value that was read. `raw` is all of it, `content` what follows tag and length. */
export interface DerNode {
  tag: number;
  raw: Buffer;
  content: Buffer;
}

/** Reads the value at the start of `bytes`. Throws on truncated or indefinite-length input. */
export function decode(bytes: Buffer): DerNode {
  const tag = bytes[0];
  const first = bytes[1];
  if (tag === undefined || first === undefined) throw new Error('truncated DER value');
  const lengthSize = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || lengthSize > 4 || bytes.length < 2 + lengthSize) throw new Error('malformed DER length');
  const length = lengthSize === 0 ? first : bytes.readUIntBE(2, lengthSize);
  const start = 2 + lengthSize;
  if (bytes.length < start + length) throw new Error('truncated DER value');
  return { tag, raw: bytes.subarray(0, start + length), content: bytes.subarray(start, start + length) };
}

/** The values inside a constructed one. */
export function children(node: DerNode): DerNode[] {
  const nodes: DerNode[] = [];
  for (let rest = node.content; rest.length > 0;) {
    const next = decode(rest);
    nodes.push(next);
    rest = rest.subarray(next.raw.length);
  }
  return nodes;
}

/** An object identifier in dotted form. */
export function decodeOid(node: DerNode): string {
  const first = node.content[0] ?? 0;
  const parts = first < 80 ? [Math.floor(first / 40), first % 40] : [2, first - 80];
  let value = 0;
  for (const byte of node.content.subarray(1)) {
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      parts.push(value);
      value = 0;
    }
  }
  return parts.join('.');
}

/** The numbers of the bits that are set in a BIT STRING of named bits. */
export function decodeNamedBits(node: DerNode): number[] {
  const bits: number[] = [];
  const bytes = node.content.subarray(1);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    if (((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0) bits.push(bit);
  }
  return bits;
}
