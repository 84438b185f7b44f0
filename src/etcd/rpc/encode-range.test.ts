import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { wireRange } from './convert.ts';
import { encodeRange } from './encode-range.ts';
import { codec, type WireRangeResult } from './messages.ts';

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const revision = fc.oneof(fc.nat(), fc.maxSafeNat());
const keyValue = fc.record({
  key: bytes.filter(({ length }) => length > 0).map((key) => key.toString('latin1')),
  value: bytes,
  createRevision: revision,
  modRevision: revision,
  version: revision,
  lease: fc.oneof(fc.constant(0n), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)),
});

test('a range encoded by hand reads as what the schema says', () => {
  const { decode, encode } = codec<WireRangeResult>('RangeResponse');
  const headers = codec('ResponseHeader');
  const header = { cluster_id: { low: 1, high: -2 }, member_id: 7, revision: 12, raft_term: 1 };
  const result = fc.record({ kvs: fc.array(keyValue, { maxLength: 5 }), more: fc.boolean(), count: revision });
  fc.assert(
    fc.property(result, (range) => {
      const expected = decode(encode({ header, ...wireRange(range) }));
      expect(JSON.stringify(decode(encodeRange(headers.encode(header), range)))).toEqual(JSON.stringify(expected));
    }),
  );
});
