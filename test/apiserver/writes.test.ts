import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { KubeObject } from '#apimachinery';
import { TestApiServer, statusOf, type Answer } from './api-server.ts';

let server: TestApiServer;
let counter = 0;
let at = '';
let configMaps = '';

beforeAll(async () => {
  server = await TestApiServer.start();
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

beforeEach(async () => {
  const name = `writes-${++counter}`;
  await server.post('/api/v1/namespaces', { metadata: { name } });
  at = `/api/v1/namespaces/${name}`;
  configMaps = `${at}/configmaps`;
  await server.post(`${at}/serviceaccounts`, { metadata: { name: 'default' } });
});

type Loose = KubeObject & { data?: Record<string, string>; spec: Record<string, unknown>; status: Record<string, unknown> };
const objectOf = (answer: Answer): Loose => answer.body as Loose;
const pod = (name: string, more: object = {}): object => ({
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'i' }], ...more },
});

test('writers of one object at the same time all get through when they name no revision', async () => {
  await server.post(configMaps, { metadata: { name: 'a' } });
  const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => server.patch(`${configMaps}/a`, { data: { [`k${i}`]: 'v' } })));
  expect(answers.map(({ code }) => code)).toEqual(answers.map(() => 200));
  expect(Object.keys(objectOf(await server.get(`${configMaps}/a`)).data ?? {}).length).toBe(40);
});

test('of writers that name the same revision one wins', async () => {
  const object = objectOf(await server.post(configMaps, { metadata: { name: 'a' } }));
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, i) => server.put(`${configMaps}/a`, { ...object, data: { i: String(i) } })),
  );
  expect(answers.filter(({ code }) => code === 200).length).toBe(1);
  const lost = answers.find(({ code }) => code !== 200) as Answer;
  expect([lost.code, statusOf(lost).reason, statusOf(lost).message]).toEqual([
    409,
    'Conflict',
    'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
  ]);
});

test('applies of a new object at the same time create it once', async () => {
  const apply = (i: number): Promise<Answer> =>
    server.patch(`${configMaps}/a?fieldManager=m${i}`, { apiVersion: 'v1', kind: 'ConfigMap', data: { [`k${i}`]: 'v' } }, 'apply');
  const answers = await Promise.all(Array.from({ length: 6 }, (_, i) => apply(i)));
  expect(answers.map(({ code }) => code).sort((a, b) => a - b)).toEqual([200, 200, 200, 200, 200, 201]);
  expect(objectOf(await server.get(`${configMaps}/a`)).metadata.managedFields?.length).toBe(6);
});

test('a write that changes nothing writes nothing', async () => {
  const before = objectOf(await server.post(configMaps, { metadata: { name: 'a' }, data: { k: 'v' } }));
  const after = objectOf(await server.patch(`${configMaps}/a`, { data: { k: 'v' } }));
  expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
});

test('generateName makes a name, and a name that is there wins over it', async () => {
  const made = objectOf(await server.post(configMaps, { metadata: { generateName: 'x-' } })).metadata;
  expect(made.name).toMatch(/^x-[a-z0-9]{5}$/);
  const named = { metadata: { name: 'fixed', generateName: 'x-' } };
  expect((await server.post(configMaps, named)).code).toBe(201);
  const again = await server.post(configMaps, named);
  expect([again.code, statusOf(again).reason]).toEqual([409, 'AlreadyExists']);
});

test('without any name a create is refused as upstream does', async () => {
  const answer = await server.post(configMaps, { metadata: {} });
  expect(statusOf(answer).message).toBe('ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required');
});

test('a dry run answers as if, and leaves nothing', async () => {
  const created = await server.post(`${configMaps}?dryRun=All`, { metadata: { name: 'a' } });
  expect([created.code, objectOf(created).metadata.resourceVersion]).toEqual([201, undefined]);
  expect((await server.get(`${configMaps}/a`)).code).toBe(404);
  await server.post(configMaps, { metadata: { name: 'a' }, data: { k: '1' } });
  expect((await server.post(`${configMaps}?dryRun=All`, { metadata: { name: 'a' } })).code).toBe(409);
  expect(objectOf(await server.patch(`${configMaps}/a?dryRun=All`, { data: { k: '2' } })).data).toEqual({ k: '2' });
  expect((await server.delete(`${configMaps}/a?dryRun=All`)).code).toBe(200);
  expect(objectOf(await server.get(`${configMaps}/a`)).data).toEqual({ k: '1' });
  const wrong = await server.post(`${configMaps}?dryRun=Some`, { metadata: { name: 'b' } });
  expect([wrong.code, statusOf(wrong).details?.kind]).toEqual([422, 'CreateOptions']);
});

