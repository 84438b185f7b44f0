import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { StatusError } from '#apimachinery';
import { bridgeCommand, COMMAND_PROTOCOLS, forwardChannels, forwardedPorts, upgradeToSpdy } from './index.ts';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void): Promise<string> {
  const server = createServer();
  servers.push(server);
  server.on('upgrade', onUpgrade);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface OpenStream {
  type: string;
  port: string;
  send(data: Buffer, fin?: boolean): void;
}

/** The runtime's side of SPDY, as little of it as a test needs: what arrives on each stream is told to `onData`. */
async function runtime(onData: (stream: OpenStream, data: Buffer, fin: boolean, all: OpenStream[]) => void): Promise<URL> {
  const address = await listen((_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n');
    const streams = new Map<number, OpenStream>();
    let pending = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 8) {
        const length = pending.readUInt32BE(4) & 0xffffff;
        if (pending.length < 8 + length) return;
        const [head, body] = [pending.subarray(0, 8), pending.subarray(8, 8 + length)];
        pending = pending.subarray(8 + length);
        if (((head[0] ?? 0) & 0x80) === 0) {
          const stream = streams.get(head.readUInt32BE(0));
          if (stream !== undefined) onData(stream, Buffer.from(body), ((head[4] ?? 0) & 1) === 1, [...streams.values()]);
        } else if (head.readUInt16BE(2) === 1) {
          const id = body.readUInt32BE(0);
          streams.set(id, {
            type: header(body, 'streamtype'),
            port: header(body, 'port'),
            send: (data, fin) => socket.write(frame(id, data, fin)),
          });
        }
      }
    });
  });
  return new URL(`http://${address}/`);
}

/** The client sends its headers uncompressed: name and value stand there, each behind its length. */
function header(block: Buffer, name: string): string {
  const at = block.indexOf(name);
  if (at < 0) return '';
  const length = block.readUInt32BE(at + name.length);
  return block.toString('latin1', at + name.length + 4, at + name.length + 4 + length);
}

function frame(id: number, data: Buffer, fin = false): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(id, 0);
  head.writeUInt32BE(data.length, 4);
  head[4] = fin ? 1 : 0;
  return Buffer.concat([head, data]);
}

class Client {
  readonly socket: WebSocket;
  readonly messages: Buffer[] = [];
  #check: () => void = () => undefined;

  constructor(url: string, protocols: string[]) {
    this.socket = new WebSocket(url, protocols);
    this.socket.on('message', (data) => {
      this.messages.push(data as Buffer);
      this.#check();
    });
  }

  /** All that has come on a channel. */
  on(channel: number): Buffer {
    return Buffer.concat(this.messages.filter((message) => message[0] === channel).map((message) => message.subarray(1)));
  }

  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#check = () => {
        if (holds()) resolve();
      };
      this.#check();
    });
  }
}

test('each forwarded port has a pair of channels that begin with its number', async () => {
  const url = await runtime((stream, data, fin) => {
    if (stream.type === 'data') stream.send(Buffer.from(`${stream.port}:${data.toString().toUpperCase()}`), fin);
  });
  const address = await listen((request, socket, head) => {
    void forwardChannels(request, socket, head, [80, 8443], () => upgradeToSpdy(url, ['portforward.k8s.io']));
  });
  const client = new Client(`ws://${address}/`, ['v5.channel.k8s.io', 'v4.channel.k8s.io']);
  await client.until(() => client.messages.length === 4);
  expect(client.socket.protocol).toBe('v4.channel.k8s.io');
  expect([0, 1, 2, 3].map((channel) => client.on(channel).readUInt16LE(0))).toEqual([80, 80, 8443, 8443]);
  client.socket.send(Buffer.from('\x00abc'));
  client.socket.send(Buffer.from('\x02def'));
  await client.until(() => client.messages.length === 6);
  expect([client.on(0).toString('latin1', 2), client.on(2).toString('latin1', 2)]).toEqual(['80:ABC', '8443:DEF']);
  client.socket.close();
  await once(client.socket, 'close');
});

test('a megabyte each way arrives whole', async () => {
  const url = await runtime((stream, data) => {
    if (stream.type === 'data') stream.send(data);
  });
  const address = await listen((request, socket, head) => {
    void forwardChannels(request, socket, head, [80], () => upgradeToSpdy(url, ['portforward.k8s.io']));
  });
  const client = new Client(`ws://${address}/`, ['v4.channel.k8s.io']);
  await once(client.socket, 'open');
  const sent = Buffer.alloc(1024 * 1024, 'abcdefghij');
  for (let start = 0; start < sent.length; start += 32_768)
    client.socket.send(Buffer.concat([Buffer.from([0]), sent.subarray(start, start + 32_768)]));
  await client.until(() => client.on(0).length === sent.length + 2);
  expect(client.on(0).subarray(2).equals(sent)).toBe(true);
  client.socket.close();
  await once(client.socket, 'close');
});

test.each([
  [['80'], [80]],
  [
    ['80,443', '8080'],
    [80, 443, 8080],
  ],
])('the ports %j are %j', (values, ports) => {
  expect(forwardedPorts(values)).toEqual(ports);
});

test.each([[[]], [['']], [['x']], [['0']], [['65536']], [['80;90']]])('%j are no ports', (values) => {
  expect(() => forwardedPorts(values)).toThrow(StatusError);
});

test('a command gets its input and its end, and gives back output and result', async () => {
  const url = await runtime((stream, data, fin, all) => {
    const send = (type: string, text: string, end: boolean): void => all.find((item) => item.type === type)?.send(Buffer.from(text), end);
    if (stream.type !== 'stdin') return;
    if (data.length > 0) send('stdout', data.toString().toUpperCase(), false);
    if (!fin) return;
    send('stdout', '', true);
    send('stderr', 'warned', true);
    send('error', '{"status":"Success"}', true);
  });
  const streams = { stdin: true, stdout: true, stderr: true, tty: false };
  const address = await listen((request, socket, head) => {
    void bridgeCommand(request, socket, head, streams, () => upgradeToSpdy(url, COMMAND_PROTOCOLS));
  });
  const client = new Client(`ws://${address}/`, ['v5.channel.k8s.io']);
  await once(client.socket, 'open');
  client.socket.send(Buffer.from('\x00hello'));
  client.socket.send(Buffer.from([255, 0]));
  await once(client.socket, 'close');
  expect([1, 2, 3].map((channel) => client.on(channel).toString())).toEqual(['HELLO', 'warned', '{"status":"Success"}']);
});

test('a runtime that refuses is told to the client as it said it', async () => {
  const server = createServer((_request, response) => {
    response.statusCode = 400;
    response.end('no such container');
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await expect(upgradeToSpdy(url, COMMAND_PROTOCOLS)).rejects.toMatchObject({ code: 400, message: 'no such container' });
});
