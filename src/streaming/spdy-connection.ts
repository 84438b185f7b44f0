import { Duplex } from 'node:stream';

const VERSION = 3;
const SYN_STREAM = 1;
const SYN_REPLY = 2;
const RST_STREAM = 3;
const PING = 6;
const FLAG_FIN = 1;
const MAX_DATA = 64 * 1024;

/** The begin of a zlib stream that uses SPDY/3's dictionary (its Adler-32 is in it), without any compression behind it. */
const ZLIB_HEAD = Buffer.from([0x78, 0xbb, 0xe3, 0xc6, 0xa7, 0xc2]);
/** An empty stored block: what deflate ends a flush with; some readers hand data over only then. */
const FLUSH = Buffer.from([0, 0, 0, 0xff, 0xff]);

/** One stream of a connection. Ending it closes our side alone; the other side's end is the end of reading. */
export class SpdyStream extends Duplex {
  readonly id: number;
  readonly #connection: SpdyConnection;

  constructor(connection: SpdyConnection, id: number) {
    super({ allowHalfOpen: true });
    this.id = id;
    this.#connection = connection;
  }

  override _read(): void {
    this.#connection.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    for (let from = 0; from < chunk.length; from += MAX_DATA)
      this.#connection.sendData(this.id, chunk.subarray(from, from + MAX_DATA), false);
    this.#connection.whenDrained(done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#connection.sendData(this.id, Buffer.alloc(0), true);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#connection.forget(this.id);
    done(error);
  }
}

/**
 * The client's side of SPDY/3.1 as container runtimes speak it for exec, attach and port-forward: streams without flow
 * control, headers sent uncompressed, reply headers not read. Reading stops while any stream's reader is behind.
 */
export class SpdyConnection {
  readonly #socket: Duplex;
  readonly #streams = new Map<number, SpdyStream>();
  #nextId = 1;
  #sentHeaders = false;
  #pending: Buffer;

  /** `head`: what came with the answer that switched protocols. */
  constructor(socket: Duplex, head: Buffer) {
    this.#socket = socket;
    this.#pending = Buffer.alloc(0);
    socket.on('data', (data: Buffer) => this.#receive(data));
    socket.on('close', () => this.#end());
    socket.on('error', () => socket.destroy());
    if (head.length > 0) this.#receive(head);
  }

  /** Opens a stream; `streamtype` and its like go in the headers. */
  open(headers: Readonly<Record<string, string>>): SpdyStream {
    const id = this.#nextId;
    this.#nextId += 2;
    const stream = new SpdyStream(this, id);
    // Whoever does not care how a stream ends must not be ended by it.
    stream.on('error', () => undefined);
    this.#streams.set(id, stream);
    const place = Buffer.alloc(10);
    place.writeUInt32BE(id, 0);
    this.#control(SYN_STREAM, 0, Buffer.concat([place, this.#headerBlock(headers)]));
    return stream;
  }

  sendData(id: number, data: Buffer, fin: boolean): void {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(id, 0);
    head.writeUInt32BE(data.length, 4);
    head[4] = fin ? FLAG_FIN : 0;
    if (this.#socket.writable) this.#socket.write(data.length === 0 ? head : Buffer.concat([head, data]));
  }

  whenDrained(done: () => void): void {
    if (this.#socket.writableNeedDrain) this.#socket.once('drain', done);
    else done();
  }

  resume(): void {
    this.#socket.resume();
  }

  forget(id: number): void {
    this.#streams.delete(id);
  }

  close(): void {
    this.#socket.end();
  }

  #headerBlock(headers: Readonly<Record<string, string>>): Buffer {
    const entries = Object.entries(headers);
    const raw = Buffer.concat([number(entries.length), ...entries.flatMap(([name, value]) => [text(name.toLowerCase()), text(value)])]);
    const block = Buffer.alloc(5);
    block.writeUInt16LE(raw.length, 1);
    block.writeUInt16LE(raw.length ^ 0xffff, 3);
    const head = this.#sentHeaders ? Buffer.alloc(0) : ZLIB_HEAD;
    this.#sentHeaders = true;
    return Buffer.concat([head, block, raw, FLUSH]);
  }

  #control(type: number, flags: number, body: Buffer): void {
    const head = Buffer.alloc(8);
    head.writeUInt16BE(0x8000 | VERSION, 0);
    head.writeUInt16BE(type, 2);
    head.writeUInt32BE(body.length, 4);
    head[4] = flags;
    if (this.#socket.writable) this.#socket.write(Buffer.concat([head, body]));
  }

  #receive(data: Buffer): void {
    let rest = this.#pending.length === 0 ? data : Buffer.concat([this.#pending, data]);
    while (rest.length >= 8) {
      const length = rest.readUInt32BE(4) & 0xffffff;
      if (rest.length < 8 + length) break;
      this.#frame(rest, rest.subarray(8, 8 + length));
      rest = rest.subarray(8 + length);
    }
    this.#pending = rest;
  }

  #frame(head: Buffer, body: Buffer): void {
    const fin = ((head[4] ?? 0) & FLAG_FIN) !== 0;
    if (((head[0] ?? 0) & 0x80) === 0) {
      const stream = this.#streams.get(head.readUInt32BE(0) & 0x7fffffff);
      if (stream === undefined) return;
      if (body.length > 0 && !stream.push(Buffer.from(body))) this.#socket.pause();
      if (fin) stream.push(null);
      return;
    }
    const type = head.readUInt16BE(2);
    if (type === PING) this.#control(PING, 0, Buffer.from(body));
    else if (type === RST_STREAM) this.#streams.get(body.readUInt32BE(0))?.push(null);
    else if (type === SYN_REPLY && fin) this.#streams.get(body.readUInt32BE(0))?.push(null);
  }

  #end(): void {
    for (const stream of this.#streams.values()) {
      stream.push(null);
      stream.end();
    }
  }
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([number(bytes.length), bytes]);
}