test('fieldValidation decides about unknown and duplicate fields', async () => {
  const body = '{"metadata":{"name":"a"},"data":{"k":"1","k":"2"},"nonsense":1}';
  const strict = await server.post(`${configMaps}?fieldValidation=Strict`, body);
  expect([strict.code, statusOf(strict).message]).toEqual([
    400,
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: duplicate field "data.k", unknown field "nonsense"',
  ]);
  expect((await server.post(`${configMaps}?fieldValidation=Ignore&dryRun=All`, body)).headers.warning).toBeUndefined();
  const warned = await server.post(configMaps, body);
  expect(warned.code).toBe(201);
  expect(warned.headers.warning).toBe('299 - "duplicate field \\"data.k\\"", 299 - "unknown field \\"nonsense\\""');
});

test('a patch that makes nonsense of an object is refused with 422', async () => {
  await server.post(configMaps, { metadata: { name: 'a' } });
  const answer = await server.patch(`${configMaps}/a`, { data: { k: 1 } });
  expect(answer.code).toBe(422);
  expect(statusOf(answer).message).toBe(
    ' "" is invalid: patch: Invalid value: "{\\"data\\":{\\"k\\":1}}": json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
  );
});

test.each([
  ['force=true', 'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch'],
  [
    'fieldValidation=Maybe',
    'PatchOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "Maybe": supported values: "", "Ignore", "Strict", "Warn"',
  ],
])('a patch with %s is refused with 422', async (query, message) => {
  const answer = await server.patch(`${configMaps}/a?${query}`, {});
  expect([answer.code, statusOf(answer).message]).toEqual([422, message]);
});

test('an apply must say who applies', async () => {
  const answer = await server.patch(`${configMaps}/a`, { apiVersion: 'v1', kind: 'ConfigMap' }, 'apply');
  expect([answer.code, statusOf(answer).message]).toEqual([
    422,
    'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
  ]);
});

test('owners that are named twice count once, with a warning', async () => {
  const owner = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u-1' };
  const answer = await server.post(configMaps, { metadata: { name: 'a', ownerReferences: [owner, owner] } });
  expect(objectOf(answer).metadata.ownerReferences).toEqual([owner]);
  expect(answer.headers.warning).toContain('duplicate UID(s) observed: u-1');
});

test('warnings come with refusals, too', async () => {
  const answer = await server.post(configMaps, { metadata: { name: 'NOT VALID' }, nonsense: 1 });
  expect([answer.code, answer.headers.warning]).toEqual([422, '299 - "unknown field \\"nonsense\\""']);
});

test('a deletion that happens at once is answered with a Status, or for some kinds with the object', async () => {
  await server.post(configMaps, { metadata: { name: 'a' } });
  const gone = statusOf(await server.delete(`${configMaps}/a`));
  expect([gone.kind, gone.status, gone.details?.name, gone.details?.kind]).toEqual(['Status', 'Success', 'a', 'configmaps']);
  await server.post(`${at}/services`, { metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } });
  expect(objectOf(await server.delete(`${at}/services/s`)).kind).toBe('Service');
});

test('preconditions guard a deletion', async () => {
  const { uid, resourceVersion } = objectOf(await server.post(configMaps, { metadata: { name: 'a' } })).metadata;
  const refused = await server.delete(`${configMaps}/a`, { preconditions: { uid: 'other' } });
  expect([refused.code, statusOf(refused).message]).toEqual([
    409,
    `Operation cannot be fulfilled on configmaps "a": Precondition failed: UID in precondition: other, UID in object meta: ${uid}`,
  ]);
  expect((await server.delete(`${configMaps}/a`, { preconditions: { resourceVersion: '1' } })).code).toBe(409);
  expect((await server.delete(`${configMaps}/a`, { preconditions: { uid, resourceVersion } })).code).toBe(200);
});

test('finalizers hold an object until the last one has gone', async () => {
  await server.post(configMaps, { metadata: { name: 'a', finalizers: ['example.com/hold'] } });
  const marked = await server.delete(`${configMaps}/a`, { propagationPolicy: 'Foreground' });
  expect(marked.code).toBe(202);
  expect(objectOf(marked).metadata.deletionTimestamp).toBeDefined();
  expect(objectOf(marked).metadata.finalizers).toEqual(['example.com/hold', 'foregroundDeletion']);
  const more = await server.patch(`${configMaps}/a`, { metadata: { finalizers: ['example.com/hold', 'example.com/more'] } });
  expect(more.code).toBe(422);
  expect((await server.patch(`${configMaps}/a`, { metadata: { finalizers: null } })).code).toBe(200);
  expect((await server.get(`${configMaps}/a`)).code).toBe(404);
});

