import { createServer, type Server } from 'node:https';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCa, issueCertificate } from '#pki';
import { discover, resources } from '#client';
import { TestApiServer } from './api-server.ts';

interface Seen {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  certificate: string | undefined;
  body: string;
}

const GROUP = 'wardle.example.com';
const resource = {
  name: 'flunders',
  singularName: 'flunder',
  namespaced: true,
  kind: 'Flunder',
  verbs: ['get', 'list', 'create'],
  shortNames: ['fl'],
};
const flunder = { apiVersion: `${GROUP}/v1`, kind: 'Flunder', metadata: { name: 'a', namespace: 'default' } };

/** An API server of somebody else's, with one kind. */
class OtherServer {
  readonly seen: Seen[] = [];
  ca = '';
  port = 0;
  #server: Server | undefined;

  async start(frontProxyCa: string): Promise<void> {
    const ca = await createCa('wardle-ca', {});
    this.ca = Buffer.from(ca.certificate).toString('base64');
    const pair = await issueCertificate(ca, {
      commonName: 'wardle',
      usages: ['digital signature', 'server auth'],
      sans: ['wardle.default.svc'],
    });
    const options = { cert: pair.certificate, key: pair.key, ca: frontProxyCa, requestCert: true, rejectUnauthorized: true };
    this.#server = createServer(options, (request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        this.#note(request, Buffer.concat(parts).toString());
        const answer = this.#answer(request);
        response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json', 'x-from': 'wardle' });
        response.end(JSON.stringify(answer ?? {}));
      });
    });
    this.#server.on('upgrade', (request: IncomingMessage, socket: TLSSocket) => {
      this.#note(request, '');
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n');
      socket.pipe(socket);
    });
    await new Promise<void>((resolve) => this.#server?.listen(0, '0.0.0.0', resolve));
    this.port = (this.#server.address() as AddressInfo).port;
  }

  #note(request: IncomingMessage, body: string): void {
    const certificate = (request.socket as TLSSocket).getPeerCertificate().subject?.CN;
    this.seen.push({
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      certificate: Array.isArray(certificate) ? certificate[0] : certificate,
      body,
    });
  }

  #answer({ url = '', method }: IncomingMessage): unknown {
    const path = url.split('?')[0];
    if (path === `/apis/${GROUP}/v1`) return { kind: 'APIResourceList', groupVersion: `${GROUP}/v1`, resources: [resource] };
    if (path === '/openapi/v3') return { paths: { [`apis/${GROUP}/v1`]: { serverRelativeURL: `/openapi/v3/apis/${GROUP}/v1?hash=1` } } };
    if (path === `/openapi/v3/apis/${GROUP}/v1`) return { openapi: '3.0.0', info: { title: 'wardle' } };
    if (path?.endsWith('/flunders')) return method === 'POST' ? flunder : { kind: 'FlunderList', items: [flunder] };
    return undefined;
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
  }
}

let server: TestApiServer;
const other = new OtherServer();
const stopping = new AbortController();
const flunders = `/apis/${GROUP}/v1/namespaces/default/flunders`;

/** Resolves with the APIService as soon as its condition is as wanted. */
async function conditionOf(name: string, status: string, reason: string): Promise<{ message?: string }> {
  const watch = server
    .client()
    .resource(resources.apiServices)
    .watch({ fieldSelector: `metadata.name=${name}`, signal: stopping.signal });
  for await (const { object } of watch) {
    const condition = object.status.conditions?.find(({ type }) => type === 'Available');
    if (condition?.status === status && condition.reason === reason) return condition;
  }
  throw new Error('the watch has ended');
}

function register(version: string, service: object, more: object = {}): Promise<{ code: number; text: string }> {
  const spec = { group: GROUP, version, groupPriorityMinimum: 2000, versionPriority: 10, service, ...more };
  return server.post('/apis/apiregistration.k8s.io/v1/apiservices', { metadata: { name: `${version}.${GROUP}` }, spec });
}

beforeAll(async () => {
  server = await TestApiServer.start();
  await other.start(server.pki.frontProxyCa.certificate);
  await server.post('/api/v1/namespaces/default/services', {
    metadata: { name: 'wardle' },
    spec: { type: 'ExternalName', externalName: 'localhost' },
  });
  await register('v1', { namespace: 'default', name: 'wardle', port: other.port }, { caBundle: other.ca });
  await conditionOf(`v1.${GROUP}`, 'True', 'Passed');
});

afterAll(async () => {
  stopping.abort();
  await server?.[Symbol.asyncDispose]();
  await other.stop();
});

