import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { TestApiServer } from './api-server.ts';

let server: TestApiServer;
let target: Server;
let port = 0;
const pods = '/api/v1/namespaces/default/pods';

/** What runs in the pod: tells what it was asked, and echoes WebSocket messages. */
beforeAll(async () => {
  target = createServer((request, response) => {
    response.setHeader('x-path', request.url ?? '');
    response.end(`${request.method} ${request.headers.authorization ?? 'no credentials'}`);
  });
  const echo = new WebSocketServer({ server: target });
  echo.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
  target.listen(0, '127.0.0.1');
  await once(target, 'listening');
  port = (target.address() as AddressInfo).port;
  server = await TestApiServer.start();
  await server.post('/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
  await server.post(pods, { metadata: { name: 'p' }, spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] } });
  await server.patch(`${pods}/p/status`, { status: { phase: 'Running', podIP: '127.0.0.1', podIPs: [{ ip: '127.0.0.1' }] } });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  target.closeAllConnections();
  target.close();
});

test.each([
  ['GET', '/a/b?c=d', '/a/b?c=d'],
  ['GET', '', '/'],
  ['DELETE', '/with%2Fslash', '/with%2Fslash'],
  ['HEAD', '/x', '/x'],
])('%s of …/proxy%s reaches the pod at %s, without the client’s credentials', async (method, path, seen) => {
  const answer = await server.ask(method, `${pods}/p:${port}/proxy${path}`);
  expect([answer.code, answer.headers['x-path'], answer.text]).toEqual([200, seen, method === 'HEAD' ? '' : `${method} no credentials`]);
});

test('the name may be encoded, and name a scheme', async () => {
  expect((await server.get(`${pods}/http%3Ap%3A${port}/proxy/x`)).headers['x-path']).toBe('/x');
});

test('a WebSocket goes through to the pod', async () => {
  const socket = new WebSocket(`wss://127.0.0.1:${server.api.port}${pods}/p:${port}/proxy/ws`, server.tls());
  await once(socket, 'open');
  const answered = once(socket, 'message');
  socket.send('hello');
  const [data] = (await answered) as [Buffer];
  expect(data.toString()).toBe('hello');
  socket.close();
  await once(socket, 'close');
});

test('a pod that is not there is 404, one that does not answer is 503 with the cause', async () => {
  expect((await server.get(`${pods}/none/proxy/`)).code).toBe(404);
  const dead = createServer();
  dead.listen(0, '127.0.0.1');
  await once(dead, 'listening');
  const { port: closed } = dead.address() as AddressInfo;
  dead.close();
  await once(dead, 'close');
  const answer = await server.get<{ message: string }>(`${pods}/p:${closed}/proxy/`);
  expect([answer.code, answer.body.message]).toEqual([503, expect.stringMatching(/^error trying to reach service: .*ECONNREFUSED/)]);
});

test('to get into a pod over WebSocket one needs create, not only get', async () => {
  const someone = await server.user('someone');
  const rules = [{ apiGroups: [''], resources: ['pods/exec'], verbs: ['get'] }];
  const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
  await server.post(`${rbac}/roles`, { metadata: { name: 'r' }, rules });
  const subjects = [{ kind: 'User', name: 'someone', apiGroup: 'rbac.authorization.k8s.io' }];
  await server.post(`${rbac}/rolebindings`, {
    metadata: { name: 'r' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
    subjects,
  });
  const codeFor = async (): Promise<number> => {
    const socket = new WebSocket(
      `wss://127.0.0.1:${server.api.port}${pods}/p/exec?command=ls&stdout=1`,
      ['v5.channel.k8s.io'],
      server.tls(someone),
    );
    socket.on('error', () => undefined);
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
    socket.terminate();
    return response.statusCode;
  };
  expect(await codeFor()).toBe(403);
  await server.patch(`${rbac}/roles/r`, { rules: [{ apiGroups: [''], resources: ['pods/exec'], verbs: ['get', 'create'] }] });
  // Now it gets as far as the pod's node, which does not exist.
  expect(await codeFor()).toBe(404);
});
