import { describe, expect, it } from 'vitest';
import { MemoryReader } from '../authn/memory-reader.ts';
import type { AuthorizationAttributes, UserInfo } from '../types.ts';
import { bootstrapPolicy, createAuthorization, forbiddenError, forbiddenMessage } from './index.ts';

const GROUP = 'rbac.authorization.k8s.io';
const rolesOf = (rules: object[], name: string, namespace?: string) => ({
  kind: namespace ? 'Role' : 'ClusterRole',
  metadata: { name, namespace },
  rules,
});
const bindingOf = (name: string, role: [string, string], subjects: object[], namespace?: string) => ({
  metadata: { name, namespace },
  roleRef: { apiGroup: GROUP, kind: role[0], name: role[1] },
  subjects,
});

function setUp() {
  const reader = new MemoryReader({
    [`clusterroles.${GROUP}`]: [
      rolesOf([{ verbs: ['get', 'list'], apiGroups: [''], resources: ['pods', 'pods/log'] }], 'reader'),
      rolesOf([{ verbs: ['update'], apiGroups: ['*'], resources: ['*/scale'] }], 'scaler'),
      rolesOf([{ verbs: ['get'], nonResourceURLs: ['/healthz', '/logs/*'] }], 'prober'),
      rolesOf([{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }], 'everything'),
      rolesOf([{ verbs: ['get'], apiGroups: [''], resources: ['secrets'], resourceNames: ['tls'] }], 'one-secret'),
    ],
    [`roles.${GROUP}`]: [rolesOf([{ verbs: ['delete'], apiGroups: ['apps'], resources: ['deployments'] }], 'deleter', 'dev')],
    [`clusterrolebindings.${GROUP}`]: [
      bindingOf('readers', ['ClusterRole', 'reader'], [{ kind: 'Group', name: 'dev' }]),
      bindingOf('scalers', ['ClusterRole', 'scaler'], [{ kind: 'User', name: 'hpa' }]),
      bindingOf('probers', ['ClusterRole', 'prober'], [{ kind: 'User', name: 'prober' }]),
      bindingOf('one', ['ClusterRole', 'one-secret'], [{ kind: 'User', name: 'hpa' }]),
      bindingOf('broken', ['ClusterRole', 'gone'], [{ kind: 'User', name: 'unlucky' }]),
    ],
    [`rolebindings.${GROUP}`]: [
      bindingOf('owners', ['ClusterRole', 'everything'], [{ kind: 'ServiceAccount', name: 'ci', namespace: 'ops' }], 'dev'),
      bindingOf('deleters', ['Role', 'deleter'], [{ kind: 'User', name: 'alice' }], 'dev'),
    ],
  });
  return { reader, ...createAuthorization({ reader }) };
}

const user = (name: string, ...groups: string[]): UserInfo => ({ name, groups });
const asks = (who: UserInfo, what: Partial<AuthorizationAttributes>): AuthorizationAttributes => ({
  user: who,
  verb: 'get',
  isResource: true,
  path: '',
  group: '',
  version: 'v1',
  resource: 'pods',
  subresource: '',
  namespace: 'dev',
  name: '',
  ...what,
});

