import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type TLSSocket } from 'node:tls';

/** Where a load generator finds the API server, and as whom. */
export interface Target {
  server: string;
  ca: string;
  cert: string;
  key: string;
}

export interface Reply {
  status: number;
  body: Buffer;
}

const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * One keep-alive connection that carries one request at a time. Written on the socket itself: Node's own client costs
 * more than the server that it is to measure.
 */
export class Connection {
  readonly #socket: TLSSocket;
  readonly #host: string;
  #received: Buffer[] = [];
  #size = 0;
  /** Bytes that the reply has in all; 0 as long as its head is not complete. */
  #expected = 0;
  #headEnd = 0;
  #settle: { resolve(reply: Reply): void; reject(error: Error): void } | undefined;

  private constructor(socket: TLSSocket, host: string) {
    this.#socket = socket;
    this.#host = host;
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    socket.on('error', (error) => this.#settle?.reject(error));
    socket.on('close', () => this.#settle?.reject(new Error('the server closed the connection')));
  }

  static async open(target: Target): Promise<Connection> {
    return new Connection(await openSocket(target), new URL(target.server).host);
  }

  request(method: string, path: string, body?: object, contentType = 'application/json'): Promise<Reply> {
    const text = body === undefined ? '' : JSON.stringify(body);
    const content = body === undefined ? '' : `Content-Type: ${contentType}\r\nContent-Length: ${Buffer.byteLength(text)}\r\n`;
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#socket.write(`${method} ${path} HTTP/1.1\r\nHost: ${this.#host}\r\nAccept: application/json\r\n${content}\r\n${text}`);
    });
  }

  /** Like `request`, the answer as data. Throws when the server refuses. */
  async json<T>(method: string, path: string, body?: object, contentType?: string): Promise<T> {
    const reply = await this.request(method, path, body, contentType);
    if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.status} ${reply.body.toString().slice(0, 300)}`);
    return JSON.parse(reply.body.toString()) as T;
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    this.#received.push(bytes);
    this.#size += bytes.length;
    if (this.#expected === 0 && !this.#readHead()) return;
    if (this.#size < this.#expected) return;
    const whole = this.#received.length === 1 ? (this.#received[0] as Buffer) : Buffer.concat(this.#received);
    const reply = { status: Number(whole.toString('latin1', 9, 12)), body: whole.subarray(this.#headEnd) };
    this.#received = [];
    this.#size = this.#expected = 0;
    this.#settle?.resolve(reply);
  }

  #readHead(): boolean {
    const whole = this.#received.length === 1 ? (this.#received[0] as Buffer) : Buffer.concat(this.#received);
    this.#received = [whole];
    const end = whole.indexOf(HEAD_END);
    if (end < 0) return false;
    const length = /\r\ncontent-length: (\d+)/i.exec(whole.toString('latin1', 0, end))?.[1];
    if (length === undefined) throw new Error('a reply without a length');
    this.#headEnd = end + HEAD_END.length;
    this.#expected = this.#headEnd + Number(length);
    return true;
  }
}

/** A watch: `onBytes` is handed whatever comes after the reply's head. Resolves when the server has accepted it. */
export async function openWatch(target: Target, path: string, onBytes: (bytes: Buffer) => void): Promise<{ close(): void }> {
  const socket = await openSocket(target);
  socket.on('error', () => socket.destroy());
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${new URL(target.server).host}\r\nAccept: application/json\r\n\r\n`);
  await new Promise<void>((resolve, reject) => {
    let head = Buffer.alloc(0);
    const onHead = (bytes: Buffer): void => {
      head = Buffer.concat([head, bytes]);
      const end = head.indexOf(HEAD_END);
      if (end < 0) return;
      socket.off('data', onHead);
      socket.on('data', onBytes);
      if (head.toString('latin1', 9, 12) !== '200') reject(new Error(`watch ${path}: ${head.toString()}`));
      const rest = head.subarray(end + HEAD_END.length);
      if (rest.length > 0) onBytes(rest);
      resolve();
    };
    socket.on('data', onHead);
  });
  return { close: () => socket.destroy() };
}

/** Splits a stream into its lines; a line's bytes may come in several pieces. The framing between chunks are lines, too. */
export function eachLine(onLine: (line: string) => void): (bytes: Buffer) => void {
  let rest = '';
  return (bytes) => {
    const lines = (rest + bytes.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  };
}

async function openSocket({ server, ca, cert, key }: Target): Promise<TLSSocket> {
  const { hostname, port } = new URL(server);
  const pem = { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) };
  const socket = connect({ host: hostname, port: Number(port), ...pem });
  socket.setNoDelay(true);
  await once(socket, 'secureConnect');
  return socket;
}