test.each([
  [{ propagationPolicy: 'Sometimes' }, 422],
  [{ propagationPolicy: 'Orphan', orphanDependents: true }, 422],
  [{ gracePeriodSeconds: 'long' }, 400],
  [[1], 400],
  [{ kind: 'Pod' }, 400],
])('a deletion with the options %j is refused', async (options, code) => {
  await server.post(configMaps, { metadata: { name: 'a' } });
  expect((await server.delete(`${configMaps}/a`, options)).code).toBe(code);
  expect((await server.get(`${configMaps}/a`)).code).toBe(200);
});

test('a pod on a node ends gracefully; who asks again can only make it shorter', async () => {
  const pods = `${at}/pods`;
  await server.post(pods, pod('p', { nodeName: 'n', terminationGracePeriodSeconds: 30 }));
  const grace = async (options?: object): Promise<number | undefined> =>
    objectOf(await server.delete(`${pods}/p`, options)).metadata.deletionGracePeriodSeconds;
  expect(await grace({ gracePeriodSeconds: 60 })).toBe(60);
  expect(await grace()).toBe(60);
  expect(await grace({ gracePeriodSeconds: 90 })).toBe(60);
  expect(await grace({ gracePeriodSeconds: 5 })).toBe(5);
  expect((await server.get(`${pods}/p`)).code).toBe(200);
  await grace({ gracePeriodSeconds: 0 });
  expect((await server.get(`${pods}/p`)).code).toBe(404);
});

test('a pod on no node goes at once', async () => {
  await server.post(`${at}/pods`, pod('p'));
  expect(objectOf(await server.delete(`${at}/pods/p`)).kind).toBe('Pod');
  expect((await server.get(`${at}/pods/p`)).code).toBe(404);
});

test('deletecollection deletes what the selector names', async () => {
  for (const name of ['a', 'b', 'c']) await server.post(configMaps, { metadata: { name, labels: { keep: String(name === 'b') } } });
  const answer = await server.delete(`${configMaps}?labelSelector=keep%3Dfalse`);
  expect((answer.body as { items: KubeObject[] }).items.map(({ metadata }) => metadata.name)).toEqual(['a', 'c']);
  const left = await server.get<{ items: KubeObject[] }>(configMaps);
  expect(left.body.items.map(({ metadata }) => metadata.name)).toEqual(['b']);
});

test('a binding is made once', async () => {
  await server.post(`${at}/pods`, pod('p'));
  const binding = { target: { kind: 'Node', name: 'n' } };
  expect((await server.post(`${at}/pods/p/binding`, binding)).code).toBe(201);
  const bound = objectOf(await server.get(`${at}/pods/p`));
  expect(bound.spec['nodeName']).toBe('n');
  const again = await server.post(`${at}/pods/p/binding`, binding);
  expect([again.code, statusOf(again).message]).toEqual([
    409,
    'Operation cannot be fulfilled on pods "p": pod p is already assigned to node "n"',
  ]);
  expect((await server.post(`${at}/pods/p/binding`, '5')).code).toBe(400);
  expect((await server.get(`${at}/pods/p/binding`)).code).toBe(405);
});

test('an eviction uses up the budget', async () => {
  const labels = { app: 'x' };
  await server.post(`${at}/pods`, { ...pod('p', { nodeName: 'n' }), metadata: { name: 'p', labels } });
  const budgets = `/apis/policy/v1${at.slice('/api/v1'.length)}/poddisruptionbudgets`;
  await server.post(budgets, { metadata: { name: 'b' }, spec: { minAvailable: 1, selector: { matchLabels: labels } } });
  const running = { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } };
  await server.patch(`${at}/pods/p/status`, running);
  const budget = (disruptionsAllowed: number): object => ({
    status: { observedGeneration: 1, disruptionsAllowed, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
  });
  await server.patch(`${budgets}/b/status`, budget(0));
  const refused = await server.post(`${at}/pods/p/eviction`, { metadata: { name: 'p' } });
  expect([refused.code, statusOf(refused).message]).toEqual([429, "Cannot evict pod as it would violate the pod's disruption budget."]);
  expect(statusOf(refused).details?.causes).toEqual([
    { reason: 'DisruptionBudget', message: 'The disruption budget b needs 1 healthy pods and has 1 currently' },
  ]);
  await server.patch(`${budgets}/b/status`, budget(1));
  expect((await server.post(`${at}/pods/p/eviction`, { metadata: { name: 'p' } })).code).toBe(201);
  expect(objectOf(await server.get(`${budgets}/b`)).status['disruptionsAllowed']).toBe(0);
});

