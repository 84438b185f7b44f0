import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { createWebSocketStream } from 'ws';
import { acceptWebSocket, offeredProtocols } from './web-socket.ts';
import { pump } from './pump.ts';
import type { Upgraded } from './upgrade.ts';

/** What clients offer that carry SPDY's bytes inside of WebSocket messages. */
export const TUNNEL_PROTOCOL = 'SPDY/3.1+portforward.k8s.io';

export function offersTunnel(request: IncomingMessage): boolean {
  return offeredProtocols(request).includes(TUNNEL_PROTOCOL);
}

/** Carries a client's SPDY connection out of its WebSocket messages to a server, and back. Resolves when it is over. */
export async function tunnelSpdy(request: IncomingMessage, socket: Duplex, head: Buffer, connect: () => Promise<Upgraded>): Promise<void> {
  const upgraded = await connect();
  const client = createWebSocketStream(await acceptWebSocket(request, socket, head, TUNNEL_PROTOCOL));
  if (upgraded.head.length > 0) client.write(upgraded.head);
  await pump(client, upgraded.socket);
}
