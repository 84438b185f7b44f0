import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { badRequest } from '#apimachinery';
import type { WebSocket } from 'ws';
import { acceptWebSocket, offeredProtocols, toBuffer } from './web-socket.ts';
import { SpdyConnection, type SpdyStream } from './spdy-connection.ts';
import type { Upgraded } from './upgrade.ts';

/** What clients offer that carry a port in a pair of channels: data on the even one, errors on the odd one behind it. */
const PROTOCOLS = ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io'];
/** Beyond so many bytes that the client has not taken, the port has to wait. */
const HIGH_WATER = 1024 * 1024;

/** The ports in `?ports=80&ports=443,8080`, in the order of their channels. Throws 400. */
export function forwardedPorts(values: readonly string[]): number[] {
  const texts = values.flatMap((value) => value.split(',')).filter((text) => text !== '');
  if (texts.length === 0) throw badRequest('query parameter "ports" is required');
  return texts.map((text) => {
    const port = Number(text);
    if (!/^\d+$/.test(text) || port < 1 || port > 65_535) throw badRequest(`unable to parse ${JSON.stringify(text)} as a port`);
    return port;
  });
}

export function offersChannels(request: IncomingMessage): boolean {
  return offeredProtocols(request).some((name) => PROTOCOLS.includes(name));
}

/** Serves a client that speaks WebSocket channels from a runtime that speaks SPDY: one connection to each port. Resolves when it is over. */
export async function forwardChannels(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  ports: readonly number[],
  connect: () => Promise<Upgraded>,
): Promise<void> {
  const offered = offeredProtocols(request);
  const protocol = PROTOCOLS.find((name) => offered.includes(name)) as string;
  const upgraded = await connect();
  const client = await acceptWebSocket(request, socket, head, protocol);
  const bridge = new PortBridge(client, new SpdyConnection(upgraded.socket, upgraded.head), upgraded.socket, protocol.includes('base64'));
  ports.forEach((port, index) => bridge.forward(port, index));
  await bridge.done;
}

class PortBridge {
  readonly done: Promise<void>;
  readonly #client: WebSocket;
  readonly #connection: SpdyConnection;
  readonly #runtime: Duplex;
  readonly #isBase64: boolean;
  /** By channel. */
  readonly #inputs = new Map<number, SpdyStream>();
  #finish: () => void = () => undefined;

  constructor(client: WebSocket, connection: SpdyConnection, runtime: Duplex, isBase64: boolean) {
    this.#client = client;
    this.#connection = connection;
    this.#runtime = runtime;
    this.#isBase64 = isBase64;
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
    client.on('message', (data) => this.#receive(toBuffer(data)));
    client.on('close', () => this.#end());
    client.on('error', () => this.#end());
    runtime.on('close', () => client.close(1000));
  }

  forward(port: number, index: number): void {
    const headers = { port: String(port), requestid: String(index) };
    const error = this.#connection.open({ ...headers, streamtype: 'error' });
    // Nothing is ever sent on it; that it has ended tells the runtime so.
    error.end();
    const data = this.#connection.open({ ...headers, streamtype: 'data' });
    this.#inputs.set(index * 2, data);
    // Each channel begins with the number of its port.
    const announced = Buffer.from([port & 0xff, port >> 8]);
    this.#output(data, index * 2, announced);
    this.#output(error, index * 2 + 1, announced);
  }

  #output(stream: SpdyStream, channel: number, announced: Buffer): void {
    this.#send(channel, announced);
    stream.on('data', (data: Buffer) => {
      this.#send(channel, data);
      if (this.#client.bufferedAmount <= HIGH_WATER) return;
      stream.pause();
      // An empty ping's callback comes when everything before it has been written to the socket.
      this.#client.ping(undefined, undefined, () => stream.resume());
    });
  }

  #send(channel: number, data: Buffer): void {
    if (this.#client.readyState !== this.#client.OPEN) return;
    if (this.#isBase64) this.#client.send(String.fromCharCode(0x30 + channel) + data.toString('base64'));
    else this.#client.send(Buffer.concat([Buffer.from([channel]), data]), { binary: true });
  }

  #receive(message: Buffer): void {
    if (message.length === 0) return;
    const first = message[0] as number;
    const stream = this.#inputs.get(this.#isBase64 ? first - 0x30 : first);
    if (stream === undefined || stream.writableEnded) return;
    const data = this.#isBase64 ? Buffer.from(message.toString('latin1', 1), 'base64') : message.subarray(1);
    if (data.length === 0 || stream.write(data)) return;
    this.#client.pause();
    stream.once('drain', () => this.#client.resume());
  }

  #end(): void {
    for (const stream of this.#inputs.values()) stream.end();
    this.#runtime.destroy();
    this.#finish();
  }
}
