import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { serviceUnavailable } from '#apimachinery';
import { badGateway } from '#streaming';

/** Headers that are about one connection and so are not passed on. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export interface ForwardOptions extends RequestOptions {
  /** Passes the client's body on. */
  withBody: boolean;
}

/** Passes a request on to another server and its answer back, piece by piece. Throws StatusError when it cannot be reached. */
export async function forward(request: IncomingMessage, response: ServerResponse, url: URL, options: ForwardOptions): Promise<void> {
  const answer = await send(request, url, options, response);
  if (answer.statusCode !== undefined && answer.statusCode >= 400 && !options.withBody) {
    const parts: Buffer[] = [];
    for await (const part of answer) parts.push(part as Buffer);
    throw badGateway(Buffer.concat(parts).toString().trim(), undefined, answer.statusCode);
  }
  const headers = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !HOP_BY_HOP.has(name)));
  response.writeHead(answer.statusCode ?? 502, headers);
  response.flushHeaders();
  try {
    await pipeline(answer, response);
  } catch {
    // Either side broke off: there is nobody left to tell.
    response.destroy();
  }
}

function send(request: IncomingMessage, url: URL, options: ForwardOptions, response: ServerResponse): Promise<IncomingMessage> {
  const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const passed = start(url, { ...options, method: request.method }, resolve);
    passed.on('error', (error) =>
      reject(options.withBody ? serviceUnavailable(`error trying to reach service: ${error.message}`) : badGateway(error.message, error)),
    );
    response.on('close', () => passed.destroy());
    if (options.withBody) request.pipe(passed);
    else passed.end();
  });
}

/** The client's headers that another server should see. */
export function passedHeaders(request: IncomingMessage, except: readonly string[] = []): Record<string, string | string[]> {
  const left = new Set([...HOP_BY_HOP, 'host', 'authorization', ...except]);
  return Object.fromEntries(
    Object.entries(request.headers).filter((entry): entry is [string, string | string[]] => entry[1] !== undefined && !left.has(entry[0])),
  );
}
