import type { ServerHttp2Stream } from 'node:http2';
import { EtcdError } from '../errors.ts';

/** gRPC's status codes, as far as this server itself answers with them. */
export const GRPC_STATUS = { ok: 0, unknown: 2, resourceExhausted: 8, unimplemented: 12, internal: 13 } as const;

/** Bytes before every message: one for the compression flag, four for the length. */
const PREFIX = 5;
const HEADERS = { ':status': 200, 'content-type': 'application/grpc', 'grpc-accept-encoding': 'identity' } as const;

export interface CallHandlers {
  onMessage(bytes: Buffer): void;
  /** The client has sent all that it wants to send. */
  onEnd(): void;
  /** The call is over, for whatever reason. Called once. */
  onGone?(): void;
}

/** One call of one method, as it lies on its HTTP/2 stream: messages with their lengths, and a status at the end. */
export class GrpcCall {
  readonly #stream: ServerHttp2Stream;
  readonly #maxBytes: number;
  #handlers: CallHandlers = { onMessage: () => {}, onEnd: () => {} };
  #parts: Buffer[] = [];
  #size = 0;
  /** Bytes that must have come before it is worth joining them. */
  #wanted = PREFIX;
  #answered = false;
  #over = false;

  /** `maxBytes`: of a message of the client's. */
  constructor(stream: ServerHttp2Stream, maxBytes: number) {
    this.#stream = stream;
    this.#maxBytes = maxBytes;
    stream.on('error', () => {});
    stream.once('close', () => {
      this.#over = true;
      this.#handlers.onGone?.();
    });
  }

  get over(): boolean {
    return this.#over || this.#stream.destroyed;
  }

  receive(handlers: CallHandlers): void {
    this.#handlers = handlers;
    this.#stream.on('data', (bytes: Buffer) => this.#take(bytes));
    this.#stream.once('end', () => {
      if (!this.#over) this.#handlers.onEnd();
    });
  }

  /**
   * Sends a message that consists of these parts, which must not be changed any more. `sent` is called when they are no
   * longer needed. Says whether the client keeps up.
   */
  send(parts: readonly Buffer[], sent?: () => void): boolean {
    if (this.over) return false;
    if (!this.#answered) this.#respond();
    let length = 0;
    for (const part of parts) length += part.length;
    const prefix = Buffer.allocUnsafe(PREFIX);
    prefix[0] = 0;
    prefix.writeUInt32BE(length, 1);
    const stream = this.#stream;
    stream.cork();
    let flows = stream.write(prefix);
    for (const [index, part] of parts.entries()) flows = stream.write(part, index === parts.length - 1 ? sent : undefined);
    stream.uncork();
    return flows;
  }

  /** Resolves when the client has caught up, or is gone. */
  drained(): Promise<void> {
    if (this.over || !this.#stream.writableNeedDrain) return Promise.resolve();
    return new Promise((resolve) => {
      const settle = () => {
        this.#stream.off('drain', settle).off('close', settle);
        resolve();
      };
      this.#stream.on('drain', settle).on('close', settle);
    });
  }

  /** Ends the call: well, or with what went wrong. */
  end(error?: unknown): void {
    if (this.over) return;
    this.#over = true;
    const status = error === undefined ? { 'grpc-status': GRPC_STATUS.ok } : statusOf(error);
    const stream = this.#stream;
    if (!this.#answered) {
      stream.respond({ ...HEADERS, ...status }, { endStream: true });
    } else {
      stream.once('wantTrailers', () => stream.sendTrailers({ ...status }));
      stream.end();
    }
    // What the client still sends is of no interest. A reset could overtake the status in it.
    stream.resume();
  }

  #respond(): void {
    this.#answered = true;
    this.#stream.respond(HEADERS, { waitForTrailers: true });
  }

  #take(bytes: Buffer): void {
    this.#parts.push(bytes);
    this.#size += bytes.length;
    while (!this.#over && this.#size >= this.#wanted) {
      const all = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts, this.#size);
      const length = all.readUInt32BE(1);
      if (all[0] !== 0) return this.end(new EtcdError(GRPC_STATUS.unimplemented, 'grpc: compressed messages are not supported'));
      if (length > this.#maxBytes) return this.end(tooLarge(length, this.#maxBytes));
      const end = PREFIX + length;
      const whole = all.length >= end;
      this.#parts = whole ? [all.subarray(end)] : [all];
      this.#size = whole ? all.length - end : all.length;
      this.#wanted = whole ? PREFIX : end;
      if (whole) this.#hand(all.subarray(PREFIX, end));
    }
  }

  /** Bytes that are no such message are the client's fault, and concern this call alone. */
  #hand(message: Buffer): void {
    try {
      this.#handlers.onMessage(message);
    } catch (error) {
      this.end(new EtcdError(GRPC_STATUS.internal, `grpc: error unmarshalling request: ${String(error)}`, { cause: error }));
    }
  }
}

function tooLarge(length: number, max: number): EtcdError {
  return new EtcdError(GRPC_STATUS.resourceExhausted, `grpc: received message larger than max (${length} vs. ${max})`);
}

/** An error as gRPC sends it: etcd's own with its code and text, anything else as unknown. */
function statusOf(error: unknown): { 'grpc-status': number; 'grpc-message': string } {
  const code = error instanceof EtcdError ? error.code : GRPC_STATUS.unknown;
  return { 'grpc-status': code, 'grpc-message': percentEncoded(error instanceof Error ? error.message : String(error)) };
}

/** Bytes outside of printable ASCII, and the percent sign, as `%XX`. */
function percentEncoded(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) =>
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25 ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('');
}
