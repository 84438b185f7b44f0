import { once } from 'node:events';
import { connect } from 'node:tls';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { TestApiServer, type Asking } from './api-server.ts';
import { Watching, type SeenEvent } from './watching.ts';

let server: TestApiServer;
let namespace = '';
let configMaps = '';
let counter = 0;

beforeAll(async () => {
  server = await TestApiServer.start();
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

beforeEach(async () => {
  namespace = `watch-${++counter}`;
  configMaps = `/api/v1/namespaces/${namespace}/configmaps`;
  await server.post('/api/v1/namespaces', { metadata: { name: namespace } });
});

async function create(name: string, labels?: Record<string, string>): Promise<string> {
  const { body } = await server.post(configMaps, { metadata: { name, labels } });
  return (body as { metadata: { resourceVersion: string } }).metadata.resourceVersion;
}

async function watch(query: string, asking: Asking = {}, path = configMaps): Promise<Watching> {
  return new Watching(await server.begin('GET', `${path}?watch=1&${query}`, asking));
}

async function revision(): Promise<string> {
  return (await server.get<{ metadata: { resourceVersion: string } }>(`${configMaps}?limit=1`)).body.metadata.resourceVersion;
}

test('a watch without a revision tells of present objects, then of changes', async () => {
  await create('a');
  const watching = await watch('');
  await watching.count(1);
  await create('b');
  await server.patch(`${configMaps}/a`, { data: { x: '1' } });
  await server.delete(`${configMaps}/b`);
  await watching.count(4);
  expect(watching.story).toEqual(['ADDED a', 'ADDED b', 'MODIFIED a', 'DELETED b']);
  watching.close();
});

test('a watch from a revision tells each later change once, and the deletion under its own revision', async () => {
  const first = await create('a');
  await create('b');
  await server.delete(`${configMaps}/a`);
  const watching = await watch(`resourceVersion=${first}`);
  const events = await watching.count(2);
  expect(watching.story).toEqual(['ADDED b', 'DELETED a']);
  expect(Number(events[1]?.object.metadata.resourceVersion)).toBeGreaterThan(Number(events[0]?.object.metadata.resourceVersion));
  watching.close();
});

test('objects come into the view of a selector as ADDED and leave it as DELETED', async () => {
  const from = await revision();
  const watching = await watch(`resourceVersion=${from}&labelSelector=${encodeURIComponent('app=x')}`);
  await create('a', { app: 'y' });
  await server.patch(`${configMaps}/a`, { metadata: { labels: { app: 'x' } } });
  await server.patch(`${configMaps}/a`, { data: { k: 'v' } });
  await server.patch(`${configMaps}/a`, { metadata: { labels: { app: 'z' } } });
  await create('b', { app: 'x' });
  const events = await watching.count(4);
  expect(watching.story).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a', 'ADDED b']);
  expect(events[2]?.object.metadata.labels).toEqual({ app: 'x' });
  watching.close();
});

test('a watch by name sees that object alone', async () => {
  const watching = await watch(`resourceVersion=${await revision()}&fieldSelector=metadata.name%3Db`);
  await create('a');
  await create('b');
  await create('c');
  await server.delete(`${configMaps}/b`);
  await watching.count(2);
  expect(watching.story).toEqual(['ADDED b', 'DELETED b']);
  watching.close();
});

test('a streaming list ends its initial events with a bookmark that says so', async () => {
  await create('a');
  await create('b');
  const watching = await watch('sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true');
  const events = await watching.count(3);
  expect(watching.story).toEqual(['ADDED a', 'ADDED b', 'BOOKMARK']);
  expect(events[2]?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
  expect(events[2]?.object.kind).toBe('ConfigMap');
  watching.close();
});

test('sendInitialEvents=false leaves the present objects out', async () => {
  await create('a');
  const watching = await watch('sendInitialEvents=false&resourceVersionMatch=NotOlderThan');
  await create('b');
  await watching.count(1);
  expect(watching.story).toEqual(['ADDED b']);
  watching.close();
});

test.each([
  ['sendInitialEvents=true', 'resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'],
  [
    'resourceVersionMatch=NotOlderThan',
    'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
  ],
  [
    'sendInitialEvents=true&resourceVersionMatch=Exact',
    'resourceVersionMatch: Unsupported value: "Exact": supported values: "NotOlderThan"',
  ],
])('a watch with %s is refused with 422', async (query, problem) => {
  const answer = await server.get<{ message: string }>(`${configMaps}?watch=1&${query}`);
  expect([answer.code, answer.body.message]).toEqual([422, `ListOptions.meta.k8s.io "" is invalid: ${problem}`]);
});

test('timeoutSeconds ends a watch as a whole answer', async () => {
  const watching = await watch('timeoutSeconds=1&allowWatchBookmarks=true');
  expect((await watching.end()).map(({ type }) => type)).toEqual(['BOOKMARK']);
  expect(watching.response.complete).toBe(true);
});

test('a compacted revision is answered with 410 Expired in the stream', async () => {
  const old = await create('a');
  for (let i = 0; i < 5; i++) await server.patch(`${configMaps}/a`, { data: { i: String(i) } });
  await server.shut();
  await server.open();
  await server.etcd.compact(server.etcd.revision);
  const watching = await watch(`resourceVersion=${old}`);
  const [event] = await watching.end();
  expect([watching.response.statusCode, event?.type, event?.object.code, event?.object.reason]).toEqual([200, 'ERROR', 410, 'Expired']);
});

test('a watch goes on from a revision of before a restart', async () => {
  const before = await create('a');
  await server.patch(`${configMaps}/a`, { data: { x: '1' } });
  await create('b');
  await server.delete(`${configMaps}/b`);
  await server.shut();
  await server.open();
  const watching = await watch(`resourceVersion=${before}`);
  await create('c');
  await watching.count(4);
  expect(watching.story).toEqual(['MODIFIED a', 'ADDED b', 'DELETED b', 'ADDED c']);
  watching.close();
});

test('a selector holds for the replayed past, too', async () => {
  const before = await create('a', { app: 'x' });
  await server.patch(`${configMaps}/a`, { metadata: { labels: { app: 'y' } } });
  await create('b', { app: 'y' });
  await server.shut();
  await server.open();
  const watching = await watch(`resourceVersion=${before}&labelSelector=app%3Dx`);
  await create('c', { app: 'x' });
  await watching.count(2);
  expect(watching.story).toEqual(['DELETED a', 'ADDED c']);
  watching.close();
});

test('Tables name their columns in the first event only', async () => {
  await create('a');
  await create('b');
  const watching = await watch('', { headers: { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' } });
  const [first, second] = (await watching.count(2)) as unknown as {
    object: { kind: string; columnDefinitions: unknown[]; rows: { cells: unknown[]; object: { kind: string } }[] };
  }[];
  expect(first?.object.kind).toBe('Table');
  expect(first?.object.columnDefinitions.length).toBeGreaterThan(1);
  expect(second?.object.columnDefinitions).toEqual([]);
  expect(second?.object.rows[0]?.cells[0]).toBe('b');
  expect(second?.object.rows[0]?.object.kind).toBe('PartialObjectMetadata');
  watching.close();
});

test('the metadata-only form goes for events and bookmarks', async () => {
  await create('a');
  const query = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
  const watching = await watch(query, { headers: { accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1' } });
  const events = await watching.count(2);
  expect(events.map(({ object }) => [object.kind, object.apiVersion])).toEqual([
    ['PartialObjectMetadata', 'meta.k8s.io/v1'],
    ['PartialObjectMetadata', 'meta.k8s.io/v1'],
  ]);
  watching.close();
});

test('the old path with /watch/ still watches', async () => {
  await create('a');
  const watching = new Watching(await server.begin('GET', `/api/v1/watch/namespaces/${namespace}/configmaps`));
  await watching.count(1);
  expect(watching.story).toEqual(['ADDED a']);
  watching.close();
});

test('protobuf events come with their length in front', async () => {
  await create('a');
  const response = await server.begin('GET', `${configMaps}?watch=1`, {
    headers: { accept: 'application/vnd.kubernetes.protobuf;stream=watch' },
  });
  const [bytes] = (await once(response, 'data')) as [Buffer];
  expect(response.headers['content-type']).toBe('application/vnd.kubernetes.protobuf;stream=watch');
  expect(bytes.readUInt32BE(0)).toBe(bytes.length - 4);
  response.destroy();
});

test('a watch over WebSocket gets a message for each event', async () => {
  await create('a');
  const socket = new WebSocket(`wss://127.0.0.1:${server.api.port}${configMaps}?watch=1`, server.tls());
  const events: SeenEvent[] = [];
  socket.on('message', (data, isBinary) => {
    expect(isBinary).toBe(false);
    events.push(JSON.parse((data as Buffer).toString()) as SeenEvent);
  });
  await once(socket, 'message');
  const next = once(socket, 'message');
  await create('b');
  await next;
  expect(events.map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual(['ADDED a', 'ADDED b']);
  socket.close();
  await once(socket, 'close');
});

test('what is no watch cannot be had over WebSocket', async () => {
  const socket = new WebSocket(`wss://127.0.0.1:${server.api.port}${configMaps}`, server.tls());
  socket.on('error', () => undefined);
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
  expect(response.statusCode).toBe(400);
  socket.terminate();
});

test('a client that stops reading is cut off, and nobody else notices', async () => {
  await create('a');
  const lazy = await server.begin('GET', `${configMaps}?watch=1&resourceVersion=${await revision()}`, {});
  lazy.pause();
  const gone = new Promise<void>((resolve) => lazy.socket.on('close', () => resolve()));
  lazy.on('error', () => undefined);
  const watching = await watch(`resourceVersion=${await revision()}`);
  const payload = 'x'.repeat(900_000);
  const rounds = 40;
  for (let i = 0; i < rounds; i++) await server.patch(`${configMaps}/a`, { data: { payload, i: String(i) } });
  await watching.count(rounds);
  expect(watching.events.length).toBe(rounds);
  // What had been sent before stays in the buffers of the connection; reading them shows that it has ended.
  lazy.resume();
  await gone;
  watching.close();
});

test('a list on the way of a pipelined connection does not lose the watch behind it', async () => {
  await create('a');
  const socket = connect({ host: '127.0.0.1', port: server.api.port, ...server.tls() });
  await once(socket, 'secureConnect');
  let text = '';
  const done = new Promise<void>((resolve) => {
    socket.on('data', (data: Buffer) => {
      text += data.toString();
      if (text.includes('"type":"ADDED"')) resolve();
    });
  });
  const head = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`;
  socket.write(head(`${configMaps}/a`) + head(`${configMaps}?watch=1`));
  await done;
  expect(text.indexOf('"type":"ADDED"')).toBeGreaterThan(text.lastIndexOf('HTTP/1.1 200'));
  socket.destroy();
});
