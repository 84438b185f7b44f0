import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { TestApiServer, statusOf } from './api-server.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';

test('bodies that are too large, too deep or no text get upstream’s answers, and the connection lives on', async () => {
  await using server = await TestApiServer.start();
  const large = await server.post(configMaps, { metadata: { name: 'a' }, data: { k: 'x'.repeat(4 * 1024 * 1024) } });
  expect([large.code, statusOf(large).reason, statusOf(large).message]).toEqual([
    413,
    'RequestEntityTooLarge',
    'Request entity is too large: limit is 3145728',
  ]);
  const deep = await server.post(configMaps, `{"metadata":{"name":"a"},"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
  expect([deep.code, statusOf(deep).reason]).toEqual([400, 'BadRequest']);
  const deepYaml = await server.ask('POST', configMaps, {
    body: `x: ${'['.repeat(20_000)}`,
    headers: { 'content-type': 'application/yaml' },
  });
  expect(deepYaml.code).toBe(400);
  const broken = await server.post(configMaps, Buffer.from('{"metadata":{"name":"a"},"data":{"k":"\xff\xfe"}}', 'latin1'));
  expect([broken.code, (broken.body as { data: object }).data]).toEqual([201, { k: '��' }]);
  for (const body of ['{', '', 'null', '[]', '5', '"x"', '\u0000']) expect((await server.post(configMaps, body)).code).toBe(400);
  expect((await server.ask('POST', configMaps, { body: 'x', headers: { 'content-type': 'text/plain' } })).code).toBe(415);
});

test('a chunked body is cut off where it gets too large', async () => {
  await using server = await TestApiServer.start();
  const request = https.request(`${server.url}${configMaps}`, {
    method: 'POST',
    agent: server.agent(),
    headers: { 'content-type': 'application/json' },
  });
  const answered = once(request, 'response') as Promise<[IncomingMessage]>;
  for (let i = 0; i < 5; i++) request.write(Buffer.alloc(1024 * 1024, 'x'));
  request.end();
  const [response] = await answered;
  response.resume();
  expect(response.statusCode).toBe(413);
  expect((await server.get('/readyz')).text).toBe('ok');
});

test('a body that does not come is not waited for longer than the time for a request', async () => {
  await using server = await TestApiServer.start({ requests: { timeout: 200 } });
  const socket = connect({ host: '127.0.0.1', port: server.api.port, ...server.tls() });
  await once(socket, 'secureConnect');
  socket.write(`POST ${configMaps} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{`);
  let text = '';
  socket.on('data', (data: Buffer) => (text += data.toString()));
  await once(socket, 'close');
  expect(text).toMatch(/^HTTP\/1\.1 504 /);
  expect(text).toContain('"message":"Timeout: request did not complete within the allotted timeout"');
});

test('a flood is refused with 429 and told when to come again; administrators are not', async () => {
  await using server = await TestApiServer.start({ requests: { reading: 1, mutating: 0, fairness: false } });
  const someone = await server.user('someone');
  const refused = await server.ask('POST', configMaps, { body: { metadata: { name: 'a' } }, as: someone });
  expect([refused.code, refused.headers['retry-after'], statusOf(refused).message]).toEqual([
    429,
    '1',
    'Too many requests, please try again later.',
  ]);
  expect((await server.post(configMaps, { metadata: { name: 'a' } })).code).toBe(201);
  expect((await server.ask('GET', '/api', { as: someone })).code).not.toBe(429);
});

test('the policy decides what of whom is written down', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'skiff-audit-'));
  const policyFile = join(dir, 'policy.yaml');
  const logPath = join(dir, 'audit.log');
  await writeFile(
    policyFile,
    `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - { level: RequestResponse, users: [admin], resources: [{ group: '', resources: [configmaps] }] }
  - { level: Metadata, users: [someone] }
  - { level: None }
`,
  );
  {
    await using server = await TestApiServer.start({ audit: { policyFile, logPath } });
    await server.post(configMaps, { metadata: { name: 'a' }, data: { k: 'v' } }, { 'audit-id': 'first' });
    await server.ask('GET', `${configMaps}/a`, { as: await server.user('someone') });
    await server.get('/version');
  }
  const events = (await readFile(logPath, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, Record<string, unknown>>);
  expect(events.map(({ level, stage, verb }) => [level, stage, verb])).toEqual([
    ['RequestResponse', 'ResponseComplete', 'create'],
    ['Metadata', 'ResponseComplete', 'get'],
  ]);
  const [made, read] = events as [Record<string, Record<string, unknown>>, Record<string, Record<string, unknown>>];
  expect([made['auditID'], made['requestObject']?.['data'], made['responseObject']?.['kind'], made['responseStatus']?.['code']]).toEqual([
    'first',
    { k: 'v' },
    'ConfigMap',
    201,
  ]);
  expect([read['responseStatus']?.['code'], read['annotations']?.['authorization.k8s.io/decision']]).toEqual([403, 'forbid']);
  await rm(dir, { recursive: true });
});

test('what has left nothing behind: watches and their timers go with their clients', async () => {
  await using server = await TestApiServer.start();
  const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const watches = await Promise.all(
    Array.from({ length: 20 }, () => server.begin('GET', `${configMaps}?watch=1&allowWatchBookmarks=true`)),
  );
  expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length).toBeGreaterThan(before + 20);
  const closed = watches.map((response) => once(response.socket, 'close'));
  for (const response of watches) response.on('error', () => undefined).destroy();
  await Promise.all(closed);
  // The server hears of it a little later; by the time that it has answered once more it has.
  for (let i = 0; i < 20; i++) await server.get('/readyz');
  expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length).toBeLessThan(before + 20);
});
