import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { badRequest } from '#apimachinery';
import { answerUpgrade, pump } from './pump.ts';
import type { Upgraded } from './upgrade.ts';

/** Joins a client that asks for SPDY to the server that `connect` reaches, byte for byte. Resolves when it is over. Throws 400. */
export async function passSpdy(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  connect: (protocols: readonly string[]) => Promise<Upgraded>,
): Promise<void> {
  if ((request.headers.upgrade ?? '').toLowerCase() !== 'spdy/3.1') throw badRequest('Upgrade request required');
  const upgraded = await connect(offered(request.headers['x-stream-protocol-version']));
  answerUpgrade(socket, upgraded.response);
  if (upgraded.head.length > 0) socket.write(upgraded.head);
  if (head.length > 0) upgraded.socket.write(head);
  await pump(socket, upgraded.socket);
}

function offered(header: string | string[] | undefined): string[] {
  return (Array.isArray(header) ? header : (header ?? '').split(',')).map((item) => item.trim()).filter((item) => item !== '');
}
