import type { EndpointOptions, EtcdClient } from './client/connect.ts';
import type { EtcdServer, ServeOptions } from './rpc/serve.ts';
import type { Etcd } from './types.ts';

/** What needs gRPC and protobuf is loaded when it is first used: a start that needs neither should not wait for them. */

/** Serves the etcd v3 API. Nobody without a certificate of the CA gets further than the TLS handshake. */
export async function serveEtcd(etcd: Etcd, options: ServeOptions): Promise<EtcdServer> {
  const { serve } = await import('./rpc/serve.ts');
  return serve(etcd, options);
}

/** A client of a real etcd cluster. No connection is made before it is asked for something. */
export async function connectEtcd(options: EndpointOptions): Promise<EtcdClient> {
  const { connect } = await import('./client/connect.ts');
  return connect(options);
}

/**
 * Makes the data directory `dir` (which must not hold a store yet) from a snapshot of this store or of a real etcd, with
 * all its revisions. `bumpRevision`: so much is added to its revision, and all before is compacted, so that whoever has seen
 * later revisions than the snapshot's is told to start over. Throws when the snapshot is damaged.
 */
export async function restoreSnapshot(options: { file: string; dir: string; bumpRevision?: number }): Promise<{ revision: number }> {
  const { restore } = await import('./snapshot.ts');
  return restore(options);
}
