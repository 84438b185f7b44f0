import { keyFrom, keyTo, keyValueFrom } from '../rpc/convert.ts';
import {
  fromBigInt,
  toNumber,
  type WireCompare,
  type WireEvent,
  type WireOperation,
  type WireOperationResult,
  type WireRange,
  type WireRangeResult,
  type WireTxn,
  type WireTxnResult,
} from '../rpc/messages.ts';
import type {
  Answer,
  Compare,
  EtcdEvent,
  KeyRange,
  Operation,
  OperationResult,
  RangeRequest,
  RangeResult,
  TxnRequest,
  TxnResult,
} from '../types.ts';

const RESULTS = ['equal', 'greater', 'less', 'not-equal'];
const TARGETS = ['key', 'version', 'create', 'mod', 'value'];
const ORDERS = ['none', 'ascend', 'descend'];
const NOTHING = Buffer.alloc(0);

export function wireRangeOf({ key, rangeEnd }: KeyRange): { key: Buffer; range_end?: Buffer } {
  return rangeEnd === undefined ? { key: keyTo(key) } : { key: keyTo(key), range_end: keyTo(rangeEnd) };
}

export function wireRangeRequest(request: RangeRequest): WireRange {
  return {
    ...wireRangeOf(request),
    limit: request.limit ?? 0,
    revision: request.revision ?? 0,
    sort_order: ORDERS.indexOf(request.sortOrder ?? 'none'),
    sort_target: TARGETS.indexOf(request.sortTarget ?? 'key'),
    keys_only: request.keysOnly ?? false,
    count_only: request.countOnly ?? false,
    min_mod_revision: request.minModRevision ?? 0,
    max_mod_revision: request.maxModRevision ?? 0,
    min_create_revision: request.minCreateRevision ?? 0,
    max_create_revision: request.maxCreateRevision ?? 0,
  };
}

function wireCompare(compare: Compare): WireCompare {
  const wire = { ...wireRangeOf(compare), result: RESULTS.indexOf(compare.result) };
  switch (compare.target) {
    case 'version':
      return { ...wire, target: 0, version: compare.value };
    case 'create':
      return { ...wire, target: 1, create_revision: compare.value };
    case 'mod':
      return { ...wire, target: 2, mod_revision: compare.value };
    case 'value':
      return { ...wire, target: 3, value: compare.value };
    case 'lease':
      return { ...wire, target: 4, lease: fromBigInt(compare.value) };
  }
}

function wireOperation(operation: Operation): WireOperation {
  switch (operation.type) {
    case 'range':
      return { request_range: wireRangeRequest(operation) };
    case 'put':
      return {
        request_put: {
          key: keyTo(operation.key),
          value: operation.value,
          lease: fromBigInt(operation.lease ?? 0n),
          prev_kv: operation.prevKv ?? false,
          ignore_value: operation.ignoreValue ?? false,
          ignore_lease: operation.ignoreLease ?? false,
        },
      };
    case 'delete':
      return { request_delete_range: { ...wireRangeOf(operation), prev_kv: operation.prevKv ?? false } };
    case 'txn':
      return { request_txn: wireTxnRequest(operation) };
  }
}

export function wireTxnRequest(request: TxnRequest): WireTxn {
  return {
    compare: request.compare.map(wireCompare),
    success: request.success.map(wireOperation),
    failure: request.failure.map(wireOperation),
  };
}

export function rangeResult(wire: WireRangeResult): Answer<RangeResult> {
  return {
    kvs: wire.kvs.map(keyValueFrom),
    more: wire.more,
    count: toNumber(wire.count),
    revision: toNumber(wire.header?.revision),
  };
}

function operationResult(wire: WireOperationResult): OperationResult {
  if (wire.response_put) {
    const prev = wire.response_put.prev_kv;
    return { type: 'put', prevKv: prev ? keyValueFrom(prev) : undefined };
  }
  if (wire.response_delete_range) {
    const { deleted, prev_kvs: prevKvs } = wire.response_delete_range;
    return { type: 'delete', deleted: toNumber(deleted), prevKvs: prevKvs.map(keyValueFrom) };
  }
  if (wire.response_txn) return { type: 'txn', ...txnResult(wire.response_txn) };
  const range = wire.response_range ?? { kvs: [], more: false, count: 0 };
  return { type: 'range', ...rangeResult(range) };
}

export function txnResult(wire: WireTxnResult): Answer<TxnResult> {
  return {
    succeeded: wire.succeeded,
    responses: wire.responses.map(operationResult),
    revision: toNumber(wire.header?.revision),
  };
}

export function eventFrom(wire: WireEvent): EtcdEvent {
  const kv = keyValueFrom(wire.kv);
  const put = wire.type === 0;
  return {
    ...kv,
    key: keyFrom(wire.kv.key),
    type: put ? 'put' : 'delete',
    value: put ? kv.value : NOTHING,
    previous: wire.prev_kv ? keyValueFrom(wire.prev_kv) : undefined,
  };
}