describe('RBAC', () => {
  const ci = user('system:serviceaccount:ops:ci');
  it.each<[string, UserInfo, Partial<AuthorizationAttributes>, boolean]>([
    ['a group by a cluster role', user('x', 'dev'), { verb: 'list' }, true],
    ['a group in every namespace', user('x', 'dev'), { verb: 'list', namespace: '' }, true],
    ['a subresource that is named', user('x', 'dev'), { subresource: 'log' }, true],
    ['no subresource that is not', user('x', 'dev'), { subresource: 'exec' }, false],
    ['no other verb', user('x', 'dev'), { verb: 'watch' }, false],
    ['no other group', user('x', 'ops'), {}, false],
    ['a subresource of everything', user('hpa'), { verb: 'update', group: 'apps', resource: 'deployments', subresource: 'scale' }, true],
    ['nothing but it', user('hpa'), { verb: 'update', group: 'apps', resource: 'deployments' }, false],
    ['an object by name', user('hpa'), { resource: 'secrets', name: 'tls' }, true],
    ['no object of another name', user('hpa'), { resource: 'secrets', name: 'other' }, false],
    ['no list by a name', user('hpa'), { resource: 'secrets', verb: 'list' }, false],
    ['a service account within a namespace', ci, { verb: 'delete', resource: 'secrets', subresource: 'x' }, true],
    ['it nowhere else', ci, { verb: 'delete', resource: 'secrets', namespace: 'prod' }, false],
    ['it not at the cluster scope', ci, { namespace: '' }, false],
    ['a user by a role', user('alice'), { verb: 'delete', group: 'apps', resource: 'deployments' }, true],
    ['a path', user('prober'), { isResource: false, path: '/healthz', resource: '' }, true],
    ['a path below another', user('prober'), { isResource: false, path: '/logs/a/b', resource: '' }, true],
    ['no path beside it', user('prober'), { isResource: false, path: '/healthz/x', resource: '' }, false],
    ['everything to system:masters', user('root', 'system:masters'), { verb: 'delete', resource: 'nodes' }, true],
  ])('allows %s', async (_, who, what, allowed) => {
    const { decision } = await setUp().authorize(asks(who, what));
    expect(decision).toBe(allowed ? 'allow' : 'no-opinion');
  });

  it('says why', async () => {
    const { authorize } = setUp();
    const reason = async (who: UserInfo, what: Partial<AuthorizationAttributes>) => (await authorize(asks(who, what))).reason;
    expect(await reason(user('x', 'dev'), {})).toBe('RBAC: allowed by ClusterRoleBinding "readers" of ClusterRole "reader" to Group "dev"');
    expect(await reason(user('system:serviceaccount:ops:ci'), {})).toBe(
      'RBAC: allowed by RoleBinding "owners/dev" of ClusterRole "everything" to ServiceAccount "ci/ops"',
    );
    expect(await reason(user('unlucky'), {})).toBe('RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found');
    expect(await reason(user('nobody'), {})).toBe('');
  });

  it('follows changes of roles and bindings', async () => {
    const { authorize, reader } = setUp();
    const request = asks(user('x', 'dev'), { verb: 'watch' });
    expect((await authorize(request)).decision).toBe('no-opinion');
    reader.put({ group: GROUP, resource: 'clusterroles' }, rolesOf([{ verbs: ['watch'], apiGroups: [''], resources: ['pods'] }], 'reader'));
    expect((await authorize(request)).decision).toBe('allow');
    reader.remove({ group: GROUP, resource: 'clusterrolebindings' }, '', 'readers');
    expect((await authorize(request)).decision).toBe('no-opinion');
  });
});

