import { expect, test } from 'vitest';
import type { ConfigMap, Container, Pod, Secret, Service } from '#api/generated/core-v1.ts';
import { notFound } from '#apimachinery';
import { expand, makeEnvironment, resourceFieldValue, type EnvironmentSources } from './index.ts';

test.each([
  ['$(A)', '1'],
  ['x$(A)y$(B)', 'x1y2'],
  ['$$(A)', '$(A)'],
  ['$(NONE)', '$(NONE)'],
  ['$A $', '$A $'],
  ['$(A', '$(A'],
])('%s expands to %s', (text, expected) => {
  expect(
    expand(
      text,
      new Map([
        ['A', '1'],
        ['B', '2'],
      ]),
    ),
  ).toBe(expected);
});

const NODE = { nodeName: 'n', hostIPs: ['192.0.2.1'], allocatable: { cpu: '4', memory: '8Gi' } };
const MAP: ConfigMap = { metadata: { name: 'map' }, data: { a: '1', b: '2' } };
const SECRET: Secret = { metadata: { name: 'secret' }, data: { s: Buffer.from('x').toString('base64') } };

const sources: EnvironmentSources = {
  node: NODE,
  podIPs: ['10.244.0.2'],
  services: () =>
    [
      {
        metadata: { name: 'kubernetes', namespace: 'default' },
        spec: { clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443, targetPort: 6443 }] },
        status: { loadBalancer: {} },
      },
      {
        metadata: { name: 'my-db', namespace: 'team' },
        spec: { clusterIP: '10.96.0.9', ports: [{ port: 5432, targetPort: 5432 }] },
        status: { loadBalancer: {} },
      },
      { metadata: { name: 'headless', namespace: 'team' }, spec: { clusterIP: 'None', ports: [] }, status: { loadBalancer: {} } },
    ] satisfies Service[],
  objects: {
    configMap: async (_, name) => (name === 'map' ? MAP : Promise.reject(notFound({ group: '', resource: 'configmap' }, name))),
    secret: async (_, name) => (name === 'secret' ? SECRET : Promise.reject(notFound({ group: '', resource: 'secret' }, name))),
  },
};

function pod(container: Partial<Container>, enableServiceLinks = false): Pod {
  return {
    metadata: { name: 'p', namespace: 'team', labels: { app: 'x' } },
    spec: { enableServiceLinks, containers: [{ name: 'c', resources: {}, ...container }] },
    status: {},
  };
}

const environment = (of: Pod): Promise<Map<string, string>> => makeEnvironment(of, of.spec.containers[0] as Container, sources);

test('later sources win, prefixes apply, and references see what came before', async () => {
  const result = await environment(
    pod({
      envFrom: [{ configMapRef: { name: 'map' } }, { prefix: 'P_', secretRef: { name: 'secret' } }],
      env: [
        { name: 'a', value: 'own' },
        { name: 'c', value: '$(a) $(b) $(P_s) $(KUBERNETES_SERVICE_HOST)' },
        { name: 'app', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
      ],
    }),
  );
  expect(Object.fromEntries(result)).toMatchObject({
    a: 'own',
    b: '2',
    P_s: 'x',
    c: 'own 2 x 10.96.0.1',
    app: 'x',
    KUBERNETES_SERVICE_PORT_HTTPS: '443',
    KUBERNETES_PORT_443_TCP: 'tcp://10.96.0.1:443',
  });
});

test('Services of the namespace show only with enableServiceLinks, headless ones never', async () => {
  expect([...(await environment(pod({}))).keys()].some((name) => name.startsWith('MY_DB'))).toBe(false);
  const linked = await environment(pod({}, true));
  expect(linked.get('MY_DB_PORT_5432_TCP_ADDR')).toBe('10.96.0.9');
  expect([...linked.keys()].some((name) => name.startsWith('HEADLESS'))).toBe(false);
});

test('what is missing is named the way statuses show it', async () => {
  const key = (name: string, optional = false): Pod =>
    pod({ env: [{ name: 'X', valueFrom: { configMapKeyRef: { name, key: 'none', optional } } }] });
  await expect(environment(key('absent'))).rejects.toThrow('configmap "absent" not found');
  await expect(environment(key('map'))).rejects.toThrow("couldn't find key none in ConfigMap team/map");
  expect((await environment(key('absent', true))).has('X')).toBe(false);
  await expect(environment(pod({ env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'secret', key: 'k' } } }] }))).rejects.toThrow(
    "couldn't find key k in Secret team/secret",
  );
});

test('resource fields are divided and rounded up, and an absent limit is what the node has', () => {
  const of = pod({ resources: { requests: { cpu: '250m', memory: '64Mi' }, limits: { memory: '100Mi' } } });
  const own = of.spec.containers[0] as Container;
  const value = (resource: string, divisor?: string): string => resourceFieldValue(of, own, { resource, divisor: divisor ?? '0' }, NODE);
  expect(value('requests.cpu')).toBe('1');
  expect(value('requests.cpu', '1m')).toBe('250');
  expect(value('limits.memory', '1Mi')).toBe('100');
  expect(value('limits.cpu')).toBe('4');
});