test('scale reads and writes the replicas', async () => {
  const deployments = `/apis/apps/v1${at.slice('/api/v1'.length)}/deployments`;
  const labels = { app: 'x' };
  await server.post(deployments, {
    metadata: { name: 'd' },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } } },
  });
  const scale = objectOf(await server.get(`${deployments}/d/scale`));
  expect([scale.kind, scale.spec, scale.status]).toEqual(['Scale', { replicas: 1 }, { replicas: 0, selector: 'app=x' }]);
  expect((await server.put(`${deployments}/d/scale`, { ...scale, spec: { replicas: 3 } })).code).toBe(200);
  expect((await server.patch(`${deployments}/d/scale`, { spec: { replicas: 5 } })).code).toBe(200);
  const present = objectOf(await server.get(`${deployments}/d`));
  expect([present.spec['replicas'], present.metadata.generation]).toEqual([5, 3]);
  expect((await server.put(`${deployments}/d/scale`, 'null')).code).toBe(400);
  expect((await server.patch(`${deployments}/d/scale`, { spec: { replicas: 'x' } })).code).toBe(400);
  expect((await server.patch(`${deployments}/d/scale`, { spec: { replicas: -1 } })).code).toBe(422);
});

test('status and spec are written through their own doors only', async () => {
  const pods = `${at}/pods`;
  await server.post(pods, { ...pod('p'), status: { phase: 'Running' } });
  expect(objectOf(await server.get(`${pods}/p`)).status['phase']).toBe('Pending');
  const through = objectOf(await server.patch(`${pods}/p/status`, { status: { message: 'm' }, spec: { hostname: 'h' } }));
  expect([through.status['message'], through.spec['hostname']]).toEqual(['m', undefined]);
});

test('a service gets an address and ports that nobody else has', async () => {
  const services = `${at}/services`;
  const spec = {
    type: 'LoadBalancer',
    externalTrafficPolicy: 'Local',
    ports: [
      { name: 'a', port: 80 },
      { name: 'b', port: 81 },
    ],
  };
  const made = await Promise.all(Array.from({ length: 10 }, (_, i) => server.post(services, { metadata: { name: `s${i}` }, spec })));
  expect(made.map(({ code }) => code)).toEqual(made.map(() => 201));
  const specs = made.map(
    (answer) => objectOf(answer).spec as { clusterIP: string; healthCheckNodePort: number; ports: { nodePort: number }[] },
  );
  const ports = specs.flatMap((item) => [item.healthCheckNodePort, ...item.ports.map(({ nodePort }) => nodePort)]);
  expect(new Set(ports).size).toBe(30);
  expect(ports.every((port) => port >= 30_000 && port <= 32_767)).toBe(true);
  expect(new Set(specs.map(({ clusterIP }) => clusterIP)).size).toBe(10);
  const taken = await server.post(services, {
    metadata: { name: 'x' },
    spec: { type: 'NodePort', ports: [{ port: 80, nodePort: ports[1] }] },
  });
  expect([taken.code, statusOf(taken).message]).toEqual([
    422,
    `Service "x" is invalid: spec.ports[0].nodePort: Invalid value: ${ports[1]}: provided port is already allocated`,
  ]);
  await server.delete(`${services}/s0`);
  expect(
    (await server.post(services, { metadata: { name: 'x' }, spec: { type: 'NodePort', ports: [{ port: 80, nodePort: ports[1] }] } })).code,
  ).toBe(201);
});

test('half a character becomes the one that stands for it, in names as well', async () => {
  const roles = `/apis/rbac.authorization.k8s.io/v1${at.slice('/api/v1'.length)}/roles`;
  const made = objectOf(await server.post(roles, String.raw`{"metadata":{"name":"a\ud800b","labels":{}}}`));
  expect(made.metadata.name).toBe('a\ufffdb');
  expect((await server.delete(roles)).code).toBe(200);
  expect((await server.get<{ items: unknown[] }>(roles)).body.items).toEqual([]);
});