describe('the default policy', () => {
  const reader = new MemoryReader();
  for (const object of bootstrapPolicy()) {
    reader.put({ group: GROUP, resource: `${(object.kind ?? '').toLowerCase()}s` }, object);
  }
  for (const [role, name] of Object.entries({ admin: 'administrator', edit: 'editor', view: 'viewer' })) {
    reader.put({ group: GROUP, resource: 'rolebindings' }, bindingOf(name, ['ClusterRole', role], [{ kind: 'User', name }], 'dev'));
  }
  const { authorize } = createAuthorization({ reader });
  const authenticated = user('x', 'system:authenticated');
  const anonymous = user('system:anonymous', 'system:unauthenticated');
  it.each<[string, UserInfo, Partial<AuthorizationAttributes>, boolean]>([
    ['anybody reads /readyz', anonymous, { isResource: false, path: '/readyz' }, true],
    ['anybody reads /version', anonymous, { isResource: false, path: '/version' }, true],
    ['the anonymous do not read /apis', anonymous, { isResource: false, path: '/apis' }, false],
    ['users read /apis/apps/v1', authenticated, { isResource: false, path: '/apis/apps/v1' }, true],
    [
      'users ask what they may do',
      authenticated,
      { verb: 'create', group: 'authorization.k8s.io', resource: 'selfsubjectaccessreviews', namespace: '' },
      true,
    ],
    [
      'users ask who they are',
      authenticated,
      { verb: 'create', group: 'authentication.k8s.io', resource: 'selfsubjectreviews', namespace: '' },
      true,
    ],
    ['users see no pods', authenticated, { verb: 'list' }, false],
    ['editors write deployments', user('editor'), { verb: 'create', group: 'apps', resource: 'deployments' }, true],
    ['editors read what viewers read', user('editor'), { verb: 'list', resource: 'pods' }, true],
    ['editors grant nothing', user('editor'), { verb: 'create', group: GROUP, resource: 'rolebindings' }, false],
    ['administrators grant', user('administrator'), { verb: 'create', group: GROUP, resource: 'rolebindings' }, true],
    ['administrators write what editors write', user('administrator'), { verb: 'delete', resource: 'secrets' }, true],
    ['viewers see no secrets', user('viewer'), { resource: 'secrets' }, false],
    ['viewers see logs', user('viewer'), { subresource: 'log' }, true],
    ['the scheduler binds pods', user('system:kube-scheduler'), { verb: 'create', subresource: 'binding' }, true],
    ['the scheduler reads no secrets', user('system:kube-scheduler'), { resource: 'secrets' }, false],
    [
      'the scheduler keeps its own lease',
      user('system:kube-scheduler'),
      { verb: 'update', group: 'coordination.k8s.io', resource: 'leases', name: 'kube-scheduler' },
      true,
    ],
    [
      "the scheduler does not keep the others' lease",
      user('system:kube-scheduler'),
      { verb: 'update', group: 'coordination.k8s.io', resource: 'leases', name: 'kube-controller-manager' },
      false,
    ],
    [
      'the proxy watches endpoint slices',
      user('system:kube-proxy'),
      { verb: 'watch', group: 'discovery.k8s.io', resource: 'endpointslices', namespace: '' },
      true,
    ],
    [
      'the garbage collector deletes anything',
      user('system:serviceaccount:kube-system:generic-garbage-collector'),
      { verb: 'delete', group: 'example.org', resource: 'things' },
      true,
    ],
    [
      'a controller reads the request header configuration',
      user('system:kube-controller-manager'),
      { resource: 'configmaps', namespace: 'kube-system', name: 'extension-apiserver-authentication' },
      true,
    ],
  ])('lets %s', async (_, who, what, allowed) => {
    expect((await authorize(asks(who, what))).decision).toBe(allowed ? 'allow' : 'no-opinion');
  });

  it('names each object once and every role that is bound', () => {
    const keys = bootstrapPolicy().map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`);
    expect(new Set(keys).size).toBe(keys.length);
    const bound = bootstrapPolicy().flatMap((object) =>
      'roleRef' in object
        ? [`${object.roleRef.kind} ${object.roleRef.kind === 'Role' ? object.metadata.namespace : ''}/${object.roleRef.name}`]
        : [],
    );
    expect(keys).toEqual(expect.arrayContaining(bound));
  });
});

describe('the refusal', () => {
  it.each<[Partial<AuthorizationAttributes>, string, string]>([
    [
      { verb: 'list', namespace: 'default' },
      '',
      'pods is forbidden: User "x" cannot list resource "pods" in API group "" in the namespace "default"',
    ],
    [
      { verb: 'list', namespace: '', resource: 'nodes' },
      '',
      'nodes is forbidden: User "x" cannot list resource "nodes" in API group "" at the cluster scope',
    ],
    [
      { namespace: 'a', group: 'apps', resource: 'deployments', subresource: 'scale', name: 'web' },
      '',
      'deployments.apps "web" is forbidden: User "x" cannot get resource "deployments/scale" in API group "apps" in the namespace "a"',
    ],
    [{ isResource: false, path: '/metrics', resource: '' }, '', 'forbidden: User "x" cannot get path "/metrics"'],
    [
      { namespace: 'a', name: 'b' },
      'no way',
      'pods "b" is forbidden: User "x" cannot get resource "pods" in API group "" in the namespace "a": no way',
    ],
  ])("has upstream's words for %j", (what, reason, message) => {
    expect(forbiddenMessage(asks(user('x'), what), reason)).toBe(message);
    expect(forbiddenError(asks(user('x'), what), reason)).toMatchObject({ code: 403, reason: 'Forbidden', message });
  });
});
