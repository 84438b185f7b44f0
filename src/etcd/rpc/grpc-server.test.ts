import { once } from 'node:events';
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCertificates, type TestCertificates } from '../../../test/etcd/certificates.ts';
import { listenGrpc, type GrpcServer } from './grpc-server.ts';
import type { Header } from './messages.ts';
import { codec } from './messages.ts';
import { unary } from './method.ts';

const headers = codec<Header>('ResponseHeader');
const asked: number[] = [];
let certificates: TestCertificates;
let server: GrpcServer;
let session: ClientHttp2Session;

beforeAll(async () => {
  certificates = await makeCertificates();
  const echo = unary((request: Header) => {
    asked.push(Number(request.member_id));
    return request;
  });
  const codecs = { request: headers, response: headers } as never;
  const methods = new Map([['/test.Echo/Echo', echo(codecs)]]);
  server = await listenGrpc({ host: '127.0.0.1', port: 0, tls: certificates.server, methods, maxRequestBytes: 1000 });
  session = connect(`https://127.0.0.1:${server.port}`, certificates.client);
});

afterAll(async () => {
  session.destroy();
  await server.close();
  await certificates.dispose();
});

function framed(message: Buffer, flag = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** What comes back: the status wherever it stands, and the body. */
async function ask(
  path: string,
  parts: Buffer[],
  type = 'application/grpc',
): Promise<{ http: number; status: unknown; message: unknown; body: Buffer }> {
  const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': type, te: 'trailers' });
  const trailers = new Promise<IncomingHttpHeaders>((resolve) => {
    stream.once('trailers', resolve);
    stream.once('close', () => resolve({}));
  });
  const [first] = (await Promise.all([once(stream, 'response'), send()]))[0] as [IncomingHttpHeaders & { ':status'?: number }];
  const body: Buffer[] = [];
  for await (const part of stream) body.push(part as Buffer);
  const last = { ...first, ...(await trailers) };
  return { http: first[':status'] ?? 0, status: last['grpc-status'], message: last['grpc-message'], body: Buffer.concat(body) };

  async function send(): Promise<void> {
    for (const part of parts) {
      stream.write(part);
      await new Promise(setImmediate);
    }
    stream.end();
  }
}

const request = headers.encode({ cluster_id: 1, member_id: 2, revision: 3, raft_term: 4 });

test('answers a message, whole or byte by byte', async () => {
  for (const parts of [[framed(request)], [...framed(request)].map((byte) => Buffer.of(byte))])
    expect(await ask('/test.Echo/Echo', parts)).toMatchObject({ http: 200, status: '0', body: framed(request) });
});

test('refuses what it does not know, or cannot read, with the code that says so, and goes on', async () => {
  expect(await ask('/test.Echo/Other', [framed(request)])).toMatchObject({ status: '12', message: 'unknown method /test.Echo/Other' });
  expect(await ask('/test.Echo/Echo', [framed(request, 1)])).toMatchObject({ status: '12' });
  expect(await ask('/test.Echo/Echo', [framed(Buffer.alloc(1001))])).toMatchObject({
    status: '8',
    message: 'grpc: received message larger than max (1001 vs. 1000)',
  });
  expect(await ask('/test.Echo/Echo', [framed(Buffer.from([0x08]))])).toMatchObject({ status: '13' });
  expect((await ask('/test.Echo/Echo', [], 'text/plain')).http).toBe(415);
  expect(await ask('/test.Echo/Echo', [framed(request)])).toMatchObject({ status: '0' });
});
