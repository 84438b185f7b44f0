import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { resources } from '#client';
import type { KeyPair } from '#pki';
import { statusOf, TestApiServer, type Answer } from './api-server.ts';

const REGISTRATION = '/apis/admissionregistration.k8s.io/v1';
const cms = '/api/v1/namespaces/default/configmaps';
const CONFIG_MAPS = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE', 'DELETE'], resources: ['configmaps'] };

let server: TestApiServer;
let dir: string;
let configured: string[] = [];

async function store(resource: string, object: { metadata: { name: string } }): Promise<Answer> {
  const answer = await server.post(`${REGISTRATION}/${resource}`, object);
  configured.push(`${REGISTRATION}/${resource}/${object.metadata.name}`);
  return answer;
}

/** A policy about ConfigMaps and its binding, both of this name. Answers with what the policy's create did. */
async function validating(name: string, spec: object, binding: object = {}): Promise<Answer> {
  const answer = await store('validatingadmissionpolicies', {
    metadata: { name },
    spec: { matchConstraints: { resourceRules: [CONFIG_MAPS] }, ...spec },
  } as never);
  await store('validatingadmissionpolicybindings', {
    metadata: { name: `${name}-binding` },
    spec: { policyName: name, validationActions: ['Deny'], ...binding },
  } as never);
  return answer;
}

async function mutating(name: string, spec: object, binding: object = {}): Promise<void> {
  const whole = { matchConstraints: { resourceRules: [CONFIG_MAPS] }, reinvocationPolicy: 'Never', ...spec };
  const answer = await store('mutatingadmissionpolicies', { metadata: { name }, spec: whole } as never);
  expect([answer.code, answer.code === 201 ? '' : answer.text]).toEqual([201, '']);
  await store('mutatingadmissionpolicybindings', {
    metadata: { name: `${name}-binding` },
    spec: { policyName: name, ...binding },
  } as never);
}

const create = (name: string, more: object = {}, path = cms): Promise<Answer> => server.post(path, { metadata: { name }, ...more });
const said = (answer: Answer): [number, string | undefined] => [answer.code, statusOf(answer).message];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'skiff-policies-'));
  await writeFile(
    join(dir, 'policy.yaml'),
    'apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules: [{level: Metadata}]\n',
  );
  server = await TestApiServer.start({ audit: { policyFile: join(dir, 'policy.yaml'), logPath: join(dir, 'audit.log') } });
});

afterEach(async () => {
  for (const path of configured.reverse()) await server.delete(path);
  configured = [];
});

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

