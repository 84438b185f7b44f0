import { leaseProvided, valueProvided } from '../errors.ts';
import { keyFrom, rangeOf, rangeRequest, txnRequest, wireKeyValue, wireTxn } from './convert.ts';
import { header, type ServiceGround } from './identity.ts';
import { encodeRange } from './encode-range.ts';
import {
  codec,
  type Header,
  type Int64,
  toBigInt,
  toNumber,
  type WireDelete,
  type WirePut,
  type WireRange,
  type WireTxn,
} from './messages.ts';
import { type Service, unary } from './method.ts';

const NOTHING = Buffer.alloc(0);
const headers = codec<Header>('ResponseHeader');

export function kvService({ etcd, identity }: ServiceGround): Service {
  return {
    Range: unary((request: WireRange) => {
      const result = etcd.range(rangeRequest(request));
      return encodeRange(headers.encode(header(identity, result.revision)), result);
    }),
    Put: unary(async (request: WirePut) => {
      if (request.ignore_value && request.value?.length) throw valueProvided();
      if (request.ignore_lease && toBigInt(request.lease) !== 0n) throw leaseProvided();
      const { revision, prevKv } = await etcd.put({
        key: keyFrom(request.key),
        value: request.value ?? NOTHING,
        lease: toBigInt(request.lease),
        prevKv: request.prev_kv,
        ignoreValue: request.ignore_value,
        ignoreLease: request.ignore_lease,
      });
      return { header: header(identity, revision), prev_kv: prevKv && wireKeyValue(prevKv) };
    }),
    DeleteRange: unary(async (request: WireDelete) => {
      const result = await etcd.deleteRange({ ...rangeOf(request), prevKv: request.prev_kv });
      return {
        header: header(identity, result.revision),
        deleted: result.deleted,
        prev_kvs: result.prevKvs.map(wireKeyValue),
      };
    }),
    Txn: unary(async (request: WireTxn) => {
      const result = await etcd.txn(txnRequest(request));
      return { header: header(identity, result.revision), ...wireTxn(result) };
    }),
    Compact: unary(async (request: { revision: Int64; physical: boolean }) => {
      await etcd.compact(toNumber(request.revision), { physical: request.physical });
      return { header: header(identity, etcd.revision) };
    }),
  };
}
