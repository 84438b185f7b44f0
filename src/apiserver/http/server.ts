import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';

export interface HttpsOptions {
  host: string;
  /** 0: any free one. */
  port: number;
  cert: string | Buffer;
  key: string | Buffer;
  /** Client certificates are asked for, and trusted when one of these signed them. */
  clientCa: (string | Buffer)[];
  onRequest(request: IncomingMessage, response: ServerResponse): void;
  onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

export interface ListeningServer {
  port: number;
  server: Server;
  /** Ends all connections and frees the port. */
  close(): Promise<void>;
}

/** What a connection can be switched to. */
const PROTOCOLS = new Set(['websocket', 'spdy/3.1']);

/** The HTTPS door. Throws what listening throws (EADDRINUSE, EACCES). */
export async function listenHttps(options: HttpsOptions): Promise<ListeningServer> {
  const server = createServer(
    {
      cert: options.cert,
      key: options.key,
      ca: options.clientCa,
      requestCert: true,
      // Bad certificates are answered with 401 by authentication, others with what anonymous may do.
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
      noDelay: true,
      keepAliveTimeout: 180_000,
      headersTimeout: 32_000,
      requestTimeout: 0,
      maxHeaderSize: 1024 * 1024,
      // Whoever asks for another protocol that is not spoken here gets a plain answer.
      shouldUpgradeCallback: ({ headers }) => PROTOCOLS.has((headers.upgrade ?? '').toLowerCase()),
    },
    options.onRequest,
  );
  server.on('upgrade', options.onUpgrade);
  server.on('clientError', (_error, socket) => answerBroken(socket));
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  const sockets = new Set<TLSSocket>();
  server.on('secureConnection', (socket: TLSSocket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.host, port: options.port, backlog: 1024 }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    server,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function answerBroken(socket: Duplex): void {
  if (socket.writable)
    socket.end('HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request');
  else socket.destroy();
}