describe('what the server serves itself', () => {
  it('is registered, and always available', async () => {
    const { message } = await conditionOf('v1.apps', 'True', 'Local');
    expect(message).toBe('Local APIServices are always available');
    const { body } = await server.get('/apis/apiregistration.k8s.io/v1/apiservices/v1.apps');
    expect(body).toMatchObject({
      metadata: { labels: { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' } },
      spec: { group: 'apps', version: 'v1', groupPriorityMinimum: 17800, versionPriority: 15 },
    });
    const core = await server.get('/apis/apiregistration.k8s.io/v1/apiservices/v1.');
    expect(core.body).toMatchObject({ spec: { version: 'v1', groupPriorityMinimum: 18000, versionPriority: 1 } });
  });

  it('comes and goes with custom resources', async () => {
    const names = { plural: 'crons', singular: 'cron', kind: 'Cron', listKind: 'CronList' };
    const versions = [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }];
    const definition = {
      metadata: { name: 'crons.stable.example.com' },
      spec: { group: 'stable.example.com', scope: 'Namespaced', names, versions },
    };
    const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    const created = await server.post(definitions, definition);
    expect([created.code, created.code === 201 ? '' : created.text]).toEqual([201, '']);
    await conditionOf('v1.stable.example.com', 'True', 'Local');
    const { body } = await server.get('/apis/apiregistration.k8s.io/v1/apiservices/v1.stable.example.com');
    expect(body).toMatchObject({
      metadata: { labels: { 'kube-aggregator.kubernetes.io/automanaged': 'true' } },
      spec: { groupPriorityMinimum: 1000, versionPriority: 100 },
    });
    const gone = server
      .client()
      .resource(resources.apiServices)
      .watch({ fieldSelector: 'metadata.name=v1.stable.example.com', signal: stopping.signal });
    await server.delete(`${definitions}/crons.stable.example.com`);
    for await (const { type } of gone) if (type === 'DELETED') break;
    expect((await server.get('/apis/apiregistration.k8s.io/v1/apiservices/v1.stable.example.com')).code).toBe(404);
  });

  it('tells other servers whom to believe', async () => {
    const { body } = await server.get<{ data: Record<string, string> }>(
      '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication',
    );
    expect(body.data).toMatchObject({
      'client-ca-file': server.pki.ca.certificate,
      'requestheader-client-ca-file': server.pki.frontProxyCa.certificate,
      'requestheader-allowed-names': '["front-proxy-client"]',
      'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
      'requestheader-group-headers': '["X-Remote-Group"]',
      'requestheader-username-headers': '["X-Remote-User"]',
    });
  });
});

describe('what another server serves', () => {
  it('is passed on to it, with the user in headers and the front proxy certificate', async () => {
    const answer = await server.ask('POST', `${flunders}?fieldManager=x`, {
      body: flunder,
      headers: { 'x-remote-user': 'mallory', 'x-remote-extra-scope': 'all', 'x-custom': 'kept' },
    });
    expect([answer.code, answer.headers['x-from'], answer.body]).toEqual([200, 'wardle', flunder]);
    const seen = other.seen.at(-1);
    expect(seen).toMatchObject({
      method: 'POST',
      url: `${flunders}?fieldManager=x`,
      certificate: 'front-proxy-client',
      headers: {
        'x-remote-user': 'admin',
        'x-remote-group': 'system:masters, system:authenticated',
        'x-custom': 'kept',
        host: `wardle.default.svc:${other.port}`,
      },
    });
    expect(seen?.headers['x-remote-extra-scope']).toBeUndefined();
    expect(JSON.parse(seen?.body ?? '')).toEqual(flunder);
  });

  it('is authorized here first', async () => {
    const before = other.seen.length;
    const alice = await server.user('alice');
    const answer = await server.ask('GET', flunders, { as: alice });
    expect(answer.code).toBe(403);
    expect(other.seen.length).toBe(before);
  });

  it('is there for components in the same process, too', async () => {
    const client = server.api.client(
      { name: 'system:kube-controller-manager', groups: ['system:masters', 'system:authenticated'] },
      'test',
    );
    const found = await discover(client);
    const type = found.resources.find(({ group }) => group === GROUP);
    expect(type).toMatchObject({ resource: 'flunders', version: 'v1', namespaced: true });
    if (type === undefined) return;
    const list = await client.resource(type).list({ namespace: 'default' });
    expect(list.items).toEqual([flunder]);
    expect(other.seen.at(-1)?.headers).toMatchObject({
      'x-remote-user': 'system:kube-controller-manager',
      'x-remote-group': 'system:masters, system:authenticated',
    });
  });

  it('may switch protocols', async () => {
    const headers = { connection: 'Upgrade', upgrade: 'websocket' };
    const socket = await new Promise<TLSSocket>((resolve, reject) => {
      const request = https.request(`${server.url}${flunders}/a/shell`, { headers, ...server.tls(), agent: false });
      request.on('upgrade', (_response, upgraded) => resolve(upgraded as TLSSocket));
      request.on('response', ({ statusCode }) => reject(new Error(String(statusCode))));
      request.on('error', reject);
      request.end();
    });
    const echoed = new Promise<string>((resolve) => socket.once('data', (data: Buffer) => resolve(data.toString())));
    socket.write('hello');
    expect(await echoed).toBe('hello');
    socket.destroy();
    expect(other.seen.at(-1)?.headers['x-remote-user']).toBe('admin');
  });

  it('stands in discovery, ranked by its priorities', async () => {
    const { body } = await server.get<{ groups: { name: string; versions: object[] }[] }>('/apis');
    const names = body.groups.map(({ name }) => name);
    expect(names.slice(0, 3)).toEqual(['apiregistration.k8s.io', 'apps', 'events.k8s.io']);
    expect(names.indexOf(GROUP)).toBeGreaterThan(names.indexOf('resource.k8s.io'));
    expect(body.groups.find(({ name }) => name === GROUP)?.versions).toEqual([{ groupVersion: `${GROUP}/v1`, version: 'v1' }]);
    const plain = await server.get(`/apis/${GROUP}/v1`);
    expect(plain.body).toMatchObject({ kind: 'APIResourceList', resources: [{ name: 'flunders' }] });
  });

  it('stands in aggregated discovery even when it knows only the old form itself', async () => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const { body } = await server.get<{ items: { metadata: { name: string }; versions: object[] }[] }>('/apis', { accept });
    expect(body.items.find(({ metadata }) => metadata.name === GROUP)?.versions).toEqual([
      {
        version: 'v1',
        freshness: 'Current',
        resources: [
          {
            resource: 'flunders',
            responseKind: { group: GROUP, version: 'v1', kind: 'Flunder' },
            scope: 'Namespaced',
            singularResource: 'flunder',
            verbs: ['get', 'list', 'create'],
            shortNames: ['fl'],
            subresources: [],
          },
        ],
      },
    ]);
  });

  it('has its OpenAPI among the others', async () => {
    const index = await server.get<{ paths: Record<string, { serverRelativeURL: string }> }>('/openapi/v3');
    const url = index.body.paths[`apis/${GROUP}/v1`]?.serverRelativeURL ?? '';
    expect(url).toBe(`/openapi/v3/apis/${GROUP}/v1?hash=1`);
    expect((await server.get(url)).body).toMatchObject({ info: { title: 'wardle' } });
  });
});

