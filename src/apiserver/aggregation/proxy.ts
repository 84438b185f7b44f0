import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { APIService } from '#api/generated/apiregistration-v1.ts';
import { serviceUnavailable } from '#apimachinery';
import { answerUpgrade, pump } from '#streaming';
import type { Exchange, UpgradeExchange } from '../http/pipeline.ts';
import { passedHeaders } from '../streams/proxy-response.ts';
import { transportText } from '../webhooks/index.ts';
import { answerTo, userHeaders, type RemoteServers } from './remote-server.ts';

const NOT_PASSED = new Set(['connection', 'keep-alive', 'proxy-authenticate', 'transfer-encoding', 'upgrade']);

/** Passes a request on to the API server that serves it, and its answer back as it comes. Throws 503 when it cannot be reached. */
export async function proxyRequest(exchange: Exchange, service: APIService, servers: RemoteServers): Promise<void> {
  const { request, response, registryRequest } = exchange;
  const passed = servers.begin(service, {
    method: request.method ?? 'GET',
    path: request.url ?? '/',
    headers: headersFor(exchange),
    signal: registryRequest.signal,
  });
  const answering = answerTo(passed);
  request.pipe(passed);
  const answer = await answering.catch(unreachable);
  const headers = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !NOT_PASSED.has(name)));
  response.writeHead(answer.statusCode ?? 502, headers);
  response.flushHeaders();
  try {
    await pipeline(answer, response);
  } catch {
    // Either side broke off: there is nobody left to tell.
    response.destroy();
  }
}

/** The same for a request to switch protocols: both connections are joined. */
export async function proxyUpgrade(
  exchange: UpgradeExchange,
  socket: Duplex,
  head: Buffer,
  service: APIService,
  servers: RemoteServers,
): Promise<void> {
  const { request } = exchange;
  const headers = { ...headersFor(exchange), connection: 'Upgrade', upgrade: request.headers.upgrade };
  const passed = servers.begin(service, { method: request.method ?? 'GET', path: request.url ?? '/', headers, isUpgrade: true });
  const upgraded = new Promise<{ response: IncomingMessage; remote?: Duplex; remoteHead?: Buffer }>((resolve, reject) => {
    passed.on('upgrade', (response, remote, remoteHead) => resolve({ response, remote, remoteHead }));
    passed.on('response', (response) => resolve({ response }));
    passed.on('error', reject);
  });
  passed.end();
  const { response, remote, remoteHead } = await upgraded.catch(unreachable);
  if (remote === undefined) return await refuse(response, socket);
  answerUpgrade(socket, response);
  if (remoteHead !== undefined && remoteHead.length > 0) socket.write(remoteHead);
  if (head.length > 0) remote.write(head);
  await pump(socket, remote);
}

/** The other server does not switch: its answer goes to the client as it is. */
async function refuse(response: IncomingMessage, socket: Duplex): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of response as AsyncIterable<Buffer>) parts.push(part);
  const body = Buffer.concat(parts);
  const type = response.headers['content-type'] ?? 'text/plain';
  socket.end(
    `HTTP/1.1 ${response.statusCode} ${response.statusMessage ?? ''}\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body.toString('latin1')}`,
    'latin1',
  );
}

/** What the client sent, without what was for this server; and who the client is. */
function headersFor({ request, user }: UpgradeExchange): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = passedHeaders(request);
  for (const name of Object.keys(headers)) if (/^(?:x-remote-|impersonate-)/.test(name)) delete headers[name];
  const client = request.socket.remoteAddress ?? '';
  const before = request.headers['x-forwarded-for'];
  return {
    ...headers,
    ...userHeaders(user),
    'x-forwarded-for': before === undefined ? client : `${String(before)}, ${client}`,
    'x-forwarded-host': request.headers.host ?? '',
    'x-forwarded-proto': 'https',
  };
}

function unreachable(error: unknown): never {
  throw serviceUnavailable(`error trying to reach service: ${transportText(error)}`);
}
