import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { httpClient, kubeconfigClient, resources, type Client } from './index.ts';

interface Seen {
  method: string;
  url: string;
  headers: http.IncomingHttpHeaders;
  body: string;
}

let server: http.Server;
let client: Client;
let seen: Seen[];
let answer: (request: Seen, response: http.ServerResponse) => void;
let address: string;

beforeEach(async () => {
  seen = [];
  server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = { method: request.method!, url: request.url!, headers: request.headers, body: Buffer.concat(chunks).toString() };
      seen.push(one);
      answer(one, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = httpClient({ server: address, token: 'secret' });
});

afterEach(async () => {
  await client.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function json(code: number, body: unknown, headers: Record<string, string> = {}): typeof answer {
  return (_, response) => response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

test('items of a list get the kind that stands on the list', async () => {
  answer = json(200, { kind: 'PodList', metadata: { resourceVersion: '7' }, items: [{ metadata: { name: 'a' } }] });
  const list = await client.resource(resources.pods).list({ namespace: 'default', labelSelector: 'app in (a,b)', resourceVersion: '0' });
  expect(list.items[0]).toMatchObject({ apiVersion: 'v1', kind: 'Pod' });
  expect(seen[0]).toMatchObject({
    method: 'GET',
    url: '/api/v1/namespaces/default/pods?labelSelector=app%20in%20(a%2Cb)&resourceVersion=0',
    headers: { authorization: 'Bearer secret' },
  });
});

test('a Status with a code of 400 or more is thrown as StatusError', async () => {
  answer = json(409, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'Conflict', code: 409, message: 'lost' });
  await expect(client.resource(resources.nodes).get({ name: 'a' })).rejects.toMatchObject({
    code: 409,
    reason: 'Conflict',
    message: 'lost',
  });
});

test('an answer that is no Status becomes one', async () => {
  answer = (_, response) => response.writeHead(503).end('proxy says no');
  await expect(client.raw('GET', '/version')).rejects.toMatchObject({ code: 503, reason: 'ServiceUnavailable', message: 'proxy says no' });
});

test('a server that cannot be reached is a 503', async () => {
  await new Promise((resolve) => server.close(resolve));
  await expect(client.resource(resources.pods).list()).rejects.toMatchObject({ code: 503, reason: 'ServiceUnavailable' });
});

test('a patch says of which type it is and names the subresource', async () => {
  answer = json(200, { metadata: { name: 'a' } });
  await client
    .resource(resources.deployments)
    .patch({ name: 'a', namespace: 'b' }, 'merge', { spec: {} }, { subresource: 'status', dryRun: true });
  expect(seen[0]).toMatchObject({
    method: 'PATCH',
    url: '/apis/apps/v1/namespaces/b/deployments/a/status?dryRun=All',
    headers: { 'content-type': 'application/merge-patch+json' },
    body: '{"spec":{}}',
  });
});

test('the request is sent again when the server asks for patience', async () => {
  answer = (request, response) => (seen.length < 3 ? json(429, {}, { 'retry-after': '0' }) : json(200, { ok: true }))(request, response);
  expect(await client.raw('GET', '/version')).toEqual({ ok: true });
  expect(seen).toHaveLength(3);
});

test('a watch yields events and ends when the server ends it', async () => {
  answer = (_, response) => {
    response.write('{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n{"type":"BOOK');
    response.end('MARK","object":{"metadata":{"name":"","resourceVersion":"9"}}}\n');
  };
  const events = await Array.fromAsync(client.resource(resources.pods).watch({ resourceVersion: '5', allowWatchBookmarks: true }));
  expect(events.map((event) => event.type)).toEqual(['ADDED', 'BOOKMARK']);
  expect(seen[0]!.url).toBe('/api/v1/pods?watch=true&resourceVersion=5&allowWatchBookmarks=true');
});

test('an ERROR event of a watch is thrown', async () => {
  answer = (_, response) =>
    response.end('{"type":"ERROR","object":{"kind":"Status","status":"Failure","reason":"Expired","code":410,"message":"too old"}}\n');
  await expect(Array.fromAsync(client.resource(resources.pods).watch())).rejects.toMatchObject({ code: 410, reason: 'Expired' });
});

test('an abort ends a watch without an error', async () => {
  answer = (_, response) => void response.write('{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n');
  const stop = new AbortController();
  const types: string[] = [];
  for await (const event of client.resource(resources.pods).watch({ signal: stop.signal })) {
    types.push(event.type);
    stop.abort();
  }
  expect(types).toEqual(['ADDED']);
});

test('metadata is asked for where that is enough', async () => {
  answer = json(200, { kind: 'PartialObjectMetadataList', metadata: {}, items: [] });
  await client.resource({ ...resources.pods, metadataOnly: true }).list();
  expect(seen[0]!.headers.accept).toBe('application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1');
});

test('a kubeconfig names server and token', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'kubeconfig-'));
  try {
    await writeFile(path.join(folder, 'token'), 'from-file\n');
    const config = {
      'current-context': 'c',
      clusters: [{ name: 'k', cluster: { server: address } }],
      users: [{ name: 'u', user: { tokenFile: 'token' } }],
      contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
    };
    await writeFile(path.join(folder, 'config'), JSON.stringify(config));
    answer = json(200, { gitVersion: 'v1.36.0' });
    const other = await kubeconfigClient(path.join(folder, 'config'));
    expect(await other.raw('GET', '/version')).toEqual({ gitVersion: 'v1.36.0' });
    expect(seen[0]!.headers.authorization).toBe('Bearer from-file');
    await other.close();
    await expect(kubeconfigClient(path.join(folder, 'config'), { context: 'x' })).rejects.toThrow('context "x" does not exist');
  } finally {
    await rm(folder, { recursive: true });
  }
});
