import { type Etcd, type EtcdServer, serveEtcd } from '#etcd';
import type { Pki } from '#pki';
import type { ClusterConfig } from './config.ts';
import { tellEtcdFace } from './etcd-face.ts';
import { codeOf } from './failure.ts';
import type { Log } from './log.ts';
import type { ClusterPaths } from './paths.ts';

const DEFAULT_PORT = 2379;
const HOST = '127.0.0.1';

/**
 * Serves the embedded etcd over gRPC to holders of a certificate of the etcd CA. A port that is taken is no reason to
 * fail: it is said in the log and in the cluster's status. Undefined: it is not served.
 */
export async function serveEtcdFace(
  etcd: Etcd,
  pki: Pki,
  config: ClusterConfig,
  paths: ClusterPaths,
  log: Log,
): Promise<EtcdServer | undefined> {
  const { etcdPort = DEFAULT_PORT } = config;
  if (etcdPort === 'none') return undefined;
  try {
    const server = await serveEtcd(etcd, {
      host: HOST,
      port: etcdPort,
      tls: { ca: pki.etcdCa.certificate, cert: pki.etcdServer.certificate, key: pki.etcdServer.key },
      memberName: config.nodeName,
      peerUrls: [`https://${config.nodeAddress}:2380`],
      health: config.etcdHealthPort === undefined ? undefined : { host: HOST, port: config.etcdHealthPort },
    });
    await tellEtcdFace(paths, { endpoint: `https://${HOST}:${server.port}` });
    return server;
  } catch (error) {
    const problem =
      codeOf(error) === 'EADDRINUSE'
        ? `port ${portOf(error) ?? etcdPort} is in use`
        : error instanceof Error
          ? error.message
          : String(error);
    log('etcd', `not served to etcdctl: ${problem}; choose another port with --etcd-port (0: any free one)`);
    await tellEtcdFace(paths, { problem });
    return undefined;
  }
}

/** Of the port that could not be listened on: the error says which one it was. */
function portOf(error: unknown): number | undefined {
  return error instanceof Error && 'port' in error && typeof error.port === 'number' ? error.port : undefined;
}
