import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { resources } from '#client';
import { createCa } from '#pki';
import { statusOf, TestApiServer } from './api-server.ts';
import { Webhooks, type Received, type Response } from './webhook-server.ts';

const patch = (...operations: object[]): Response => ({
  allowed: true,
  patchType: 'JSONPatch',
  patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
});

const CONFIG_MAPS = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE', 'DELETE'], resources: ['configmaps'] };
const cms = '/api/v1/namespaces/default/configmaps';
const REGISTRATION = '/apis/admissionregistration.k8s.io/v1';

let server: TestApiServer;
const hooks = new Webhooks();
let configured: string[] = [];

/** Stores a configuration; the server obeys it from the next request on, since its cache has it when the write is answered. */
async function configure(sort: 'Mutating' | 'Validating', name: string, ...webhooks: object[]): Promise<void> {
  const path = `${REGISTRATION}/${sort.toLowerCase()}webhookconfigurations`;
  const defaults = { admissionReviewVersions: ['v1'], sideEffects: 'None', rules: [CONFIG_MAPS], timeoutSeconds: 5 };
  const answer = await server.post(path, { metadata: { name }, webhooks: webhooks.map((webhook) => ({ ...defaults, ...webhook })) });
  expect(answer.text).toContain(name);
  expect(answer.code).toBe(201);
  configured.push(`${path}/${name}`);
}

beforeAll(async () => {
  server = await TestApiServer.start();
  await hooks.start(['127.0.0.1', 'hook.default.svc']);
});

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  hooks.stop();
});

beforeEach(async () => {
  for (const path of configured) await server.delete(path);
  configured = [];
  hooks.received.length = 0;
  hooks.answers.clear();
});

