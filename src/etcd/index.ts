export type { EndpointOptions, EtcdClient } from './client/connect.ts';
export { openEtcd } from './etcd.ts';
export { CompactedError, EtcdError } from './errors.ts';
export { keyOf, prefixEnd, prefixRange, textOf } from './key-range.ts';
export { connectEtcd, restoreSnapshot, serveEtcd } from './on-demand.ts';
export type { EtcdServer, EtcdTls, ServeOptions } from './rpc/serve.ts';
export type * from './types.ts';
