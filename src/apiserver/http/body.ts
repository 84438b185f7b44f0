import type { IncomingMessage } from 'node:http';
import { badRequest, requestEntityTooLarge } from '#apimachinery';

/** The largest request body, in bytes. */
export const MAX_BODY = 3 * 1024 * 1024;

/** Reads a request's body whole. Throws 413 as soon as it is too long, 400 when the client breaks off. */
export function readBody(request: IncomingMessage, limit = MAX_BODY): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > limit) return Promise.reject(tooLarge(limit));
  return new Promise((resolve, reject) => {
    let size = 0;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) {
        request.pause();
        reject(tooLarge(limit));
        return;
      }
      chunks.push(chunk);
    });
    request.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    request.on('error', (error) => reject(badRequest(`unable to read the request body: ${error.message}`)));
    request.on('aborted', () => reject(badRequest('the request was broken off')));
  });
}

function tooLarge(limit: number): Error {
  return requestEntityTooLarge(`limit is ${limit}`);
}
