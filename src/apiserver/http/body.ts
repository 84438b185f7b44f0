import type { IncomingMessage } from 'node:http';
import { badRequest, requestEntityTooLarge } from '#apimachinery';

/** The largest request body, in bytes. */
export const MAX_BODY = 3 * 1024 * 1024;
/** So much of a body that is too large is read and thrown away, so that its sender gets to reading the answer. */
const MAX_DISCARDED = 64 * 1024 * 1024;

/** Reads a request's body whole. Throws 413 as soon as it is too long, 400 when the client breaks off. */
export function readBody(request: IncomingMessage, limit = MAX_BODY): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > limit) {
    discard(request);
    return Promise.reject(tooLarge(limit));
  }
  return new Promise((resolve, reject) => {
    let size = 0;
    let chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) {
        chunks.push(chunk);
        return;
      }
      chunks = [];
      request.removeAllListeners('data');
      discard(request);
      reject(tooLarge(limit));
    });
    request.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    request.on('error', (error) => reject(badRequest(`unable to read the request body: ${error.message}`)));
    request.on('aborted', () => reject(badRequest('the request was broken off')));
  });
}

function discard(request: IncomingMessage): void {
  let size = 0;
  request.on('error', () => undefined);
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > MAX_DISCARDED) request.destroy();
  });
}

function tooLarge(limit: number): Error {
  return requestEntityTooLarge(`limit is ${limit}`);
}
