import type { ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { internalError, StatusError } from '#apimachinery';

const compress = promisify(gzip);
/** Answers shorter than this are sent as they are, in bytes. */
const GZIP_FROM = 128 * 1024;

/** Sends a whole answer; large ones compressed, if the client says it can read that. */
export async function respond(
  response: ServerResponse,
  code: number,
  bytes: Buffer,
  contentType: string,
  headers: Record<string, string> = {},
): Promise<void> {
  let body = bytes;
  const all: Record<string, string | number> = { 'cache-control': 'no-cache, private', 'content-type': contentType, ...headers };
  if (bytes.length > GZIP_FROM && acceptsGzip(response.req.headers['accept-encoding'])) {
    body = await compress(bytes, { level: constants.Z_BEST_SPEED });
    all['content-encoding'] = 'gzip';
    all['vary'] = 'Accept-Encoding';
  }
  all['content-length'] = body.length;
  response.writeHead(code, all);
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

function acceptsGzip(header: string | string[] | undefined): boolean {
  return typeof header === 'string' && header.includes('gzip');
}

/** Any failure as the Status that clients get; `report` hears of those that are our own fault. */
export function statusOf(error: unknown, report: (error: unknown) => void): StatusError {
  if (error instanceof StatusError) {
    if (error.code === 500 && error.cause !== undefined) report(error.cause);
    return error;
  }
  report(error);
  return internalError(error instanceof Error ? error.message : String(error), error);
}

/** Sends a failure, unless the answer has begun: then the connection is all that can be ended. */
export function respondError(response: ServerResponse, error: StatusError): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const bytes = Buffer.from(JSON.stringify(error.status));
  const headers: Record<string, string | number> = {
    'content-type': 'application/json',
    'cache-control': 'no-cache, private',
    'content-length': bytes.length,
  };
  const retryAfter = error.status.details?.retryAfterSeconds;
  if (retryAfter !== undefined && (error.code === 429 || error.code === 503 || error.code === 504)) headers['retry-after'] = retryAfter;
  // The rest of a body that was too large is not read: the connection cannot be used again.
  if (error.code === 413) headers['connection'] = 'close';
  response.writeHead(error.code, headers);
  response.end(bytes);
}
