import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { badGateway } from './bad-gateway.ts';

/** A server that has switched protocols with us. */
export interface Upgraded {
  socket: Duplex;
  head: Buffer;
  response: IncomingMessage;
}

/** Asks a server to switch to SPDY. Throws StatusError with the server's own answer when it does not. */
export function upgradeToSpdy(url: URL, protocols: readonly string[], options: RequestOptions = {}): Promise<Upgraded> {
  const headers = { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': [...protocols], 'content-length': 0 };
  return upgradeTo(url, { ...options, method: 'POST', headers });
}

/** Asks a server to switch to what the headers say. Throws StatusError with the server's own answer when it does not. */
export function upgradeTo(url: URL, options: RequestOptions): Promise<Upgraded> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(url, { ...options, agent: false });
    request.on('upgrade', (response, socket, head) => resolve({ socket, head, response }));
    request.on('response', (response) => void refusal(response).then(reject, reject));
    request.on('error', (error) => reject(badGateway(error.message, error)));
    request.end();
  });
}

async function refusal(response: IncomingMessage): Promise<Error> {
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return badGateway(Buffer.concat(parts).toString().trim(), undefined, response.statusCode);
}
