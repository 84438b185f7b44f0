import protobuf from 'protobufjs';
import { PROTO } from './proto.ts';

/** A 64-bit integer: halves when it comes from the wire; a number or halves when it goes there. */
export type Int64 = number | { low: number; high: number };

export interface Header {
  cluster_id: Int64;
  member_id: Int64;
  revision: Int64;
  raft_term: Int64;
}

export interface WireKeyValue {
  key: Buffer;
  create_revision?: Int64;
  mod_revision?: Int64;
  version?: Int64;
  value?: Buffer;
  lease?: Int64;
}

export interface WireEvent {
  type: number;
  kv: WireKeyValue;
  prev_kv?: WireKeyValue | null;
}

export interface WireRange {
  key: Buffer;
  range_end?: Buffer;
  limit?: Int64;
  revision?: Int64;
  sort_order?: number;
  sort_target?: number;
  serializable?: boolean;
  keys_only?: boolean;
  count_only?: boolean;
  min_mod_revision?: Int64;
  max_mod_revision?: Int64;
  min_create_revision?: Int64;
  max_create_revision?: Int64;
}

export interface WireRangeResult {
  header?: Header;
  kvs: WireKeyValue[];
  more: boolean;
  count: Int64;
}

export interface WirePut {
  key: Buffer;
  value?: Buffer;
  lease?: Int64;
  prev_kv?: boolean;
  ignore_value?: boolean;
  ignore_lease?: boolean;
}

export interface WireDelete {
  key: Buffer;
  range_end?: Buffer;
  prev_kv?: boolean;
}

export interface WireCompare {
  result?: number;
  target?: number;
  key: Buffer;
  version?: Int64;
  create_revision?: Int64;
  mod_revision?: Int64;
  value?: Buffer;
  lease?: Int64;
  range_end?: Buffer;
}

export interface WireOperation {
  request_range?: WireRange | null;
  request_put?: WirePut | null;
  request_delete_range?: WireDelete | null;
  request_txn?: WireTxn | null;
}

export interface WireTxn {
  compare: WireCompare[];
  success: WireOperation[];
  failure: WireOperation[];
}

export interface WireOperationResult {
  response_range?: WireRangeResult | null;
  response_put?: { header?: Header; prev_kv?: WireKeyValue | null } | null;
  response_delete_range?: { header?: Header; deleted: Int64; prev_kvs: WireKeyValue[] } | null;
  response_txn?: WireTxnResult | null;
}

export interface WireTxnResult {
  header?: Header;
  succeeded: boolean;
  responses: WireOperationResult[];
}

export interface WireWatchCreate {
  key: Buffer;
  range_end?: Buffer;
  start_revision?: Int64;
  progress_notify?: boolean;
  filters?: number[];
  prev_kv?: boolean;
  watch_id?: Int64;
  fragment?: boolean;
}

export interface WireWatchRequest {
  create_request?: WireWatchCreate | null;
  cancel_request?: { watch_id: Int64 } | null;
  progress_request?: object | null;
}

export interface WireWatchResponse {
  header: Header;
  watch_id: Int64;
  created?: boolean;
  canceled?: boolean;
  compact_revision?: Int64;
  cancel_reason?: string;
  fragment?: boolean;
  events?: WireEvent[];
}

const root = protobuf.parse(PROTO, { keepCase: true }).root;

/** Bytes to message and back. An absent field has its default; `encode` takes plain objects. */
export interface Codec<T> {
  encode: (message: T) => Buffer;
  decode: (bytes: Buffer) => T;
}

const codecs = new Map<string, unknown>();

/** The codec of a message of `proto.ts`. */
export function codec<T>(name: string): Codec<T> {
  let found = codecs.get(name) as Codec<T> | undefined;
  if (found === undefined) {
    const type = root.lookupType(name);
    found = {
      encode: (message) => type.encode(message as never).finish() as Buffer,
      decode: (bytes) => type.decode(bytes) as unknown as T,
    };
    codecs.set(name, found);
  }
  return found;
}

export function toNumber(value: Int64 | undefined): number {
  return value === undefined ? 0 : typeof value === 'number' ? value : value.high * 0x1_0000_0000 + (value.low >>> 0);
}

export function toBigInt(value: Int64 | undefined): bigint {
  if (value === undefined) return 0n;
  return typeof value === 'number' ? BigInt(value) : (BigInt(value.high) << 32n) | BigInt(value.low >>> 0);
}

/** Small values stay numbers: nearly every lease is 0. */
export function fromBigInt(value: bigint): Int64 {
  if (value === 0n) return 0;
  return { low: Number(value & 0xffffffffn) | 0, high: Number((value >> 32n) & 0xffffffffn) | 0 };
}