describe('validating webhooks', () => {
  it('refuse a write in their own words', async () => {
    await configure('Validating', 'no', { name: 'no.example.com', clientConfig: hooks.config('/no') });
    hooks.answers.set('/no', () => ({
      allowed: false,
      status: { code: 403, reason: 'Forbidden', message: 'not on my watch' },
      warnings: ['look out'],
    }));
    const answer = await server.post(cms, { metadata: { name: 'a' } });
    expect(answer.code).toBe(403);
    expect(statusOf(answer)).toMatchObject({
      reason: 'Forbidden',
      message: 'admission webhook "no.example.com" denied the request: not on my watch',
    });
  });

  it('refuse without a word', async () => {
    await configure('Validating', 'mute', { name: 'mute.example.com', clientConfig: hooks.config('/mute') });
    hooks.answers.set('/mute', () => ({ allowed: false }));
    const answer = await server.post(cms, { metadata: { name: 'a' } });
    expect([answer.code, statusOf(answer).message]).toEqual([
      400,
      'admission webhook "mute.example.com" denied the request without explanation',
    ]);
  });

  it('are told everything about the write', async () => {
    await configure('Validating', 'see', { name: 'see.example.com', clientConfig: hooks.config('/see') });
    hooks.answers.set('/see', () => ({ allowed: true, warnings: ['mind the gap'] }));
    const created = await server.post(`${cms}?dryRun=All`, { metadata: { name: 'seen' }, data: { a: 'b' } });
    expect(created.code).toBe(201);
    expect(created.headers['warning']).toBe('299 - "mind the gap"');
    const [{ url, apiVersion, request } = {} as Received] = hooks.received;
    expect(url).toBe('/see?timeout=5s');
    expect(apiVersion).toBe('admission.k8s.io/v1');
    expect(request).toMatchObject({
      kind: { group: '', version: 'v1', kind: 'ConfigMap' },
      resource: { group: '', version: 'v1', resource: 'configmaps' },
      requestKind: { group: '', version: 'v1', kind: 'ConfigMap' },
      name: 'seen',
      namespace: 'default',
      operation: 'CREATE',
      userInfo: { username: 'admin' },
      object: { kind: 'ConfigMap', apiVersion: 'v1', data: { a: 'b' } },
      oldObject: null,
      dryRun: true,
      options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1', dryRun: ['All'] },
    });
  });

  it('see the old object of a deletion, and keep it', async () => {
    await server.post(cms, { metadata: { name: 'kept' }, data: { k: 'v' } });
    await configure('Validating', 'keep', { name: 'keep.example.com', clientConfig: hooks.config('/keep') });
    hooks.answers.set('/keep', () => ({ allowed: false, status: { message: 'stays' } }));
    expect((await server.delete(`${cms}/kept`)).code).toBe(400);
    expect(hooks.received[0]?.request).toMatchObject({
      operation: 'DELETE',
      object: null,
      oldObject: { data: { k: 'v' } },
      options: { kind: 'DeleteOptions' },
    });
    expect((await server.get(`${cms}/kept`)).code).toBe(200);
  });

  it('keep their connection open', async () => {
    await configure('Validating', 'open', { name: 'open.example.com', clientConfig: hooks.config('/open') });
    hooks.answers.set('/open', () => ({ allowed: true }));
    const before = hooks.connections;
    for (let i = 0; i < 5; i++) await server.post(cms, { metadata: { generateName: 'open-' } });
    expect(hooks.connections - before).toBe(1);
  });

  it('cannot stand in the way of their own configuration', async () => {
    const rules = [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*/*'] }];
    await configure('Validating', 'all', { name: 'all.example.com', rules, clientConfig: hooks.config('/all') });
    hooks.answers.set('/all', () => ({ allowed: false }));
    expect((await server.delete(`${REGISTRATION}/validatingwebhookconfigurations/all`)).code).toBe(200);
    expect(hooks.received).toEqual([]);
  });

  it('are asked about subresources only when they name them', async () => {
    const deployments = '/apis/apps/v1/namespaces/default/deployments';
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
    await server.post(deployments, { metadata: { name: 'web' }, spec: { selector: { matchLabels: { a: 'b' } }, template } });
    const rule = { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['*'] };
    await configure(
      'Validating',
      'sub',
      { name: 'main.example.com', rules: [{ ...rule, resources: ['deployments'] }], clientConfig: hooks.config('/main') },
      { name: 'sub.example.com', rules: [{ ...rule, resources: ['*/scale'] }], clientConfig: hooks.config('/sub') },
    );
    hooks.answers.set('/sub', () => ({ allowed: true }));
    const answer = await server.patch(`${deployments}/web/scale`, { spec: { replicas: 3 } });
    expect(answer.code).toBe(200);
    expect(hooks.received.map(({ url }) => url)).toEqual(['/sub?timeout=5s']);
    expect(hooks.received[0]?.request).toMatchObject({
      kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
      subResource: 'scale',
      operation: 'UPDATE',
      object: { kind: 'Scale', apiVersion: 'autoscaling/v1', spec: { replicas: 3 } },
      oldObject: { spec: { replicas: 1 } },
    });
  });

  it('see evictions and connections as what they are', async () => {
    await server.post('/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
    const pods = '/api/v1/namespaces/default/pods';
    const pod = { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } };
    expect((await server.post(pods, pod)).text).toContain('"p"');
    const rules = [
      { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'CONNECT'], resources: ['pods/eviction', 'pods/exec', 'pods/proxy'] },
    ];
    await configure('Validating', 'ways', { name: 'ways.example.com', rules, clientConfig: hooks.config('/ways') });
    hooks.answers.set('/ways', () => ({ allowed: false, status: { message: 'no way' } }));
    const evicted = await server.post(`${pods}/p/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' } });
    expect(statusOf(evicted).message).toBe('admission webhook "ways.example.com" denied the request: no way');
    await server.get(`${pods}/p/proxy/index.html`);
    expect(hooks.received.map(({ request }) => [request.operation, request.kind, request.subResource, request.object])).toMatchObject([
      ['CREATE', { group: 'policy', version: 'v1', kind: 'Eviction' }, 'eviction', { kind: 'Eviction' }],
      ['CONNECT', { group: '', version: 'v1', kind: 'PodProxyOptions' }, 'proxy', { kind: 'PodProxyOptions', path: '/index.html' }],
    ]);
    expect((await server.get(`${pods}/p`)).code).toBe(200);
  });

  it('see the version that they name, whatever the client wrote', async () => {
    const rules = [{ apiGroups: ['autoscaling'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['horizontalpodautoscalers'] }];
    await configure(
      'Validating',
      'old',
      { name: 'equivalent.example.com', rules, clientConfig: hooks.config('/equivalent') },
      { name: 'exact.example.com', rules, matchPolicy: 'Exact', clientConfig: hooks.config('/exact') },
    );
    hooks.answers.set('/equivalent', () => ({ allowed: true }));
    const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
    const metrics = [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }];
    const hpa = { metadata: { name: 'h' }, spec: { scaleTargetRef: target, maxReplicas: 3, metrics } };
    expect((await server.post('/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers', hpa)).code).toBe(201);
    expect(hooks.received.map(({ url }) => url)).toEqual(['/equivalent?timeout=5s']);
    expect(hooks.received[0]?.request).toMatchObject({
      kind: { group: 'autoscaling', version: 'v1' },
      requestKind: { group: 'autoscaling', version: 'v2' },
      object: { apiVersion: 'autoscaling/v1', spec: { targetCPUUtilizationPercentage: 50 } },
    });
  });
});

describe('what is asked', () => {
  it('goes by the labels of the namespace and of the object', async () => {
    await server.post('/api/v1/namespaces', { metadata: { name: 'guarded', labels: { guard: 'on' } } });
    await configure('Validating', 'labels', {
      name: 'labels.example.com',
      clientConfig: hooks.config('/labels'),
      namespaceSelector: { matchLabels: { guard: 'on' } },
      objectSelector: { matchExpressions: [{ key: 'skip', operator: 'DoesNotExist' }] },
    });
    hooks.answers.set('/labels', () => ({ allowed: true }));
    await server.post(cms, { metadata: { name: 'elsewhere' } });
    await server.post('/api/v1/namespaces/guarded/configmaps', { metadata: { name: 'skipped', labels: { skip: 'y' } } });
    await server.post('/api/v1/namespaces/guarded/configmaps', { metadata: { name: 'asked' } });
    expect(hooks.received.map(({ request }) => request.name)).toEqual(['asked']);
  });

  it('goes by the conditions', async () => {
    await configure(
      'Validating',
      'conditions',
      {
        name: 'met.example.com',
        clientConfig: hooks.config('/met'),
        matchConditions: [
          { name: 'not-admin', expression: 'request.userInfo.username != "admin" || object.metadata.name.startsWith("ask-")' },
        ],
      },
      {
        name: 'broken.example.com',
        clientConfig: hooks.config('/broken'),
        failurePolicy: 'Ignore',
        matchConditions: [{ name: 'broken', expression: 'object.nothing.here == 1' }],
      },
    );
    hooks.answers.set('/met', () => ({ allowed: true }));
    await server.post(cms, { metadata: { name: 'quiet' } });
    await server.post(cms, { metadata: { name: 'ask-me' } });
    expect(hooks.received.map(({ request }) => request.name)).toEqual(['ask-me']);
  });

  it('is refused when a condition cannot be told', async () => {
    await configure('Validating', 'condition', {
      name: 'broken.example.com',
      clientConfig: hooks.config('/broken'),
      matchConditions: [{ name: 'broken', expression: 'object.nothing.here == 1' }],
    });
    const answer = await server.post(cms, { metadata: { name: 'x' } });
    expect([answer.code, statusOf(answer).message]).toEqual([
      403,
      `configmaps "x" is forbidden: expression 'object.nothing.here == 1' resulted in error: no such key: nothing`,
    ]);
  });
});

describe('a webhook that fails', () => {
  const failing = async (webhook: object): Promise<[number, string | undefined]> => {
    await configure('Validating', 'failing', { name: 'failing.example.com', ...webhook });
    const answer = await server.post(cms, { metadata: { generateName: 'f-' } });
    return [answer.code, statusOf(answer).message];
  };
  const said = 'Internal error occurred: failed calling webhook "failing.example.com": failed to call webhook: ';

  it('refuses by not being there', async () => {
    expect(await failing({ clientConfig: { url: 'https://127.0.0.1:1/x', caBundle: hooks.ca } })).toEqual([
      500,
      `${said}Post "https://127.0.0.1:1/x?timeout=5s": dial tcp 127.0.0.1:1: connect: connection refused`,
    ]);
  });

  it('refuses by being late', async () => {
    hooks.answers.set('/late', () => new Promise<Response>(() => undefined));
    expect(await failing({ clientConfig: hooks.config('/late'), timeoutSeconds: 1 })).toEqual([
      500,
      `${said}Post "https://127.0.0.1:${hooks.port}/late?timeout=1s": context deadline exceeded`,
    ]);
  });

  it('refuses by a certificate of nobody that is known', async () => {
    const other = Buffer.from((await createCa('other', {})).certificate).toString('base64');
    expect(await failing({ clientConfig: { ...hooks.config('/x'), caBundle: other } })).toEqual([
      500,
      `${said}Post "https://127.0.0.1:${hooks.port}/x?timeout=5s": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
    ]);
  });

  it('refuses by a service that does not exist', async () => {
    expect(await failing({ clientConfig: { service: { namespace: 'default', name: 'gone', path: '/p' }, caBundle: hooks.ca } })).toEqual([
      500,
      `${said}Post "https://gone.default.svc:443/p?timeout=5s": service "gone" not found`,
    ]);
  });

  it('refuses by an error of its own', async () => {
    hooks.answers.set('/500', () => 500);
    expect(await failing({ clientConfig: hooks.config('/500') })).toEqual([
      500,
      `${said}an error on the server ("no luck") has prevented the request from succeeding`,
    ]);
  });

  it('refuses by an answer to another question', async () => {
    hooks.answers.set('/other', () => ({ uid: 'other', allowed: true }));
    const [code, message] = await failing({ clientConfig: hooks.config('/other') });
    expect(code).toBe(500);
    expect(message).toMatch(
      /failed calling webhook "failing.example.com": received invalid webhook response: expected response.uid="[^"]+", got "other"$/,
    );
  });

  it('is passed over when its failures are to be ignored', async () => {
    expect(await failing({ clientConfig: { url: 'https://127.0.0.1:1/x' }, failurePolicy: 'Ignore' })).toEqual([201, undefined]);
  });
});

