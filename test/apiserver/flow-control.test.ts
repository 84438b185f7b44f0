import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FlowSchema, PriorityLevelConfiguration } from '#api/generated/flowcontrol-v1.ts';
import { statusOf, TestApiServer, type Answer } from './api-server.ts';
import { eventually } from '../e2e/eventually.ts';

const API = '/apis/flowcontrol.apiserver.k8s.io/v1';
const AUTO_UPDATE = 'apf.kubernetes.io/autoupdate-spec';
const POD = '/api/v1/namespaces/default/pods/p';

let server: TestApiServer;

beforeAll(async () => {
  server = await TestApiServer.start();
});

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
});

async function uidOf(resource: string, name: string): Promise<string> {
  return (await server.get<FlowSchema>(`${API}/${resource}/${name}`)).body.metadata.uid ?? '';
}

async function level(name: string): Promise<PriorityLevelConfiguration> {
  return (await server.get<PriorityLevelConfiguration>(`${API}/prioritylevelconfigurations/${name}`)).body;
}

test('a cluster begins with the objects that upstream has, which the server keeps', async () => {
  const schemas = (await server.get<{ items: FlowSchema[] }>(`${API}/flowschemas`)).body.items;
  expect(
    schemas.map(({ metadata: { name }, spec }) => [
      name,
      spec.priorityLevelConfiguration.name,
      spec.matchingPrecedence,
      spec.distinguisherMethod?.type,
    ]),
  ).toEqual([
    ['catch-all', 'catch-all', 10_000, 'ByUser'],
    ['endpoint-controller', 'workload-high', 150, 'ByUser'],
    ['exempt', 'exempt', 1, undefined],
    ['global-default', 'global-default', 9900, 'ByUser'],
    ['kube-controller-manager', 'workload-high', 800, 'ByNamespace'],
    ['kube-scheduler', 'workload-high', 800, 'ByNamespace'],
    ['kube-system-service-accounts', 'workload-high', 900, 'ByNamespace'],
    ['probes', 'exempt', 2, undefined],
    ['service-accounts', 'workload-low', 9000, 'ByUser'],
    ['system-leader-election', 'leader-election', 100, 'ByUser'],
    ['system-node-high', 'node-high', 400, 'ByUser'],
    ['system-nodes', 'system', 500, 'ByUser'],
    ['workload-leader-election', 'leader-election', 200, 'ByUser'],
  ]);
  expect(schemas.every(({ metadata: { annotations, generation } }) => annotations?.[AUTO_UPDATE] === 'true' && generation === 1)).toBe(
    true,
  );
  const levels = (await server.get<{ items: PriorityLevelConfiguration[] }>(`${API}/prioritylevelconfigurations`)).body.items;
  expect(
    levels.map(({ metadata: { name }, spec: { exempt, limited } }) => [
      name,
      (exempt ?? limited)?.nominalConcurrencyShares,
      (exempt ?? limited)?.lendablePercent,
    ]),
  ).toEqual([
    ['catch-all', 5, 0],
    ['exempt', 0, 0],
    ['global-default', 20, 50],
    ['leader-election', 10, 0],
    ['node-high', 40, 25],
    ['system', 30, 33],
    ['workload-high', 40, 50],
    ['workload-low', 100, 90],
  ]);
});

test('each answer says how its request was classified', async () => {
  const eve = await server.user('eve');
  const [ofAdmin, ofEve, refused] = [
    await server.get(POD),
    await server.ask('GET', '/version', { as: eve }),
    await server.ask('GET', POD, { as: eve }),
  ];
  const uids = ({ headers }: Answer): unknown[] => [
    headers['x-kubernetes-pf-flowschema-uid'],
    headers['x-kubernetes-pf-prioritylevel-uid'],
  ];
  expect(uids(ofAdmin)).toEqual([await uidOf('flowschemas', 'exempt'), await uidOf('prioritylevelconfigurations', 'exempt')]);
  const ofEverybody = [await uidOf('flowschemas', 'global-default'), await uidOf('prioritylevelconfigurations', 'global-default')];
  expect([ofEve.code, refused.code]).toEqual([200, 403]);
  expect([uids(ofEve), uids(refused)]).toEqual([ofEverybody, ofEverybody]);
});

test('what is mandatory comes back, what was suggested belongs to who took it over', async () => {
  await server.patch(`${API}/prioritylevelconfigurations/system`, {
    metadata: { annotations: { [AUTO_UPDATE]: 'false' } },
    spec: { limited: { nominalConcurrencyShares: 7 } },
  });
  await server.patch(`${API}/prioritylevelconfigurations/node-high`, { spec: { limited: { nominalConcurrencyShares: 7 } } });
  await server.patch(`${API}/prioritylevelconfigurations/catch-all`, {
    metadata: { annotations: { [AUTO_UPDATE]: 'false' } },
    spec: { limited: { nominalConcurrencyShares: 7 } },
  });
  await server.delete(`${API}/flowschemas/exempt`);
  const shares = async (name: string): Promise<number | undefined> => (await level(name)).spec.limited?.nominalConcurrencyShares;
  await eventually(
    'what the server keeps',
    async () =>
      (await shares('catch-all')) === 5 &&
      (await shares('node-high')) === 40 &&
      (await server.get(`${API}/flowschemas/exempt`)).code === 200,
  );
  expect((await level('catch-all')).metadata.annotations?.[AUTO_UPDATE]).toBe('true');
  expect((await level('system')).spec.limited?.nominalConcurrencyShares).toBe(7);
});

