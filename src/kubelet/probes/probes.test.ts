import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { probeHttp, probeTcp } from './index.ts';

let server: Server;
let port: number;
beforeAll(async () => {
  server = createServer((request, response) => {
    const path = request.url ?? '';
    if (path === '/slow') return;
    if (path === '/away') response.writeHead(302, { location: 'http://elsewhere.invalid/' });
    else if (path === '/here') response.writeHead(302, { location: '/ok' });
    else response.writeHead(path === '/ok' ? 200 : 503);
    response.end(request.headers['user-agent']);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const get = (path: string, timeoutMs = 1000): ReturnType<typeof probeHttp> =>
  probeHttp({ url: new URL(path, `http://127.0.0.1:${port}`), headers: {}, timeoutMs });

test('an answer from 200 to 399 is success, redirects are followed within the host', async () => {
  expect(await get('/ok')).toEqual({ result: 'success', output: 'kube-probe/1.36' });
  expect((await get('/here')).output).toBe('kube-probe/1.36');
  expect((await get('/away')).result).toBe('success');
});

test('failures are worded as events show them', async () => {
  expect(await get('/bad')).toEqual({ result: 'failure', output: 'HTTP probe failed with statuscode: 503' });
  expect((await get('/slow', 20)).output).toBe(
    `Get "http://127.0.0.1:${port}/slow": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
  );
  const closed = createServer();
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
  const { port: free } = closed.address() as AddressInfo;
  await new Promise((resolve) => closed.close(resolve));
  expect(await probeTcp('127.0.0.1', free, 1000)).toEqual({
    result: 'failure',
    output: `dial tcp 127.0.0.1:${free}: connect: connection refused`,
  });
  expect((await probeHttp({ url: new URL(`http://127.0.0.1:${free}/`), headers: {}, timeoutMs: 1000 })).output).toBe(
    `Get "http://127.0.0.1:${free}/": dial tcp 127.0.0.1:${free}: connect: connection refused`,
  );
  expect(await probeTcp('127.0.0.1', port, 1000)).toEqual({ result: 'success', output: '' });
});
