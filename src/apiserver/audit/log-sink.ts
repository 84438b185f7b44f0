import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { Writable } from 'node:stream';

/** Where audit events go. */
export interface AuditSink {
  /** Never throws and never waits: a request is not held up by its record. */
  write(event: Record<string, unknown>): void;
  /** Resolves when everything written so far has reached its place. */
  close(): Promise<void>;
}

/** One JSON object a line, appended to the file (made for its owner only), or on standard output for `-`. */
export function auditLog(path: string, onError: (error: unknown) => void): AuditSink {
  const stream: Writable = path === '-' ? process.stdout : createWriteStream(path, { flags: 'a', mode: 0o600 });
  stream.on('error', onError);
  return {
    write: (event) => {
      if (!stream.destroyed) stream.write(`${JSON.stringify(event)}\n`);
    },
    close: async () => {
      if (path === '-' || stream.destroyed) return;
      stream.end();
      await finished(stream);
    },
  };
}
