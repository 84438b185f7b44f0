import { describe, expect, it } from 'vitest';
import { generateKey, privateKeyPem, publicKeyPem } from '#pki';
import { createAuthentication, DEFAULT_ISSUER, tokenIssuer } from '../../authn/index.ts';
import { MemoryReader } from '../../authn/memory-reader.ts';
import { createAuthorization } from '../../authz/index.ts';
import { reviews } from './index.ts';

const GROUP = 'rbac.authorization.k8s.io';
const key = privateKeyPem(await generateKey());
const reader = new MemoryReader({
  serviceaccounts: [{ metadata: { name: 'ci', namespace: 'dev', uid: 'sa-1' } }],
  [`clusterroles.${GROUP}`]: [
    {
      metadata: { name: 'r' },
      rules: [
        { verbs: ['get'], apiGroups: [''], resources: ['pods'] },
        { verbs: ['get'], nonResourceURLs: ['/healthz'] },
      ],
    } as never,
  ],
  [`clusterrolebindings.${GROUP}`]: [
    {
      metadata: { name: 'b' },
      roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: 'r' },
      subjects: [
        { kind: 'User', name: 'alice' },
        { kind: 'Group', name: 'dev' },
      ],
    } as never,
  ],
});
const authentication = createAuthentication({ serviceAccounts: { keys: [publicKeyPem(key)] }, reader });
const handlers = reviews({ authentication, authorization: createAuthorization({ reader }) });
const alice = { name: 'alice', uid: 'u', groups: ['system:authenticated'], extra: { scopes: ['a'] } };
const now = new Date('2026-01-02T03:04:05Z');

async function ask(resource: string, spec: object | undefined, request: object = {}, metadata: object = {}): Promise<unknown> {
  const answer = await handlers[resource]?.({ metadata, spec } as never, { user: alice, info: { namespace: '' }, now, ...request });
  return (answer as { status?: unknown } | undefined)?.status;
}

const pods = { verb: 'get', resource: 'pods', namespace: 'dev' };
const reason = 'RBAC: allowed by ClusterRoleBinding "b" of ClusterRole "r" to User "alice"';

describe('access reviews', () => {
  const SELF = 'selfsubjectaccessreviews.authorization.k8s.io';
  const OTHER = 'subjectaccessreviews.authorization.k8s.io';
  const LOCAL = 'localsubjectaccessreviews.authorization.k8s.io';
  it.each<[string, object, object]>([
    [SELF, { resourceAttributes: pods }, { allowed: true, reason }],
    [SELF, { resourceAttributes: { ...pods, verb: 'delete' } }, { allowed: false }],
    [SELF, { nonResourceAttributes: { path: '/healthz', verb: 'get' } }, { allowed: true, reason }],
    [OTHER, { resourceAttributes: pods, user: 'alice' }, { allowed: true, reason }],
    [OTHER, { resourceAttributes: pods, user: 'bob' }, { allowed: false }],
    [OTHER, { resourceAttributes: pods, groups: ['dev'] }, { allowed: true, reason: reason.replace('User "alice"', 'Group "dev"') }],
    [OTHER, { resourceAttributes: pods, group: ['dev'] }, { allowed: true, reason: reason.replace('User "alice"', 'Group "dev"') }],
    [LOCAL, { resourceAttributes: pods, user: 'alice' }, { allowed: true, reason }],
  ])('%s of %j answers %j', async (resource, spec, status) => {
    expect(await ask(resource, spec, { info: { namespace: 'dev' } })).toEqual(status);
  });

  it.each<[string, object, string]>([
    [
      SELF,
      {},
      'SelfSubjectAccessReview.authorization.k8s.io "" is invalid: spec.resourceAttributes: Invalid value: "null": exactly one of nonResourceAttributes or resourceAttributes must be specified',
    ],
    [
      SELF,
      { resourceAttributes: pods, nonResourceAttributes: { path: '/' } },
      'cannot be specified in combination with resourceAttributes',
    ],
    [OTHER, { resourceAttributes: pods }, 'spec.user: Invalid value: "": at least one of user or group must be specified'],
    [LOCAL, { resourceAttributes: { ...pods, namespace: 'x' }, user: 'a' }, 'spec.resourceAttributes.namespace must match namespace: dev'],
    [
      LOCAL,
      { nonResourceAttributes: { path: '/' }, user: 'a' },
      'spec.nonResourceAttributes: Forbidden: disallowed on this kind of request',
    ],
  ])('%s refuses %j', async (resource, spec, message) => {
    await expect(ask(resource, spec, { info: { namespace: 'dev' } })).rejects.toThrow(message);
  });
});

describe('rules reviews', () => {
  const RULES = 'selfsubjectrulesreviews.authorization.k8s.io';
  it('list what the user may do', async () => {
    expect(await ask(RULES, { namespace: 'dev' })).toEqual({
      resourceRules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }],
      nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz'] }],
      incomplete: false,
    });
  });
  it('are incomplete for nodes, and want a namespace', async () => {
    const user = { name: 'system:node:n', groups: ['system:nodes'] };
    expect(await ask(RULES, { namespace: 'dev' }, { user })).toMatchObject({
      incomplete: true,
      evaluationError: 'node authorizer does not support user rule resolution',
    });
    await expect(ask(RULES, {})).rejects.toThrow('no namespace on request');
  });
});

describe('identity reviews', () => {
  const TOKEN = 'tokenreviews.authentication.k8s.io';
  const issue = (audiences: string[]) =>
    tokenIssuer({ key, issuer: DEFAULT_ISSUER, apiAudiences: [DEFAULT_ISSUER], reader })(
      { namespace: 'dev', name: 'ci' },
      { metadata: { name: '' }, spec: { audiences } },
    ).status.token;

  it('tell whose token it is', async () => {
    expect(await ask(TOKEN, { token: issue([]) })).toMatchObject({
      authenticated: true,
      user: {
        username: 'system:serviceaccount:dev:ci',
        uid: 'sa-1',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:dev', 'system:authenticated'],
      },
      audiences: [DEFAULT_ISSUER],
    });
    expect(await ask(TOKEN, { token: issue(['vault']), audiences: ['vault', 'x'] })).toMatchObject({
      authenticated: true,
      audiences: ['vault'],
    });
  });

  it('tell that a token is not good', async () => {
    expect(await ask(TOKEN, { token: 'nonsense' })).toEqual({ user: {}, error: 'invalid bearer token' });
    expect(await ask(TOKEN, { token: issue(['vault']) })).toMatchObject({
      user: {},
      error: expect.stringContaining('is invalid for the target audiences'),
    });
    await expect(ask(TOKEN, {})).rejects.toThrow('token is required for TokenReview in authentication');
  });

  it('tell me who I am', async () => {
    expect(await ask('selfsubjectreviews.authentication.k8s.io', undefined)).toEqual({
      userInfo: { username: 'alice', uid: 'u', groups: ['system:authenticated'], extra: { scopes: ['a'] } },
    });
  });
});
