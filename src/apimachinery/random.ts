import { randomInt } from 'node:crypto';

/** No vowels and no digits that look like letters: no word can come out by chance. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const SUFFIX_LENGTH = 5;
const MAX_BASE_LENGTH = 63 - SUFFIX_LENGTH;

/** Characters that make generated names differ. */
export function randomSuffix(length: number = SUFFIX_LENGTH): string {
  let text = '';
  for (let index = 0; index < length; index++) text += ALPHABET[randomInt(ALPHABET.length)];
  return text;
}

/** A name for an object with `generateName`: the base, cut to 58 characters, and five random ones. */
export function generateName(base: string): string {
  return base.slice(0, MAX_BASE_LENGTH) + randomSuffix();
}

/** Maps each byte of a text to the alphabet of generated names: how hashes become part of names. */
export function safeEncode(text: string): string {
  let encoded = '';
  for (const byte of Buffer.from(text)) encoded += ALPHABET[byte % ALPHABET.length];
  return encoded;
}