describe('a validating policy', () => {
  it('denies what does not meet its expression', async () => {
    await validating('size', { validations: [{ expression: 'object.data.size() <= 1' }] });
    expect((await create('small', { data: { a: '1' } })).code).toBe(201);
    const answer = await create('large', { data: { a: '1', b: '2' } });
    expect(said(answer)).toEqual([
      422,
      `configmaps "large" is forbidden: ValidatingAdmissionPolicy 'size' with binding 'size-binding' denied request: failed expression: object.data.size() <= 1`,
    ]);
    expect(statusOf(answer).reason).toBe('Invalid');
  });

  it('says what its author wants, with the reason of the author', async () => {
    await validating('words', {
      validations: [
        {
          expression: 'false',
          message: 'never',
          messageExpression: `'no ' + object.metadata.name + ' for ' + request.userInfo.username`,
          reason: 'Forbidden',
        },
      ],
    });
    const answer = await create('words');
    expect([...said(answer), statusOf(answer).reason]).toEqual([
      403,
      `configmaps "words" is forbidden: ValidatingAdmissionPolicy 'words' with binding 'words-binding' denied request: no words for admin`,
      'Forbidden',
    ]);
  });

  it('uses variables, of which each may use those before', async () => {
    await validating('variables', {
      variables: [
        { name: 'count', expression: 'has(object.data) ? size(object.data) : 0' },
        { name: 'twice', expression: 'variables.count * 2' },
        { name: 'broken', expression: 'object.nothing.here' },
      ],
      validations: [{ expression: 'variables.twice < 4', message: 'too many' }],
    });
    expect((await create('variables-1', { data: { a: '' } })).code).toBe(201);
    expect((await create('variables-2', { data: { a: '', b: '' } })).code).toBe(422);
  });

  it('sees old objects and deletions', async () => {
    await create('locked', { metadata: { name: 'locked', labels: { locked: 'yes' } } });
    await validating('locked', {
      validations: [
        {
          expression: `request.operation != 'DELETE' || !('labels' in oldObject.metadata) || oldObject.metadata.labels.locked != 'yes'`,
          message: 'locked',
        },
      ],
    });
    expect((await server.delete(`${cms}/locked`)).code).toBe(422);
    expect((await server.patch(`${cms}/locked`, { metadata: { labels: { locked: 'no' } } })).code).toBe(200);
    expect((await server.delete(`${cms}/locked`)).code).toBe(200);
  });

  it('only warns where its binding says so', async () => {
    await validating('warn', { validations: [{ expression: 'false', message: 'hm' }] }, { validationActions: ['Warn', 'Audit'] });
    const answer = await create('warned');
    expect([answer.code, answer.headers['warning']]).toEqual([
      201,
      `299 - "Validation failed for ValidatingAdmissionPolicy 'warn' with binding 'warn-binding': hm"`,
    ]);
  });

  it('is heard in the audit log', async () => {
    await validating(
      'audited',
      {
        validations: [{ expression: 'true' }, { expression: 'false', message: 'hm' }],
        auditAnnotations: [
          { key: 'who', valueExpression: `'it was ' + request.userInfo.username` },
          { key: 'none', valueExpression: 'null' },
        ],
      },
      { validationActions: ['Audit'] },
    );
    expect((await create('audited')).code).toBe(201);
    // What has been written is in the file when the server has stopped.
    await server.shut();
    await server.open();
    const lines = (await readFile(join(dir, 'audit.log'), 'utf8')).trim().split('\n');
    const event = lines
      .map((line) => JSON.parse(line) as { requestURI: string; annotations: Record<string, string> })
      .findLast(({ requestURI }) => requestURI === cms);
    expect(event?.annotations).toMatchObject({
      'audited/who': 'it was admin',
      'validation.policy.admission.k8s.io/validation_failure':
        '[{"message":"hm","policy":"audited","binding":"audited-binding","expressionIndex":1,"validationActions":["Audit"]}]',
    });
    expect(event?.annotations['audited/none']).toBeUndefined();
  });

  it('is asked where its binding says, and under its conditions', async () => {
    await server.post('/api/v1/namespaces', { metadata: { name: 'strict', labels: { level: 'strict' } } });
    await validating(
      'where',
      {
        matchConditions: [{ name: 'not-exempt', expression: '!object.metadata.name.startsWith("exempt-")' }],
        validations: [{ expression: `namespaceObject.metadata.labels.level != 'strict'` }],
      },
      { matchResources: { namespaceSelector: { matchLabels: { level: 'strict' } } } },
    );
    const strict = '/api/v1/namespaces/strict/configmaps';
    expect([(await create('w')).code, (await create('exempt-w', {}, strict)).code, (await create('w', {}, strict)).code]).toEqual([
      201, 201, 422,
    ]);
  });

  it('leaves alone what its exclusions and names leave out', async () => {
    const matchConstraints = {
      resourceRules: [{ ...CONFIG_MAPS, resourceNames: ['named', 'excluded'] }],
      excludeResourceRules: [{ ...CONFIG_MAPS, resourceNames: ['excluded'] }],
    };
    await validating('names', { matchConstraints, validations: [{ expression: 'false' }] });
    expect([(await create('other')).code, (await create('excluded')).code, (await create('named')).code]).toEqual([201, 201, 422]);
  });

  it('fails by its failure policy', async () => {
    await validating('fails', { validations: [{ expression: 'object.nothing.here == 1' }] });
    expect(said(await create('fails'))).toEqual([
      422,
      `configmaps "fails" is forbidden: ValidatingAdmissionPolicy 'fails' with binding 'fails-binding' denied request: expression 'object.nothing.here == 1' resulted in error: no such key: nothing`,
    ]);
    await validating('ignores', { failurePolicy: 'Ignore', validations: [{ expression: 'object.nothing.here == 1' }] });
    await server.delete(`${REGISTRATION}/validatingadmissionpolicies/fails`);
    expect((await create('ignored')).code).toBe(201);
  });

  it('asks what the user may do', async () => {
    await validating('authorizer', {
      validations: [
        {
          expression: `authorizer.group('').resource('secrets').namespace('default').check('delete').allowed() && authorizer.requestResource.check('create').allowed()`,
          message: 'not you',
        },
      ],
    });
    expect((await create('by-admin')).code).toBe(201);
    const role = { metadata: { name: 'cm' }, rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['create'] }] };
    await server.post('/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles', role);
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'cm' };
    await server.post('/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings', {
      metadata: { name: 'cm' },
      roleRef,
      subjects: [{ kind: 'User', name: 'bob' }],
    });
    const bob: KeyPair = await server.user('bob');
    const answer = await server.ask('POST', cms, { body: { metadata: { name: 'by-bob' } }, as: bob });
    expect(statusOf(answer).message).toContain('denied request: not you');
  });

  it('says which generation of it is in force', async () => {
    const watch = server.client().resource(resources.validatingAdmissionPolicies).watch({ fieldSelector: 'metadata.name=observed' });
    await validating('observed', { validations: [{ expression: 'true' }] });
    for await (const { object } of watch) if (object.status?.observedGeneration === object.metadata.generation) break;
    expect((await server.get(`${REGISTRATION}/validatingadmissionpolicies/observed`)).body).toMatchObject({
      status: { observedGeneration: 1, typeChecking: {} },
    });
  });

  it('is not stored with an expression that is none', async () => {
    const answer = await validating('broken', { validations: [{ expression: 'object.x ==' }] });
    expect(answer.code).toBe(422);
    expect(statusOf(answer).details?.causes?.[0]).toMatchObject({ field: 'spec.validations[0].expression', reason: 'FieldValueInvalid' });
    const undeclared = await validating('undeclared', { validations: [{ expression: 'params.x == 1' }] });
    expect(statusOf(undeclared).message).toContain('spec.validations[0].expression: Invalid value: "params.x == 1": compilation failed');
  });
});

