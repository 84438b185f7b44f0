import type { ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { internalError, requestEntityTooLarge, StatusError } from '#apimachinery';
import type { FlowHeaders } from '../flow-control/index.ts';

const compress = promisify(gzip);
/** Answers shorter than this are sent as they are, in bytes. */
const GZIP_FROM = 128 * 1024;

/** A response on its way, and what every answer on it carries. */
export interface Answering {
  response: ServerResponse;
  /** Names the request in the audit log. */
  auditId: string;
  warnings: readonly string[];
  /** How the request was classified. */
  flow?: FlowHeaders;
}

/** Sends a whole answer; large ones compressed, if the client says it can read that. */
export async function respond(
  answering: Answering,
  code: number,
  bytes: Buffer,
  contentType: string,
  headers?: Record<string, string>,
): Promise<void> {
  const { response } = answering;
  let body = bytes;
  const all: Record<string, string | number | string[]> = {
    'audit-id': answering.auditId,
    'cache-control': 'no-cache, private',
    'content-type': contentType,
    ...answering.flow,
    ...headers,
  };
  if (bytes.length > GZIP_FROM && acceptsGzip(response.req.headers['accept-encoding'])) {
    body = await compress(bytes, { level: constants.Z_BEST_SPEED });
    all['content-encoding'] = 'gzip';
    all['vary'] = 'Accept-Encoding';
  }
  all['content-length'] = body.length;
  if (answering.warnings.length > 0) all['warning'] = warningValues(answering.warnings);
  // The time to answer may be over, or the client gone, while this was made.
  if (response.headersSent) return;
  response.writeHead(code, all);
  if (response.req.method === 'HEAD') response.end();
  // With the head in one write: as text, which is copied once more, that is still far cheaper than two buffers.
  else if (body.length <= SHORT) response.end(body.toString('latin1'), 'latin1');
  else if (body.length <= SLICE) response.end(body);
  else await sendSlices(response, body);
}

const SHORT = 16 * 1024;
/** Longer answers are handed over in pieces of so many bytes: the client reads one while the next is being encrypted. */
const SLICE = 256 * 1024;

async function sendSlices(response: ServerResponse, body: Buffer): Promise<void> {
  for (let start = 0; start < body.length && !response.destroyed; start += SLICE) {
    if (!response.write(body.subarray(start, start + SLICE))) await drained(response);
  }
  response.end();
}

/** Resolves when the client has taken what was written, or has gone. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}

function acceptsGzip(header: string | string[] | undefined): boolean {
  return typeof header === 'string' && header.includes('gzip');
}

/** All warnings of an answer together, in characters; beyond that each is cut to `WARNING_CUT`, and what is left over is dropped. */
const WARNINGS_MAX = 4096;
const WARNING_CUT = 256;

/** The header that carries warnings, if there are any. */
export function warningHeader(warnings: readonly string[]): { warning?: string[] } {
  return warnings.length === 0 ? {} : { warning: warningValues(warnings) };
}

function warningValues(warnings: readonly string[]): string[] {
  const texts = [...new Set(warnings)];
  const isLong = texts.reduce((sum, text) => sum + text.length, 0) > WARNINGS_MAX;
  let left = WARNINGS_MAX;
  return texts.flatMap((text) => {
    const shown = isLong ? text.slice(0, WARNING_CUT) : text;
    left -= shown.length;
    return left < 0 ? [] : [`299 - "${shown.replaceAll(/["\\]/g, String.raw`\$&`).replaceAll(/[^\x20-\x7e]/g, ' ')}"`];
  });
}

const TOO_LARGE_TO_STORE = 'etcdserver: request is too large';

/** Any failure as the Status that clients get; `report` hears of those that are our own fault. */
export function statusOf(error: unknown, report: (error: unknown) => void): StatusError {
  if (error instanceof StatusError) {
    if (error.code === 500 && error.cause !== undefined) report(error.cause);
    return error;
  }
  // The object has passed all checks, but the store takes no value of its size.
  if (error instanceof Error && error.message === TOO_LARGE_TO_STORE) return requestEntityTooLarge(error.message);
  report(error);
  return internalError(error instanceof Error ? error.message : String(error), error);
}

/** Sends a failure, unless the answer has begun: then the connection is all that can be ended. */
export function respondError({ response, auditId, warnings, flow }: Answering, error: StatusError): void {
  if (response.headersSent) {
    if (!response.writableEnded) response.destroy();
    return;
  }
  const bytes = Buffer.from(JSON.stringify(error.status));
  const headers: Record<string, string | number | string[]> = {
    'audit-id': auditId,
    'content-type': 'application/json',
    'cache-control': 'no-cache, private',
    'content-length': bytes.length,
    ...flow,
  };
  const retryAfter = error.status.details?.retryAfterSeconds;
  if (retryAfter !== undefined) headers['retry-after'] = retryAfter;
  if (error.code === 405) headers['allow'] = 'DELETE, GET, PATCH, POST, PUT';
  if (warnings.length > 0) headers['warning'] = warningValues(warnings);
  response.writeHead(error.code, headers);
  response.end(response.req.method === 'HEAD' ? undefined : bytes);
}
