import { timingSafeEqual } from 'node:crypto';

/** NaCl's secretbox: XSalsa20 to encrypt, Poly1305 to authenticate. Neither is in Node's crypto. */

const TAG = 16;
export const SECRETBOX_NONCE = 24;
const BLOCK = 64;
/** `expand 32-byte k` as four little-endian words. */
const SIGMA = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const;
/** Which words one quarter round of a column or of a row works on. */
const ROUNDS: readonly (readonly [number, number, number, number])[] = [
  [0, 4, 8, 12],
  [5, 9, 13, 1],
  [10, 14, 2, 6],
  [15, 3, 7, 11],
  [0, 1, 2, 3],
  [5, 6, 7, 4],
  [10, 11, 8, 9],
  [15, 12, 13, 14],
];

const rotate = (word: number, bits: number) => (word << bits) | (word >>> (32 - bits));

/** Key words, then what stands in the middle: nonce and counter, or the nonce's first half. */
function initialState(key: Uint32Array, input: Uint32Array): Uint32Array {
  const state = new Uint32Array(16);
  for (let i = 0; i < 4; i++) {
    state[i * 5] = SIGMA[i] as number;
    state[1 + i] = key[i] as number;
    state[6 + i] = input[i] as number;
    state[11 + i] = key[4 + i] as number;
  }
  return state;
}

function twentyRounds(start: Uint32Array): Uint32Array {
  const x = start.slice();
  const at = (index: number) => x[index] as number;
  for (let round = 0; round < 10; round++) {
    for (const [a, b, c, d] of ROUNDS) {
      x[b] = at(b) ^ rotate((at(a) + at(d)) | 0, 7);
      x[c] = at(c) ^ rotate((at(b) + at(a)) | 0, 9);
      x[d] = at(d) ^ rotate((at(c) + at(b)) | 0, 13);
      x[a] = at(a) ^ rotate((at(d) + at(c)) | 0, 18);
    }
  }
  return x;
}

function words(bytes: Buffer): Uint32Array {
  return Uint32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32LE(i * 4));
}

/** The key for the second half of the nonce, made of the key and its first half. */
function hsalsa20(key: Uint32Array, nonce: Uint32Array): Uint32Array {
  const x = twentyRounds(initialState(key, nonce));
  return Uint32Array.from([0, 5, 10, 15, 6, 7, 8, 9], (index) => x[index] as number);
}

/** `length` bytes of the stream. */
function keyStream(key: Buffer, nonce: Buffer, length: number): Buffer {
  const subkey = hsalsa20(words(key), words(nonce.subarray(0, 16)));
  const input = new Uint32Array([...words(nonce.subarray(16)), 0, 0]);
  const stream = Buffer.alloc(Math.ceil(length / BLOCK) * BLOCK);
  for (let at = 0; at < length; at += BLOCK) {
    input[2] = at / BLOCK;
    const start = initialState(subkey, input);
    const mixed = twentyRounds(start);
    for (let i = 0; i < 16; i++) stream.writeUInt32LE(((mixed[i] as number) + (start[i] as number)) >>> 0, at + i * 4);
  }
  return stream.subarray(0, length);
}

const PRIME = (1n << 130n) - 5n;

function littleEndian(bytes: Buffer): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex') || '0'}`);
}

function poly1305(key: Buffer, message: Buffer): Buffer {
  const r = littleEndian(key.subarray(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  let sum = 0n;
  for (let at = 0; at < message.length; at += 16) {
    const block = message.subarray(at, at + 16);
    sum = ((sum + littleEndian(block) + (1n << BigInt(8 * block.length))) * r) % PRIME;
  }
  const tag = BigInt.asUintN(128, sum + littleEndian(key.subarray(16)));
  return Buffer.from(tag.toString(16).padStart(32, '0'), 'hex').reverse();
}

/** Both ways: the first 32 bytes of the stream are the authenticator's key. */
function xor(message: Buffer, stream: Buffer): Buffer {
  const out = Buffer.alloc(message.length);
  for (let i = 0; i < message.length; i++) out[i] = (message[i] as number) ^ (stream[32 + i] as number);
  return out;
}

/** The tag and the encrypted message. `key` has 32 bytes, `nonce` 24 that are never used again. */
export function sealSecretbox(message: Buffer, nonce: Buffer, key: Buffer): Buffer {
  const stream = keyStream(key, nonce, 32 + message.length);
  const sealed = xor(message, stream);
  return Buffer.concat([poly1305(stream.subarray(0, 32), sealed), sealed]);
}

/** The message; undefined when it was not sealed with this key and nonce. */
export function openSecretbox(box: Buffer, nonce: Buffer, key: Buffer): Buffer | undefined {
  if (box.length < TAG) return undefined;
  const sealed = box.subarray(TAG);
  const stream = keyStream(key, nonce, 32 + sealed.length);
  if (!timingSafeEqual(poly1305(stream.subarray(0, 32), sealed), box.subarray(0, TAG))) return undefined;
  return xor(sealed, stream);
}
