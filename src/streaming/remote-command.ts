import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { SpdyConnection, type SpdyStream } from './spdy-connection.ts';
import type { Upgraded } from './upgrade.ts';
import { acceptWebSocket, offeredProtocols, toBuffer } from './web-socket.ts';

/** Which streams a command has. */
export interface CommandStreams {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
}

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const ERROR = 3;
const RESIZE = 4;
/** In v5: the channel named in the message has ended. */
const CLOSE = 255;

const PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io', 'v4.base64.channel.k8s.io', 'base64.channel.k8s.io', 'channel.k8s.io'];
/** The versions that a runtime is asked for, best first. */
export const COMMAND_PROTOCOLS = ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io'];
/** Beyond so many bytes that the client has not taken, the command has to wait. */
const HIGH_WATER = 1024 * 1024;

/**
 * Serves a client that speaks WebSocket channels (exec, attach) from a runtime that speaks SPDY streams. Calls `connect`
 * only when the client's protocol is understood. Resolves when the session is over.
 */
export async function bridgeCommand(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  streams: CommandStreams,
  connect: () => Promise<Upgraded>,
): Promise<void> {
  const offered = offeredProtocols(request);
  const protocol = PROTOCOLS.find((item) => offered.includes(item)) ?? (offered.length === 0 ? 'channel.k8s.io' : undefined);
  if (protocol === undefined) {
    socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    return;
  }
  const upgraded = await connect();
  const client = await acceptWebSocket(request, socket, head, offered.length === 0 ? undefined : protocol);
  await new CommandBridge(client, new SpdyConnection(upgraded.socket, upgraded.head), upgraded.socket, streams, protocol).done;
}

class CommandBridge {
  readonly done: Promise<void>;
  readonly #client: WebSocket;
  readonly #runtime: Duplex;
  readonly #base64: boolean;
  readonly #inputs = new Map<number, SpdyStream>();
  #open = 0;
  #finish: () => void = () => undefined;

  constructor(client: WebSocket, connection: SpdyConnection, runtime: Duplex, streams: CommandStreams, protocol: string) {
    this.#client = client;
    this.#runtime = runtime;
    this.#base64 = protocol.includes('base64');
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#output(connection.open({ streamtype: 'error' }), ERROR);
    if (streams.stdin) this.#inputs.set(STDIN, connection.open({ streamtype: 'stdin' }));
    if (streams.stdout) this.#output(connection.open({ streamtype: 'stdout' }), STDOUT);
    if (streams.stderr && !streams.tty) this.#output(connection.open({ streamtype: 'stderr' }), STDERR);
    if (streams.tty) this.#inputs.set(RESIZE, connection.open({ streamtype: 'resize' }));
    client.on('message', (data) => this.#input(toBuffer(data)));
    client.on('close', () => this.#end());
    client.on('error', () => this.#end());
    runtime.on('close', () => client.close(1000));
    // An empty message on the first channel that carries output tells the client that the command is connected.
    this.#send(streams.stdout ? STDOUT : streams.stderr ? STDERR : ERROR, Buffer.alloc(0));
  }

  #output(stream: SpdyStream, channel: number): void {
    this.#open++;
    stream.on('data', (data: Buffer) => {
      this.#send(channel, data);
      if (this.#client.bufferedAmount <= HIGH_WATER) return;
      stream.pause();
      this.#whenTaken(() => stream.resume());
    });
    stream.on('end', () => {
      if (--this.#open === 0) this.#client.close(1000);
    });
  }

  #whenTaken(resume: () => void): void {
    // An empty ping's callback comes when everything before it has been written to the socket.
    this.#client.ping(undefined, undefined, resume);
  }

  #send(channel: number, data: Buffer): void {
    if (this.#client.readyState !== this.#client.OPEN) return;
    if (this.#base64) this.#client.send(String(channel) + data.toString('base64'));
    else this.#client.send(Buffer.concat([Buffer.from([channel]), data]), { binary: true });
  }

  #input(message: Buffer): void {
    if (message.length === 0) return;
    const first = message[0] as number;
    if (this.#base64) {
      this.#inputs.get(first - 0x30)?.write(Buffer.from(message.toString('latin1', 1), 'base64'));
      return;
    }
    if (first === CLOSE) {
      this.#inputs.get(message[1] ?? -1)?.end();
      return;
    }
    const stream = this.#inputs.get(first);
    if (stream === undefined || stream.writableEnded) return;
    if (stream.write(message.subarray(1))) return;
    this.#client.pause();
    stream.once('drain', () => this.#client.resume());
  }

  #end(): void {
    for (const stream of this.#inputs.values()) stream.end();
    this.#runtime.destroy();
    this.#finish();
  }
}
