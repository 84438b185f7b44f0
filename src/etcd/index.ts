export { openEtcd } from './etcd.ts';
export { CompactedError, EtcdError } from './errors.ts';
export { keyOf, prefixEnd, prefixRange, textOf } from './key-range.ts';
export type * from './types.ts';
