import {
  type Answer,
  keyOf,
  type KeyRange,
  type Operation,
  prefixRange,
  type RangeRequest,
  type RangeResult,
  type TxnRequest,
  type TxnResult,
} from '#etcd';
import { stored } from './change.ts';
import { GuardFailed, type ListResult } from './store.ts';

/** The keys under a prefix, from behind `after` on. */
export function rangeUnder(prefix: string, after?: string): KeyRange {
  const range = prefixRange(keyOf(prefix));
  // The smallest key after another is that key with a zero byte behind it.
  return after === undefined ? range : { key: `${keyOf(after)}\0`, rangeEnd: range.rangeEnd };
}

export function listRequest(prefix: string, options: { limit?: number; after?: string; revision?: number }): RangeRequest {
  return { ...rangeUnder(prefix, options.after), limit: options.limit, revision: options.revision };
}

export function listResult(result: Answer<RangeResult>, revision = 0): ListResult {
  return {
    items: result.kvs.map(stored),
    revision: revision || result.revision,
    more: result.more,
    remaining: result.count - result.kvs.length,
  };
}

/** The one shape of writing that Kubernetes knows: if this key is as I saw it, change it, else tell me what it is. */
export function guarded(expected: number, operation: Operation & { key: string }): TxnRequest {
  return {
    compare: [{ key: operation.key, target: 'mod', result: 'equal', value: expected }],
    success: [operation],
    failure: [{ type: 'range', key: operation.key }],
  };
}

/** The revision of a guarded write. Throws GuardFailed when it did not happen. */
export function guardedRevision(key: string, { succeeded, revision, responses }: Answer<TxnResult>): number {
  if (succeeded) return revision;
  const [found] = responses;
  const kv = found?.type === 'range' ? found.kvs[0] : undefined;
  throw new GuardFailed(key, kv && stored(kv));
}
