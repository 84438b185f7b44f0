import type {
  Answer,
  Compare,
  CompareResult,
  EtcdEvent,
  KeyRange,
  KeyValue,
  Operation,
  OperationResult,
  RangeRequest,
  RangeResult,
  SortTarget,
  TxnRequest,
  TxnResult,
} from '../types.ts';
import {
  fromBigInt,
  toBigInt,
  toNumber,
  type WireCompare,
  type WireEvent,
  type WireKeyValue,
  type WireOperation,
  type WireOperationResult,
  type WireRange,
  type WireRangeResult,
  type WireTxn,
  type WireTxnResult,
} from './messages.ts';
import { invalidSortOption } from '../errors.ts';

const NOTHING = Buffer.alloc(0);
const RESULTS: CompareResult[] = ['equal', 'greater', 'less', 'not-equal'];
const TARGETS: SortTarget[] = ['key', 'version', 'create', 'mod', 'value'];
const ORDERS = ['none', 'ascend', 'descend'] as const;

export const keyFrom = (bytes: Buffer | undefined): string => (bytes === undefined ? '' : bytes.toString('latin1'));
export const keyTo = (key: string): Buffer => Buffer.from(key, 'latin1');

export function rangeOf(wire: { key: Buffer; range_end?: Buffer }): KeyRange {
  const end = keyFrom(wire.range_end);
  return end === '' ? { key: keyFrom(wire.key) } : { key: keyFrom(wire.key), rangeEnd: end };
}

export function rangeRequest(wire: WireRange): RangeRequest {
  const sortTarget = TARGETS[wire.sort_target ?? 0];
  let sortOrder = ORDERS[wire.sort_order ?? 0];
  if (sortTarget === undefined || sortOrder === undefined) throw invalidSortOption();
  // Without an order, what is sorted by something other than the key comes ascending.
  if (sortOrder === 'none' && sortTarget !== 'key') sortOrder = 'ascend';
  return {
    ...rangeOf(wire),
    limit: toNumber(wire.limit),
    revision: toNumber(wire.revision),
    sortOrder,
    sortTarget: sortOrder === 'none' ? 'key' : sortTarget,
    keysOnly: wire.keys_only,
    countOnly: wire.count_only,
    minModRevision: toNumber(wire.min_mod_revision),
    maxModRevision: toNumber(wire.max_mod_revision),
    minCreateRevision: toNumber(wire.min_create_revision),
    maxCreateRevision: toNumber(wire.max_create_revision),
  };
}

export function wireKeyValue(kv: KeyValue): WireKeyValue {
  return {
    key: keyTo(kv.key),
    create_revision: kv.createRevision,
    mod_revision: kv.modRevision,
    version: kv.version,
    value: kv.value,
    lease: fromBigInt(kv.lease),
  };
}

export function keyValueFrom(wire: WireKeyValue): KeyValue {
  return {
    key: keyFrom(wire.key),
    value: wire.value ?? NOTHING,
    createRevision: toNumber(wire.create_revision),
    modRevision: toNumber(wire.mod_revision),
    version: toNumber(wire.version),
    lease: toBigInt(wire.lease),
  };
}

export function wireRange(result: RangeResult): Omit<WireRangeResult, 'header'> {
  return { kvs: result.kvs.map(wireKeyValue), more: result.more, count: result.count };
}

export function wireEvent(event: EtcdEvent, withPrevious: boolean): WireEvent {
  const prev = withPrevious ? event.previous : undefined;
  const kv = event.type === 'put' ? wireKeyValue(event) : { key: keyTo(event.key), mod_revision: event.modRevision };
  return { type: event.type === 'put' ? 0 : 1, kv, prev_kv: prev && wireKeyValue(prev) };
}

function compareFrom(wire: WireCompare): Compare {
  const at = { ...rangeOf(wire), result: RESULTS[wire.result ?? 0] as CompareResult };
  switch (wire.target) {
    case 1:
      return { ...at, target: 'create', value: toNumber(wire.create_revision) };
    case 2:
      return { ...at, target: 'mod', value: toNumber(wire.mod_revision) };
    case 3:
      return { ...at, target: 'value', value: wire.value ?? NOTHING };
    case 4:
      return { ...at, target: 'lease', value: toBigInt(wire.lease) };
    default:
      return { ...at, target: 'version', value: toNumber(wire.version) };
  }
}

function operationFrom(wire: WireOperation): Operation | undefined {
  if (wire.request_put) {
    const put = wire.request_put;
    return {
      type: 'put',
      key: keyFrom(put.key),
      value: put.value ?? NOTHING,
      lease: toBigInt(put.lease),
      prevKv: put.prev_kv,
      ignoreValue: put.ignore_value,
      ignoreLease: put.ignore_lease,
    };
  }
  if (wire.request_range) return { type: 'range', ...rangeRequest(wire.request_range) };
  if (wire.request_delete_range) {
    return { type: 'delete', ...rangeOf(wire.request_delete_range), prevKv: wire.request_delete_range.prev_kv };
  }
  return wire.request_txn ? { type: 'txn', ...txnRequest(wire.request_txn) } : undefined;
}

export function txnRequest(wire: WireTxn): TxnRequest {
  const operations = (list: readonly WireOperation[]) => list.map(operationFrom).filter((op) => op !== undefined);
  return {
    compare: wire.compare.map(compareFrom),
    success: operations(wire.success),
    failure: operations(wire.failure),
  };
}

function wireResult(result: OperationResult, revision: number): WireOperationResult {
  const header = { cluster_id: 0, member_id: 0, revision, raft_term: 0 };
  switch (result.type) {
    case 'range':
      return { response_range: { header, ...wireRange(result) } };
    case 'put':
      return { response_put: { header, prev_kv: result.prevKv && wireKeyValue(result.prevKv) } };
    case 'delete':
      return {
        response_delete_range: { header, deleted: result.deleted, prev_kvs: result.prevKvs.map(wireKeyValue) },
      };
    case 'txn':
      return { response_txn: { header, ...wireTxn({ ...result, revision }) } };
  }
}

export function wireTxn(result: Answer<TxnResult>): Omit<WireTxnResult, 'header'> {
  return {
    succeeded: result.succeeded,
    responses: result.responses.map((response) => wireResult(response, result.revision)),
  };
}
