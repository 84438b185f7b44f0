import { describe, expect, it } from 'vitest';
import { bitString, children, decode, decodeNamedBits, decodeOid, namedBits, oid, sequence, text, time, unsigned } from './der.ts';

const hex = (bytes: Buffer): string => bytes.toString('hex');

describe('DER', () => {
  it.each([
    ['an OID of RSA', oid('1.2.840.113549.1.1.11'), '06092a864886f70d01010b'],
    ['a positive number with its highest bit set', unsigned(Buffer.from([0x80])), '02020080'],
    ['a number without leading zeros', unsigned(Buffer.from([0, 0, 5])), '020105'],
    ['KeyUsage: digital signature and key encipherment', namedBits([0, 2]), '030205a0'],
    ['KeyUsage: decipher only, in the second byte', namedBits([8]), '0303070080'],
    ['an empty sequence', sequence(), '3000'],
    ['a printable text', text('kubernetes'), '130a6b756265726e65746573'],
    ['a text with an underscore as UTF-8', text('a_b'), '0c03615f62'],
    ['a time before 2050', time(new Date('2026-01-02T03:04:05Z')), '170d3236303130323033303430355a'],
    ['a time after 2050', time(new Date('2050-01-02T03:04:05Z')), '180f32303530303130323033303430355a'],
    ['a length over 127', bitString(Buffer.alloc(199)).subarray(0, 3), '0381c8'],
  ])('writes %s', (_, der, expected) => {
    expect(hex(der)).toBe(expected);
  });

  it('reads what it wrote', () => {
    const node = decode(sequence(oid('2.16.840.1.113730.4.1'), namedBits([0, 5, 6])));
    const [id, bits] = children(node);
    expect(id && decodeOid(id)).toBe('2.16.840.1.113730.4.1');
    expect(bits && decodeNamedBits(bits)).toEqual([0, 5, 6]);
  });

  it.each(['', '30', '3005', '3080', '30850000000000'])('refuses the malformed value %j', (bytes) => {
    expect(() => decode(Buffer.from(bytes, 'hex'))).toThrow(/DER/);
  });
});
