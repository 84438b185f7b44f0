import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { badRequest } from '#apimachinery';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';

/** The longest message that a client may send, in bytes; clients of Kubernetes send a few dozen kilobytes at a time. */
const MAX_MESSAGE = 32 * 1024 * 1024;

export function isWebSocket(request: IncomingMessage): boolean {
  return (request.headers.upgrade ?? '').toLowerCase() === 'websocket';
}

export function offeredProtocols(request: IncomingMessage): string[] {
  return (request.headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** Switches to WebSocket, with that protocol (undefined: none). Rejects when the client leaves or its handshake is none. */
export function acceptWebSocket(request: IncomingMessage, socket: Duplex, head: Buffer, protocol: string | undefined): Promise<WebSocket> {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE,
    handleProtocols: () => protocol ?? false,
  });
  return new Promise((resolve, reject) => {
    const left = (): void => reject(badRequest('the client left, or its handshake was none'));
    socket.once('close', left);
    server.handleUpgrade(request, socket, head, (webSocket) => {
      socket.off('close', left);
      // Whoever breaks the protocol is cut off; that is nobody else's concern.
      webSocket.on('error', () => webSocket.terminate());
      resolve(webSocket);
    });
  });
}

export function toBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