describe('the parameters of a policy', () => {
  const paramKind = { apiVersion: 'v1', kind: 'ConfigMap' };
  const SECRETS = { resourceRules: [{ ...CONFIG_MAPS, resources: ['secrets'] }] };
  const secrets = '/api/v1/namespaces/default/secrets';

  it('come from the object that the binding names', async () => {
    await create('limits', { data: { max: '1' } });
    await validating(
      'params',
      {
        paramKind,
        matchConstraints: SECRETS,
        validations: [{ expression: 'size(object.data) <= int(params.data.max)', messageExpression: `'at most ' + params.data.max` }],
      },
      { paramRef: { name: 'limits', namespace: 'default', parameterNotFoundAction: 'Deny' } },
    );
    expect((await create('s1', { data: { a: 'MQ==' } }, secrets)).code).toBe(201);
    const answer = await create('s2', { data: { a: 'MQ==', b: 'Mg==' } }, secrets);
    expect(statusOf(answer).message).toMatch(/ denied request: at most 1$/);
  });

  it('deny or allow by their absence', async () => {
    const spec = { paramKind, matchConstraints: SECRETS, validations: [{ expression: 'false' }] };
    await validating('absent', spec, { paramRef: { name: 'nowhere', parameterNotFoundAction: 'Deny' } });
    expect(statusOf(await create('absent', {}, secrets)).message).toContain(
      'denied request: failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction',
    );
    await server.delete(`${REGISTRATION}/validatingadmissionpolicies/absent`);
    await validating('may-be-absent', spec, { paramRef: { name: 'nowhere', parameterNotFoundAction: 'Allow' } });
    expect((await create('allowed', {}, secrets)).code).toBe(201);
  });

  it('may be several, of which each is asked', async () => {
    for (const [name, word] of [
      ['word-1', 'foo'],
      ['word-2', 'bar'],
    ] as const)
      await create(name, { metadata: { name, labels: { words: 'y' } }, data: { word } });
    await validating(
      'several',
      { paramKind, matchConstraints: SECRETS, validations: [{ expression: '!object.metadata.name.contains(params.data.word)' }] },
      { paramRef: { selector: { matchLabels: { words: 'y' } }, namespace: 'default', parameterNotFoundAction: 'Deny' } },
    );
    const codes = await Promise.all(['a-foo', 'a-bar', 'a-baz'].map(async (name) => (await create(name, {}, secrets)).code));
    expect(codes).toEqual([422, 422, 201]);
  });
});