describe('a server that is not there', () => {
  const cases: [version: string, service: object, reason: string, message: string][] = [
    ['v2', { namespace: 'default', name: 'gone' }, 'ServiceNotFound', 'service/gone in "default" is not present'],
    [
      'v3',
      { namespace: 'default', name: 'empty', port: 8443 },
      'ServicePortError',
      'service/empty in "default" is not listening on port 8443',
    ],
    ['v4', { namespace: 'default', name: 'empty' }, 'EndpointsNotFound', 'cannot find endpointslices for service/empty in "default"'],
  ];

  it.each(cases)('%s: says why', async (version, service, reason, message) => {
    await server.post('/api/v1/namespaces/default/services', { metadata: { name: 'empty' }, spec: { ports: [{ port: 443 }] } });
    await register(version, service);
    expect((await conditionOf(`${version}.${GROUP}`, 'False', reason)).message).toBe(message);
    const answer = await server.get(`/apis/${GROUP}/${version}/flunders`);
    expect([answer.code, answer.text]).toEqual([503, 'service unavailable\n']);
  });

  it('is not believed without a certificate that its APIService vouches for', async () => {
    await register('v5', { namespace: 'default', name: 'wardle', port: other.port });
    const { message } = await conditionOf(`v5.${GROUP}`, 'False', 'FailedDiscoveryCheck');
    expect(message).toMatch(
      /^failing or missing response from https:\/\/localhost:\d+\/apis\/wardle.example.com\/v5: Get "[^"]+": tls: failed to verify certificate: x509: certificate signed by unknown authority$/,
    );
  });
});
