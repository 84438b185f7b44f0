import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestApiServer, statusOf } from './api-server.ts';

interface List {
  kind: string;
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
  items: { metadata: { name: string; namespace?: string } }[];
}

let server: TestApiServer;
const configMaps = '/api/v1/namespaces/reads/configmaps';

beforeAll(async () => {
  server = await TestApiServer.start();
  for (const name of ['reads', 'reads-2']) await server.post('/api/v1/namespaces', { metadata: { name } });
  for (const name of ['e', 'b', 'd', 'a', 'c'])
    await server.post(configMaps, { metadata: { name, labels: { half: name < 'c' ? 'one' : 'two' } } });
  await server.post('/api/v1/namespaces/reads-2/configmaps', { metadata: { name: 'z' } });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const list = async (query: string, path = configMaps): Promise<List> => (await server.get<List>(`${path}?${query}`)).body;
const names = ({ items }: List): string[] => items.map(({ metadata }) => metadata.name);

test('pages are of one snapshot, whatever is written meanwhile', async () => {
  const first = await list('limit=2');
  expect([names(first), first.metadata.remainingItemCount]).toEqual([['a', 'b'], 3]);
  await server.post(configMaps, { metadata: { name: 'bb' } });
  await server.delete(`${configMaps}/c`);
  const second = await list(`limit=2&continue=${first.metadata.continue}`);
  expect([names(second), second.metadata.remainingItemCount]).toEqual([['c', 'd'], 1]);
  const third = await list(`limit=2&continue=${second.metadata.continue}`);
  expect([names(third), third.metadata.continue]).toEqual([['e'], undefined]);
  expect(third.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  await server.delete(`${configMaps}/bb`);
  await server.post(configMaps, { metadata: { name: 'c', labels: { half: 'two' } } });
});

test('pages over all namespaces neither repeat nor leave out anything', async () => {
  const whole = await list('', '/api/v1/configmaps');
  const seen: string[] = [];
  for (let token = '', more = true; more;) {
    const page = await list(`limit=1&continue=${token}`, '/api/v1/configmaps');
    seen.push(...page.items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
    token = page.metadata.continue ?? '';
    more = token !== '';
  }
  expect(seen).toEqual(whole.items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
});

test('pages of a selection do not count what is left', async () => {
  const first = await list('limit=1&labelSelector=half%3Dtwo');
  expect([names(first), first.metadata.remainingItemCount]).toEqual([['c'], undefined]);
  expect(names(await list(`limit=5&labelSelector=half%3Dtwo&continue=${first.metadata.continue}`))).toEqual(['d', 'e']);
});

test('a snapshot that was compacted is told with 410 and the way to go on without it', async () => {
  const first = await list('limit=2');
  await server.post(configMaps, { metadata: { name: 'temporary' } });
  await server.delete(`${configMaps}/temporary`);
  await server.etcd.compact(server.etcd.revision);
  const answer = await server.get(`${configMaps}?limit=2&continue=${first.metadata.continue}`);
  expect([answer.code, statusOf(answer).reason]).toEqual([410, 'Expired']);
  expect(statusOf(answer).message).toContain('The provided continue parameter is too old');
  const next = await list(`limit=2&continue=${statusOf(answer).metadata.continue}`);
  expect(names(next)).toEqual(['c', 'd']);
});

test('resourceVersion says how old a list may be', async () => {
  const { metadata } = await list('');
  await server.post(configMaps, { metadata: { name: 'late' } });
  expect(names(await list(`resourceVersion=${metadata.resourceVersion}&resourceVersionMatch=Exact`))).not.toContain('late');
  expect(names(await list(`resourceVersion=${metadata.resourceVersion}&limit=100`))).not.toContain('late');
  expect(names(await list(`resourceVersion=${metadata.resourceVersion}&resourceVersionMatch=NotOlderThan`))).toContain('late');
  expect(names(await list('resourceVersion=0'))).toContain('late');
  await server.delete(`${configMaps}/late`);
});

test('a revision of the future is not waited for without end', async () => {
  const answer = await server.get(`${configMaps}/a?resourceVersion=999999999`);
  expect([answer.code, statusOf(answer).reason]).toEqual([504, 'Timeout']);
  expect(statusOf(answer).message).toMatch(/^Timeout: Too large resource version: 999999999, current: \d+$/);
  expect(statusOf(answer).details?.causes).toEqual([{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }]);
  expect(answer.headers['retry-after']).toBe('1');
});

test.each([
  ['resourceVersionMatch=Exact', 'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided'],
  [
    'resourceVersionMatch=Exact&resourceVersion=0',
    'resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
  ],
  [
    'resourceVersionMatch=Best&resourceVersion=1',
    'resourceVersionMatch: Unsupported value: "Best": supported values: "Exact", "NotOlderThan", ""',
  ],
  ['sendInitialEvents=true', 'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list'],
])('a list with %s is refused with 422', async (query, problem) => {
  const answer = await server.get(`${configMaps}?${query}`);
  expect([answer.code, statusOf(answer).message]).toEqual([422, `ListOptions.meta.k8s.io "" is invalid: ${problem}`]);
});

test.each([
  ['GET', '/api/v1/namespaces/reads/nodes', 404],
  ['GET', '/api/v1/nonsense', 404],
  ['GET', '/api/v9/pods', 404],
  ['GET', '/nonsense', 404],
  ['GET', `${configMaps}/a/nonsense`, 404],
  ['GET', `${configMaps}/a/status/more`, 404],
  ['GET', '/api/v1/namespaces/reads/serviceaccounts/default/token', 404],
  ['POST', '/api/v1/configmaps', 405],
  ['DELETE', '/api/v1/configmaps', 405],
  ['PUT', configMaps, 405],
  ['POST', `${configMaps}/a`, 405],
  ['HEAD', configMaps, 405],
  ['OPTIONS', configMaps, 405],
  ['POST', '/version', 405],
  ['HEAD', '/healthz', 200],
  ['HEAD', '/version', 200],
])('%s %s is answered with %i', async (method, path, code) => {
  const answer = await server.ask(method, path, method === 'POST' || method === 'PUT' ? { body: { metadata: { name: 'x' } } } : {});
  expect([answer.code, method === 'HEAD' ? answer.text : '']).toEqual([code, '']);
});

test('Table, PartialObjectMetadata and YAML are other forms of the same list', async () => {
  const as = async (accept: string, path = configMaps): Promise<string> => (await server.get(path, { accept })).text;
  const table = JSON.parse(await as('application/json;as=Table;g=meta.k8s.io;v=v1,application/json')) as {
    kind: string;
    metadata: object;
    rows: { cells: unknown[] }[];
  };
  expect([table.kind, table.rows.map(({ cells }) => cells[0])]).toEqual(['Table', ['a', 'b', 'c', 'd', 'e']]);
  expect(Object.keys(table.metadata)).toEqual(['resourceVersion']);
  const partial = JSON.parse(await as('application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1')) as List;
  expect([partial.kind, Object.keys(partial.items[0] ?? {})]).toEqual(['PartialObjectMetadataList', ['kind', 'apiVersion', 'metadata']]);
  expect(await as('application/yaml', `${configMaps}/a`)).toContain('kind: ConfigMap');
  expect((await server.get(configMaps, { accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1' })).code).toBe(406);
  expect((await server.get(configMaps, { accept: 'text/html' })).code).toBe(406);
});

test('people get indented JSON, programs do not', async () => {
  expect((await server.get(`${configMaps}/a`)).text.split('\n').length).toBe(1);
  expect((await server.get(`${configMaps}/a`, { 'user-agent': 'curl/8.0' })).text.split('\n').length).toBeGreaterThan(5);
  expect((await server.get(`${configMaps}/a?pretty=true`)).text.split('\n').length).toBeGreaterThan(5);
  expect((await server.get(`${configMaps}/a?pretty=false`, { 'user-agent': 'curl/8.0' })).text.split('\n').length).toBe(1);
});

test('each answer names the request for the audit log', async () => {
  expect((await server.get('/version')).headers['audit-id']).toMatch(/^[0-9a-f-]{36}$/);
  expect((await server.get(`${configMaps}/none`, { 'audit-id': 'mine-1' })).headers['audit-id']).toBe('mine-1');
});

test('componentstatuses are made up when asked for', async () => {
  const answer = await server.get<{ items: { metadata: { name: string }; conditions: unknown }[] }>('/api/v1/componentstatuses');
  expect(answer.body.items).toEqual([{ metadata: { name: 'etcd-0' }, conditions: [{ type: 'Healthy', status: 'True', message: 'ok' }] }]);
  expect(answer.headers.warning).toBe('299 - "v1 ComponentStatus is deprecated in v1.19+"');
  expect((await server.get('/api/v1/componentstatuses/etcd-0')).code).toBe(200);
  expect((await server.get('/api/v1/componentstatuses/none')).code).toBe(404);
  expect((await server.post('/api/v1/componentstatuses', {})).code).toBe(405);
});

test('health checks tell what upstream tells', async () => {
  expect((await server.get('/livez?verbose&exclude=etcd&exclude=other')).text).toBe(
    '[+]ping ok\n[+]log ok\n[+]etcd excluded: ok\nwarn: some health checks cannot be excluded: no matches for "other"\nlivez check passed\n',
  );
  expect((await server.get('/readyz')).text).toBe('ok');
  expect((await server.get('/readyz/poststarthook/bootstrap')).text).toBe('ok');
  expect((await server.get('/readyz/none')).code).toBe(404);
});