describe('a mutating policy', () => {
  it('applies a configuration', async () => {
    await mutating('apply', {
      mutations: [
        {
          patchType: 'ApplyConfiguration',
          applyConfiguration: { expression: `Object{metadata: Object.metadata{labels: {"by": "policy"}}}` },
        },
      ],
    });
    const answer = await create('applied', { metadata: { name: 'applied', labels: { own: 'y' } }, data: { k: 'v' } });
    expect(answer.body).toMatchObject({ metadata: { labels: { own: 'y', by: 'policy' } }, data: { k: 'v' } });
    expect(
      (answer.body as { metadata: { managedFields: { manager: string }[] } }).metadata.managedFields.map(({ manager }) => manager),
    ).toEqual(['unknown']);
  });

  it('merges lists by their keys', async () => {
    await server.post('/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
    await mutating('env', {
      matchConstraints: { resourceRules: [{ ...CONFIG_MAPS, operations: ['CREATE'], resources: ['pods'] }] },
      mutations: [
        {
          patchType: 'ApplyConfiguration',
          applyConfiguration: {
            expression: `Object{spec: Object.spec{containers: object.spec.containers.map(c, Object.spec.containers{name: c.name, env: [Object.spec.containers.env{name: "ADDED", value: "1"}]})}}`,
          },
        },
      ],
    });
    const pod = { metadata: { name: 'env' }, spec: { containers: [{ name: 'c', image: 'i', env: [{ name: 'OWN', value: '0' }] }] } };
    const answer = await server.post('/api/v1/namespaces/default/pods', pod);
    expect(answer.body).toMatchObject({
      spec: {
        containers: [
          {
            name: 'c',
            image: 'i',
            env: [
              { name: 'OWN', value: '0' },
              { name: 'ADDED', value: '1' },
            ],
          },
        ],
      },
    });
  });

  it('patches, each with what the one before has made', async () => {
    await mutating('patch', {
      variables: [{ name: 'who', expression: 'request.userInfo.username' }],
      mutations: [
        {
          patchType: 'JSONPatch',
          jsonPatch: { expression: `[JSONPatch{op: "add", path: "/metadata/annotations", value: {"x/y": variables.who}}]` },
        },
        {
          patchType: 'JSONPatch',
          jsonPatch: {
            expression: `has(object.metadata.annotations) ? [JSONPatch{op: "add", path: "/metadata/annotations/" + jsonpatch.escapeKey("then/this"), value: "2"}] : []`,
          },
        },
      ],
    });
    const answer = await create('patched');
    expect(answer.body).toMatchObject({ metadata: { annotations: { 'x/y': 'admin', 'then/this': '2' } } });
  });

  it('refuses when it fails', async () => {
    await mutating('fails', {
      mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: `[JSONPatch{op: "test", path: "/data/x", value: "y"}]` } }],
    });
    const answer = await create('unpatched');
    expect(answer.code).toBe(422);
    expect(statusOf(answer).message).toContain(`policy 'fails' with binding 'fails-binding' denied request: `);
  });
});
