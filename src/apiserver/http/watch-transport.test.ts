import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { responseTransport } from './watch-transport.ts';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(onRequest: (request: IncomingMessage, response: ServerResponse) => void): Promise<number> {
  const server = createServer(onRequest);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function textOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

test('events arrive as chunks, and the end is an end', async () => {
  const port = await serve((_request, response) => {
    const transport = responseTransport(response, { 'x-more': 'yes' });
    transport.open('application/json');
    transport.write(transport.frame(Buffer.from('one\n')));
    transport.write(transport.frame(Buffer.from('two\n')));
    transport.end();
  });
  const [response] = (await once(request({ port }).end(), 'response')) as [IncomingMessage];
  expect([response.headers['x-more'], response.headers['transfer-encoding'], await textOf(response), response.complete]).toEqual([
    'yes',
    'chunked',
    'one\ntwo\n',
    true,
  ]);
});

test('a connection on which nothing happens is told of, and lives on', async () => {
  const port = await serve((_request, response) => {
    const transport = responseTransport(response, {});
    transport.open('application/json');
    transport.onStill(20, () => {
      transport.write(transport.frame(Buffer.from(`still, ${transport.backlog} waiting\n`)));
      transport.end();
    });
  });
  const [response] = (await once(request({ port }).end(), 'response')) as [IncomingMessage];
  expect([await textOf(response), response.complete]).toEqual(['still, 0 waiting\n', true]);
});

test('HTTP/1.0 has no chunks: there the connection’s end is the end', async () => {
  const port = await serve((_request, response) => {
    const transport = responseTransport(response, {});
    transport.open('application/json');
    transport.write(transport.frame(Buffer.from('one\n')));
    transport.end();
  });
  const socket = connect(port, '127.0.0.1');
  socket.write('GET / HTTP/1.0\r\n\r\n');
  let text = '';
  socket.on('data', (data: Buffer) => (text += data.toString()));
  await once(socket, 'close');
  expect(text.split('\r\n\r\n')[1]).toBe('one\n');
});

test('whoever leaves is noticed', async () => {
  const gone = Promise.withResolvers<void>();
  const port = await serve((_request, response) => {
    const transport = responseTransport(response, {});
    transport.onClose(() => gone.resolve());
    transport.open('application/json');
  });
  const asking = request({ port }).end();
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  response.on('error', () => undefined);
  asking.destroy();
  await gone.promise;
  expect(response.complete).toBe(false);
});