describe('mutating webhooks', () => {
  it('change the object, in the order of their configurations', async () => {
    await configure('Mutating', 'b', { name: 'b.example.com', clientConfig: hooks.config('/b') });
    await configure('Mutating', 'a', { name: 'a.example.com', clientConfig: hooks.config('/a') });
    hooks.answers.set('/a', () => patch({ op: 'add', path: '/data', value: { from: 'a' } }));
    hooks.answers.set('/b', () => patch({ op: 'test', path: '/data/from', value: 'a' }, { op: 'add', path: '/data/after', value: 'b' }));
    const answer = await server.post(cms, { metadata: { name: 'mutated' } });
    expect(answer.body).toMatchObject({ data: { from: 'a', after: 'b' } });
    expect(hooks.received.map(({ url }) => url)).toEqual(['/a?timeout=5s', '/b?timeout=5s']);
  });

  it('are asked again when another one has changed the object since, if they want that', async () => {
    await configure(
      'Mutating',
      'again',
      { name: 'a.example.com', clientConfig: hooks.config('/a'), reinvocationPolicy: 'IfNeeded' },
      { name: 'b.example.com', clientConfig: hooks.config('/b') },
    );
    hooks.answers.set('/a', ({ object }) =>
      object?.metadata.labels?.['b'] === undefined ? { allowed: true } : patch({ op: 'add', path: '/metadata/labels/a', value: 'saw-b' }),
    );
    hooks.answers.set('/b', () => patch({ op: 'add', path: '/metadata/labels', value: { b: '1' } }));
    const answer = await server.post(cms, { metadata: { name: 'again' } });
    expect(answer.body).toMatchObject({ metadata: { labels: { a: 'saw-b', b: '1' } } });
    expect(hooks.received.map(({ url }) => url)).toEqual(['/a?timeout=5s', '/b?timeout=5s', '/a?timeout=5s']);
  });

  it('may change an object in the version that they know', async () => {
    const rules = [{ apiGroups: ['autoscaling'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['*'] }];
    await configure('Mutating', 'v1', { name: 'v1.example.com', rules, clientConfig: hooks.config('/v1') });
    hooks.answers.set('/v1', () => patch({ op: 'replace', path: '/spec/maxReplicas', value: 7 }));
    const spec = { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 3 };
    const answer = await server.post('/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers', { metadata: { name: 'v' }, spec });
    expect(answer.body).toMatchObject({ apiVersion: 'autoscaling/v2', spec: { maxReplicas: 7 } });
  });

  it('change custom resources, too', async () => {
    const openAPIV3Schema = {
      type: 'object',
      properties: { spec: { type: 'object', properties: { size: { type: 'integer' }, color: { type: 'string', default: 'red' } } } },
    };
    const version = (name: string, storage: boolean): object => ({ name, served: true, storage, schema: { openAPIV3Schema } });
    const names = { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' };
    const spec = { group: 'example.org', scope: 'Namespaced', names, versions: [version('v1', true), version('v2', false)] };
    expect(
      (await server.post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { metadata: { name: 'widgets.example.org' }, spec }))
        .code,
    ).toBe(201);
    const definition = server
      .client()
      .resource(resources.customResourceDefinitions)
      .watch({ fieldSelector: 'metadata.name=widgets.example.org' });
    for await (const { object } of definition)
      if (object.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True')) break;
    const rules = [{ apiGroups: ['example.org'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['widgets'] }];
    await configure('Mutating', 'widgets', { name: 'widgets.example.com', rules, clientConfig: hooks.config('/widgets') });
    hooks.answers.set('/widgets', () => patch({ op: 'replace', path: '/spec/size', value: 7 }));
    const widget = { apiVersion: 'example.org/v2', kind: 'Widget', metadata: { name: 'w' }, spec: { size: 1 } };
    const answer = await server.post('/apis/example.org/v2/namespaces/default/widgets', widget);
    expect(answer.body).toMatchObject({ apiVersion: 'example.org/v2', spec: { size: 7, color: 'red' } });
    expect(hooks.received[0]?.request).toMatchObject({
      kind: { version: 'v1' },
      requestKind: { version: 'v2' },
      object: { apiVersion: 'example.org/v1', spec: { size: 1, color: 'red' } },
    });
  });

  it('let what they add be defaulted and validated', async () => {
    await server.post('/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
    const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }];
    await configure('Mutating', 'sidecar', { name: 'sidecar.example.com', rules, clientConfig: hooks.config('/sidecar') });
    const spec = { containers: [{ name: 'c', image: 'i' }] };
    hooks.answers.set('/sidecar', () => patch({ op: 'add', path: '/spec/containers/-', value: { name: 'sidecar', image: 's:1' } }));
    const good = await server.post('/api/v1/namespaces/default/pods', { metadata: { name: 'with-sidecar' }, spec });
    expect(good.body).toMatchObject({
      spec: { containers: [{}, { name: 'sidecar', imagePullPolicy: 'IfNotPresent', terminationMessagePath: '/dev/termination-log' }] },
    });
    hooks.answers.set('/sidecar', () => patch({ op: 'add', path: '/spec/containers/-', value: { name: 'c', image: 's' } }));
    const bad = await server.post('/api/v1/namespaces/default/pods', { metadata: { name: 'bad-sidecar' }, spec });
    expect([bad.code, statusOf(bad).message]).toEqual([422, 'Pod "bad-sidecar" is invalid: spec.containers[1].name: Duplicate value: "c"']);
  });

  it('must not have side effects on a dry run', async () => {
    // Only the old version of the configuration may say so.
    const webhook = { name: 'side.example.com', clientConfig: hooks.config('/side'), rules: [CONFIG_MAPS], sideEffects: 'Some' };
    const path = '/apis/admissionregistration.k8s.io/v1beta1/mutatingwebhookconfigurations';
    expect((await server.post(path, { metadata: { name: 'side' }, webhooks: [webhook] })).code).toBe(201);
    configured.push(`${REGISTRATION}/mutatingwebhookconfigurations/side`);
    const answer = await server.post(`${cms}?dryRun=All`, { metadata: { name: 'dry' } });
    expect([answer.code, statusOf(answer).message]).toEqual([400, 'admission webhook "side.example.com" does not support dry run']);
  });
});

describe('a webhook behind a service', () => {
  const address = Object.values(networkInterfaces())
    .flat()
    .find((each) => each !== undefined && each.family === 'IPv4' && !each.internal)?.address;

  it.runIf(address !== undefined)('is reached at an endpoint, under the name of the service', async () => {
    await server.post('/api/v1/namespaces/default/services', {
      metadata: { name: 'hook' },
      spec: { ports: [{ port: 443, targetPort: hooks.port }] },
    });
    const clientConfig = { service: { namespace: 'default', name: 'hook', path: '/svc' }, caBundle: hooks.ca };
    await configure('Validating', 'svc', { name: 'svc.example.com', clientConfig });
    hooks.answers.set('/svc', () => ({ allowed: false, status: { message: 'reached' } }));
    const none = await server.post(cms, { metadata: { name: 'svc' } });
    expect(statusOf(none).message).toContain(
      'Post "https://hook.default.svc:443/svc?timeout=5s": no endpoints available for service "hook"',
    );
    const slice = {
      metadata: { name: 'hook-1', labels: { 'kubernetes.io/service-name': 'hook' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
      ports: [{ name: '', port: hooks.port, protocol: 'TCP' }],
    };
    const sliced = await server.post('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', slice);
    expect(sliced.code).toBe(201);
    const answer = await server.post(cms, { metadata: { name: 'svc' } });
    expect(statusOf(answer).message).toBe('admission webhook "svc.example.com" denied the request: reached');
  });
});
