import { once } from 'node:events';
import type { RequestOptions } from 'node:https';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { kubeconfigClient, resources, type Client } from '#client';
import { TestCluster } from './cluster.ts';
import { adminOptions, send, type Answer } from './https.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

let cluster: TestCluster;
let admin: RequestOptions;
let client: Client;

beforeAll(async () => {
  cluster = await TestCluster.start();
  admin = await adminOptions(cluster);
  client = await kubeconfigClient(cluster.kubeconfig);
});
afterAll(async () => {
  await client?.close();
  await cluster?.delete();
});

async function post(body: string | Buffer, headers: Record<string, string> = { 'content-type': 'application/json' }): Promise<Answer> {
  return await send(
    { ...admin, method: 'POST', path: CONFIG_MAPS, headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) } },
    body,
  );
}

const status = ({ body }: Answer): { kind?: string; code?: number; reason?: string; message?: string } => JSON.parse(body) as object;

test('a body over 3 MB is refused with 413', async () => {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'big' }, data: { a: 'x'.repeat(3 * 1024 * 1024) } };
  const answer = await post(JSON.stringify(object));
  expect(answer.code).toBe(413);
  expect(status(answer)).toMatchObject({
    kind: 'Status',
    code: 413,
    reason: 'RequestEntityTooLarge',
    message: expect.stringContaining('limit is 3145728') as unknown,
  });
});

test('a body over 3 MB that does not tell its length is refused as well', async () => {
  const answer = await send(
    { ...admin, method: 'POST', path: CONFIG_MAPS, headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' } },
    Buffer.alloc(4 * 1024 * 1024, 0x20),
  );
  expect(answer.code).toBe(413);
});

test('a field whose name is no UTF-8 is a field that does not exist', async () => {
  const answer = await post(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]));
  expect(status(answer)).toMatchObject({
    kind: 'Status',
    code: 422,
    reason: 'Invalid',
    message: expect.stringContaining('name or generateName is required') as unknown,
  });
});

test('a body that is not JSON, not an object, or too deep is a bad request', async () => {
  const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
  const bodies = ['{"kind": ', '[1, 2]', '"text"', '', deep];
  for (const body of bodies) {
    const answer = await post(body);
    expect({ code: answer.code, kind: status(answer).kind, reason: status(answer).reason }).toEqual({
      code: 400,
      kind: 'Status',
      reason: 'BadRequest',
    });
  }
});

test('what cannot be read or written in a form is said with 415 and 406', async () => {
  expect((await post('<configmap/>', { 'content-type': 'text/xml' })).code).toBe(415);
  expect((await send({ ...admin, path: CONFIG_MAPS, headers: { accept: 'image/png' } })).code).toBe(406);
  const patch = await send({ ...admin, method: 'PATCH', path: `${CONFIG_MAPS}/a`, headers: { 'content-type': 'text/plain' } }, '{}');
  expect(patch.code).toBe(415);
});

test('paths and methods that do not exist are said with 404 and 405', async () => {
  expect((await send({ ...admin, path: '/apis/nonsense/v1/things' })).code).toBe(404);
  expect((await send({ ...admin, path: '/api/v1/namespaces/default/nonsense' })).code).toBe(404);
  expect((await send({ ...admin, path: CONFIG_MAPS, method: 'PUT' }, '{}')).code).toBe(405);
});

test('nobody gets in without a certificate, nor with one of another authority', async () => {
  const { cert: _cert, key: _key, ...anonymous } = admin;
  expect((await send({ ...anonymous, path: CONFIG_MAPS })).code).toBe(403);
  expect((await send({ ...anonymous, path: CONFIG_MAPS, headers: { authorization: 'Bearer nonsense' } })).code).toBe(401);
  expect((await send({ ...anonymous, path: '/version' })).code).toBe(200);
});

test('a client that stops reading its watch holds up nobody', async () => {
  const { hostname, port, ca, cert, key } = admin;
  const stalled = connect(Number(port), String(hostname), { ca, cert, key, servername: 'kubernetes' });
  await once(stalled, 'secureConnect');
  stalled.write(`GET ${CONFIG_MAPS}?watch=true HTTP/1.1\r\nhost: kubernetes\r\naccept: application/json\r\n\r\n`);
  await once(stalled, 'data');
  stalled.pause();

  const configMaps = client.resource(resources.configMaps);
  const stop = new AbortController();
  const seen = new Set<string>();
  const watching = (async () => {
    for await (const { object } of configMaps.watch({ namespace: 'default', signal: stop.signal })) {
      seen.add(object.metadata.name);
      if (seen.has('flood-199')) stop.abort();
    }
  })();
  // 40 MB of events: far more than the buffers between the two hold.
  const data = { a: 'x'.repeat(200_000) };
  for (let i = 0; i < 200; i++) await configMaps.create({ metadata: { name: `flood-${i}`, namespace: 'default' }, data });
  await watching;
  expect([...seen].filter((name) => name.startsWith('flood-'))).toHaveLength(200);
  expect((await send({ ...admin, path: '/readyz' })).body).toBe('ok');

  // When it reads again, it gets what it missed in order, or the end of the stream: nothing in between is missing.
  let text = '';
  const ended = new Promise<void>((resolve) => {
    stalled.on('data', (part: Buffer) => {
      text += part.toString('latin1');
      if (text.includes('"flood-199"')) resolve();
    });
    stalled.once('close', () => resolve());
    stalled.once('error', () => resolve());
  });
  stalled.resume();
  await ended;
  const names = [...new Set([...text.matchAll(/"name":"(flood-\d+)"/g)].map((match) => match[1]))];
  expect(names).toEqual(Array.from({ length: names.length }, (_, i) => `flood-${i}`));
  stalled.destroy();
});
