import { type Header, type Int64, toBigInt, toNumber, type WireRangeResult, type WireTxnResult } from '../rpc/messages.ts';
import type { Answer, KeyRange, RangeRequest, RangeResult, TxnRequest, TxnResult } from '../types.ts';
import { rangeResult, txnResult, wireRangeRequest, wireTxnRequest } from './convert.ts';
import { type EndpointOptions, Endpoints, etcdError } from './endpoints.ts';
import { type RemoteWatchHandlers, WatchStream } from './watch-stream.ts';

export type { EndpointOptions, RemoteWatchHandlers };

/** A real etcd cluster, or this store, over gRPC. Everything rejects with EtcdError. */
export interface EtcdClient {
  range(request: RangeRequest): Promise<Answer<RangeResult>>;
  txn(request: TxnRequest): Promise<Answer<TxnResult>>;
  /** Seconds. */
  grantLease(ttl: number): Promise<bigint>;
  compact(revision: number): Promise<void>;
  status(): Promise<{ version: string; dbSize: number; revision: number }>;
  /** The whole store of one member, as `etcdctl snapshot save` would write it. `remaining`: bytes still to come. */
  snapshot(): AsyncIterable<{ bytes: Buffer; remaining: number }>;
  /** Goes on over broken connections. Resolves when `signal` aborts or the client is closed; rejects with CompactedError. */
  watch(range: KeyRange, after: number, handlers: RemoteWatchHandlers, signal: AbortSignal): Promise<void>;
  /** Asks for the progress of all watches. Before etcd 3.4.25 and 3.5.8 the answer may overtake events. */
  requestProgress(): void;
  close(): void;
}

/** See `connectEtcd`. */
export function connect(options: EndpointOptions): EtcdClient {
  const endpoints = new Endpoints(options);
  const watches = new WatchStream(endpoints);
  return {
    range: async (request) => rangeResult(await endpoints.call<WireRangeResult>(RANGE, wireRangeRequest(request))),
    txn: async (request) => txnResult(await endpoints.call<WireTxnResult>(TXN, wireTxnRequest(request))),
    grantLease: async (ttl) => toBigInt((await endpoints.call<{ ID: Int64 }>(GRANT, { TTL: ttl, ID: 0 })).ID),
    compact: (revision) => endpoints.call<void>(COMPACT, { revision, physical: false }),
    status: async () => statusOf(await endpoints.call<WireStatus>(STATUS, {})),
    snapshot: () => snapshot(endpoints),
    watch: (range, after, handlers, signal) => watches.watch(range, after, handlers, signal),
    requestProgress: () => watches.requestProgress(),
    close: () => {
      watches.close();
      endpoints.close();
    },
  };
}

const PAGE_BYTES = 512;
const HASH_BYTES = 32;

async function* snapshot(endpoints: Endpoints): AsyncGenerator<{ bytes: Buffer; remaining: number }> {
  // Whether it works is asked of all endpoints first: a stream goes to the one that answered.
  await endpoints.call(STATUS, {});
  const stream = endpoints.download<{ blob: Buffer; remaining_bytes: Int64 }>(SNAPSHOT, {});
  try {
    let unannounced: number | undefined;
    for await (const { blob, remaining_bytes: left } of stream as AsyncIterable<{ blob: Buffer; remaining_bytes: Int64 }>) {
      const remaining = toNumber(left);
      // A real etcd does not count the checksum that comes after the database's pages.
      unannounced ??= (blob.length + remaining) % PAGE_BYTES === 0 ? HASH_BYTES : 0;
      yield { bytes: blob, remaining: remaining > 0 || blob.length > HASH_BYTES ? remaining + unannounced : remaining };
    }
  } catch (error) {
    throw etcdError(error);
  } finally {
    stream.cancel();
  }
}

interface WireStatus {
  header: Header;
  version: string;
  dbSize: Int64;
}

function statusOf({ header, version, dbSize }: WireStatus): { version: string; dbSize: number; revision: number } {
  return { version, dbSize: toNumber(dbSize), revision: toNumber(header.revision) };
}

const RANGE = { service: 'KV', method: 'Range', request: 'RangeRequest', response: 'RangeResponse', repeatable: true };
const TXN = { service: 'KV', method: 'Txn', request: 'TxnRequest', response: 'TxnResponse' };
const COMPACT = { service: 'KV', method: 'Compact', request: 'CompactionRequest', response: 'OnlyHeader' };
const GRANT = { service: 'Lease', method: 'LeaseGrant', request: 'LeaseGrantRequest', response: 'LeaseGrantResponse', repeatable: true };
const SNAPSHOT = { service: 'Maintenance', method: 'Snapshot', request: 'Anything', response: 'SnapshotResponse' };
const STATUS = { service: 'Maintenance', method: 'Status', request: 'Anything', response: 'StatusResponse', repeatable: true };
