import { createHash } from 'node:crypto';
import { type Server as HttpServer, createServer } from 'node:http';
import type { Etcd } from '../types.ts';
import { authService } from './auth.ts';
import { clusterService } from './cluster.ts';
import { type GrpcServer, listenGrpc } from './grpc-server.ts';
import type { Identity, ServiceGround } from './identity.ts';
import { kvService } from './kv.ts';
import { leaseService } from './lease.ts';
import { maintenanceService } from './maintenance.ts';
import { fromBigInt } from './messages.ts';
import { methodsByPath } from './services.ts';
import { PROGRESS_INTERVAL_MS, watchService } from './watch.ts';

/** PEM texts. */
export interface EtcdTls {
  /** Who may connect: holders of a certificate signed by this CA. */
  ca: string | Buffer;
  cert: string | Buffer;
  key: string | Buffer;
}

export interface ServeOptions {
  host: string;
  /** 0: any free one. */
  port: number;
  tls: EtcdTls;
  memberName: string;
  peerUrls?: readonly string[];
  /** Default: the address that is listened on. */
  clientUrls?: readonly string[];
  /** Plain HTTP with `/health` and `/readyz`, for probes. */
  health?: { host: string; port: number };
  /** How often an idle watch that asked for it is told its progress. */
  progressIntervalMs?: number;
}

export interface EtcdServer {
  port: number;
  /** 0 when there is no health port. */
  healthPort: number;
  close(): Promise<void>;
}

/** Largest request: a transaction of etcd's default size and what wraps it. */
const MAX_REQUEST_BYTES = 1536 * 1024 + 512 * 1024;

/** See `serveEtcd`. */
export async function serve(etcd: Etcd, options: ServeOptions): Promise<EtcdServer> {
  const identity = identityOf(options);
  const ground: ServiceGround = { etcd, identity };
  const { host, port: wanted, tls, progressIntervalMs = PROGRESS_INTERVAL_MS } = options;
  const methods = methodsByPath({
    KV: kvService(ground),
    Watch: watchService(ground, progressIntervalMs),
    Lease: leaseService(ground),
    Cluster: clusterService(ground),
    Maintenance: maintenanceService(ground),
    Auth: authService(ground),
  });
  const server = await listenGrpc({ host, port: wanted, tls, methods, maxRequestBytes: MAX_REQUEST_BYTES });
  const { port } = server;
  identity.clientUrls = options.clientUrls ?? [`https://${options.host}:${port}`];
  const health = options.health && (await serveHealth(etcd, options.health).catch((error: unknown) => closeAndThrow(server, error)));
  return {
    port,
    healthPort: health === undefined ? 0 : portOf(health),
    close: async () => {
      await server.close();
      if (health !== undefined) await new Promise((resolve) => health.close(resolve));
    },
  };
}

async function closeAndThrow(server: GrpcServer, error: unknown): Promise<never> {
  await server.close();
  throw error;
}

/** Made of the member's name and peers, as etcd does, so that they stay the same over restarts. */
function identityOf({ memberName, peerUrls = [] }: ServeOptions): Identity {
  const id = (text: string) => fromBigInt(createHash('sha1').update(text).digest().readBigInt64BE(0));
  const peers = [...peerUrls].sort().join('');
  return { clusterId: id(`cluster ${peers}`), memberId: id(`${peers}${memberName}`), name: memberName, peerUrls, clientUrls: [] };
}

function serveHealth(etcd: Etcd, { host, port }: { host: string; port: number }): Promise<HttpServer> {
  const server = createServer((request, response) => {
    const healthy = !etcd.status().alarms.length;
    const known = request.url === '/health' || request.url === '/readyz' || request.url === '/livez';
    response.writeHead(known ? (healthy ? 200 : 503) : 404, { 'content-type': 'application/json' });
    response.end(known ? JSON.stringify({ health: String(healthy), reason: healthy ? '' : 'ALARM' }) : undefined);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

function portOf(server: HttpServer): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
