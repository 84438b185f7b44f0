import {
  createSecureServer,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { EtcdError } from '../errors.ts';
import { GRPC_STATUS, GrpcCall } from './grpc-call.ts';
import type { BoundMethod } from './method.ts';

export interface GrpcServerOptions {
  host: string;
  port: number;
  tls: { ca: string | Buffer; cert: string | Buffer; key: string | Buffer };
  /** Path (`/package.Service/Method`) → what answers there. */
  methods: ReadonlyMap<string, BoundMethod>;
  /** Largest message that a client may send. */
  maxRequestBytes: number;
}

export interface GrpcServer {
  port: number;
  /** Ends all connections. */
  close(): Promise<void>;
}

const UNSUPPORTED_MEDIA_TYPE = 415;

/**
 * gRPC over Node's own HTTP/2, so that bytes which many clients get are written to all of them as they are. A client must
 * show a certificate of the CA in the TLS handshake.
 */
export async function listenGrpc({ host, port, tls, methods, maxRequestBytes }: GrpcServerOptions): Promise<GrpcServer> {
  const server = createSecureServer({
    ...tls,
    requestCert: true,
    rejectUnauthorized: true,
    // What waits to be sent is counted for each call: a limit of the session would refuse other calls instead.
    maxSessionMemory: Number.MAX_SAFE_INTEGER,
  });
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    session.on('error', () => {});
  });
  server.on('secureConnection', (socket) => socket.setNoDelay(true).setKeepAlive(true, 60_000));
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => answer(stream, headers, methods, maxRequestBytes));
  const bound = await listening(server, host, port);
  return {
    port: bound,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const session of sessions) session.destroy();
      }),
  };
}

function answer(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  methods: ReadonlyMap<string, BoundMethod>,
  maxRequestBytes: number,
): void {
  if (!headers['content-type']?.startsWith('application/grpc')) {
    stream.on('error', () => {});
    stream.respond({ ':status': UNSUPPORTED_MEDIA_TYPE }, { endStream: true });
    stream.resume();
    return;
  }
  const call = new GrpcCall(stream, maxRequestBytes);
  const path = String(headers[':path']);
  const method = methods.get(path);
  if (method === undefined) call.end(new EtcdError(GRPC_STATUS.unimplemented, `unknown method ${path}`));
  else method(call);
}

function listening(server: Http2SecureServer, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