test('the status of a flow schema says whether its level exists', async () => {
  const rules = [
    { subjects: [{ kind: 'User', user: { name: 'nobody' } }], nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/version'] }] },
  ];
  await server.post(`${API}/flowschemas`, { metadata: { name: 'lost' }, spec: { priorityLevelConfiguration: { name: 'later' }, rules } });
  const condition = async (name: string, reason: string): Promise<unknown> =>
    await eventually(`the status of ${name}`, async () => {
      const { status } = (await server.get<FlowSchema>(`${API}/flowschemas/${name}`)).body;
      return status?.conditions?.find((one) => one.reason === reason);
    });
  expect(await condition('lost', 'NotFound')).toMatchObject({
    type: 'Dangling',
    status: 'True',
    message: 'This FlowSchema references the PriorityLevelConfiguration object named "later" but there is no such object',
  });
  expect(await condition('probes', 'Found')).toMatchObject({ status: 'False' });
  await server.post(`${API}/prioritylevelconfigurations`, {
    metadata: { name: 'later' },
    spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } },
  });
  expect(await condition('lost', 'Found')).toMatchObject({
    status: 'False',
    message: 'This FlowSchema references the PriorityLevelConfiguration object named "later" and it exists',
  });
});

test('a level without seats sends its requests away with 429, and nobody else’s', async () => {
  const [mallory, eve] = [await server.user('mallory'), await server.user('eve')];
  const limited = { nominalConcurrencyShares: 0, borrowingLimitPercent: 0, limitResponse: { type: 'Reject' } };
  await server.post(`${API}/prioritylevelconfigurations`, { metadata: { name: 'jail' }, spec: { type: 'Limited', limited } });
  const rules = [
    { subjects: [{ kind: 'User', user: { name: 'mallory' } }], nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['/version'] }] },
  ];
  await server.post(`${API}/flowschemas`, {
    metadata: { name: 'jail' },
    spec: { priorityLevelConfiguration: { name: 'jail' }, matchingPrecedence: 10, rules },
  });
  const refused = await server.ask('GET', '/version', { as: mallory });
  expect([refused.code, refused.headers['retry-after'], statusOf(refused).message]).toEqual([
    429,
    '1',
    'Too many requests, please try again later.',
  ]);
  expect(refused.headers['x-kubernetes-pf-flowschema-uid']).toBe(await uidOf('flowschemas', 'jail'));
  expect([(await server.ask('GET', '/version', { as: eve })).code, (await server.ask('GET', '/api', { as: mallory })).code]).toEqual([
    200, 200,
  ]);
  const { text } = await server.get('/metrics');
  expect(text).toContain(
    'apiserver_flowcontrol_rejected_requests_total{priority_level="jail",flow_schema="jail",reason="concurrency-limit"} 1\n',
  );
});

test('watches take no seat once they have begun', async () => {
  const watcher = await server.user('watcher', ['system:masters-not']);
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' };
  await server.post('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    metadata: { name: 'watcher' },
    subjects: [{ kind: 'User', name: 'watcher' }],
    roleRef,
  });
  const watches = await Promise.all(
    Array.from({ length: 30 }, () => server.begin('GET', '/api/v1/configmaps?watch=true', { as: watcher })),
  );
  expect(watches.map(({ statusCode }) => statusCode)).toEqual(watches.map(() => 200));
  const { text } = await server.get('/metrics');
  expect(text).toContain(
    'apiserver_flowcontrol_current_executing_requests{priority_level="global-default",flow_schema="global-default"} 0\n',
  );
  for (const watch of watches) watch.destroy();
  await Promise.all(watches.filter(({ closed }) => !closed).map((watch) => once(watch, 'close')));
});

test('a flood is served in turns, and all of it', async () => {
  const flooder = await server.user('system:serviceaccount:default:flooder', ['system:serviceaccounts']);
  const answers = await Promise.all(Array.from({ length: 300 }, () => server.ask('GET', '/version', { as: flooder })));
  expect(answers.every(({ code }) => code === 200)).toBe(true);
  const { text } = await server.get('/metrics');
  expect(text).toContain(
    'apiserver_flowcontrol_dispatched_requests_total{priority_level="workload-low",flow_schema="service-accounts"} 300\n',
  );
  expect(text).toContain(
    'apiserver_flowcontrol_current_inqueue_requests{priority_level="workload-low",flow_schema="service-accounts"} 0\n',
  );
});
