import { createHash } from 'node:crypto';
import { type Server as HttpServer, createServer } from 'node:http';
import { Server, ServerCredentials, type ServerDuplexStream, type UntypedServiceImplementation } from '@grpc/grpc-js';
import type { Etcd } from '../types.ts';
import { authService } from './auth.ts';
import { clusterService } from './cluster.ts';
import type { Identity, ServiceGround } from './identity.ts';
import { kvService } from './kv.ts';
import { leaseService } from './lease.ts';
import { maintenanceService } from './maintenance.ts';
import { type EncodedWatchResponse, fromBigInt, type WireWatchRequest } from './messages.ts';
import { type ServiceName, serviceDefinition } from './services.ts';
import { PROGRESS_INTERVAL_MS, serveWatches } from './watch.ts';

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
  const server = new Server({
    'grpc.max_receive_message_length': MAX_REQUEST_BYTES,
    'grpc.max_send_message_length': -1,
    'grpc.keepalive_permit_without_calls': 1,
    'grpc.http2.min_ping_interval_without_data_ms': 5000,
  });
  const identity = identityOf(options);
  const ground: ServiceGround = { etcd, identity };
  for (const [name, service] of Object.entries(services(ground, options))) {
    server.addService(serviceDefinition(name as ServiceName), service);
  }
  const port = await bind(server, options);
  identity.clientUrls = options.clientUrls ?? [`https://${options.host}:${port}`];
  const health = options.health && (await serveHealth(etcd, options.health));
  return {
    port,
    healthPort: health === undefined ? 0 : portOf(health),
    close: async () => {
      server.forceShutdown();
      if (health !== undefined) await new Promise((resolve) => health.close(resolve));
    },
  };
}

function services(
  ground: ServiceGround,
  { progressIntervalMs = PROGRESS_INTERVAL_MS }: ServeOptions,
): Record<ServiceName, UntypedServiceImplementation> {
  return {
    KV: kvService(ground),
    Watch: {
      Watch: (stream: ServerDuplexStream<WireWatchRequest, EncodedWatchResponse>) => serveWatches(ground, stream, progressIntervalMs),
    },
    Lease: leaseService(ground),
    Cluster: clusterService(ground),
    Maintenance: maintenanceService(ground),
    Auth: authService(ground),
  };
}

/** Made of the member's name and peers, as etcd does, so that they stay the same over restarts. */
function identityOf({ memberName, peerUrls = [] }: ServeOptions): Identity {
  const id = (text: string) => fromBigInt(createHash('sha1').update(text).digest().readBigInt64BE(0));
  const peers = [...peerUrls].sort().join('');
  return { clusterId: id(`cluster ${peers}`), memberId: id(`${peers}${memberName}`), name: memberName, peerUrls, clientUrls: [] };
}

function bind(server: Server, { host, port, tls }: ServeOptions): Promise<number> {
  const pair = { cert_chain: Buffer.from(tls.cert), private_key: Buffer.from(tls.key) };
  const credentials = ServerCredentials.createSsl(Buffer.from(tls.ca), [pair], true);
  return new Promise((resolve, reject) => {
    server.bindAsync(`${host}:${port}`, credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
  });
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
