import type { Key, KeyRange } from './types.ts';

/** The end of a range that has none. */
export const NO_END = '\0';

const NOT_ASCII = /[^\0-\x7f]/;

/** The byte string of a text (its UTF-8 bytes). */
export function keyOf(text: string): Key {
  return NOT_ASCII.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}

/** The text of a byte string that holds UTF-8. */
export function textOf(key: Key): string {
  return NOT_ASCII.test(key) ? Buffer.from(key, 'latin1').toString('utf8') : key;
}

/** The smallest key that is greater than all keys with this prefix, or NO_END. */
export function prefixEnd(prefix: Key): Key {
  for (let last = prefix.length - 1; last >= 0; last--) {
    const byte = prefix.charCodeAt(last);
    if (byte < 0xff) return prefix.slice(0, last) + String.fromCharCode(byte + 1);
  }
  return NO_END;
}

/** The range of all keys with this prefix. */
export function prefixRange(prefix: Key): KeyRange {
  return prefix === '' ? { key: '\0', rangeEnd: NO_END } : { key: prefix, rangeEnd: prefixEnd(prefix) };
}

export function contains(range: KeyRange, key: Key): boolean {
  if (range.rangeEnd === undefined) return key === range.key;
  return key >= range.key && (range.rangeEnd === NO_END || key < range.rangeEnd);
}
