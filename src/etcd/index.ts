export { openEtcd } from './etcd.ts';
export { CompactedError, EtcdError } from './errors.ts';
export { keyOf, prefixEnd, prefixRange, textOf } from './key-range.ts';
export { connectEtcd, type EndpointOptions, type EtcdClient } from './client/connect.ts';
export { type EtcdServer, type EtcdTls, serveEtcd, type ServeOptions } from './rpc/serve.ts';
export { restoreSnapshot } from './snapshot.ts';
export type * from './types.ts';
