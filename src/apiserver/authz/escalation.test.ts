import { describe, expect, it } from 'vitest';
import { MemoryReader } from '../authn/memory-reader.ts';
import type { AdmissionAttributes, UserInfo } from '../types.ts';
import { checkEscalation, createAuthorization } from './index.ts';

const GROUP = 'rbac.authorization.k8s.io';
const ref = (name: string) => ({ apiGroup: GROUP, kind: 'ClusterRole', name });
const pods = { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] };
const secrets = { verbs: ['get', 'list'], apiGroups: [''], resources: ['secrets'] };

const reader = new MemoryReader({
  [`clusterroles.${GROUP}`]: [
    { metadata: { name: 'pods' }, rules: [pods] } as never,
    { metadata: { name: 'secrets' }, rules: [secrets] } as never,
    {
      metadata: { name: 'binder' },
      rules: [{ verbs: ['bind'], apiGroups: [GROUP], resources: ['clusterroles'], resourceNames: ['secrets'] }],
    } as never,
    { metadata: { name: 'escalator' }, rules: [{ verbs: ['escalate'], apiGroups: [GROUP], resources: ['roles'] }] } as never,
  ],
  [`clusterrolebindings.${GROUP}`]: [
    { metadata: { name: 'a' }, roleRef: ref('pods'), subjects: [{ kind: 'User', name: 'bob' }] } as never,
    { metadata: { name: 'b' }, roleRef: ref('binder'), subjects: [{ kind: 'User', name: 'binder' }] } as never,
    { metadata: { name: 'c' }, roleRef: ref('escalator'), subjects: [{ kind: 'User', name: 'escalator' }] } as never,
  ],
});

function write(resource: string, object: object, user: UserInfo, oldObject?: object) {
  const attributes: AdmissionAttributes = {
    operation: oldObject === undefined ? 'CREATE' : 'UPDATE',
    kind: { group: GROUP, version: 'v1', kind: 'Role' },
    resource: { group: GROUP, version: 'v1', resource },
    subresource: '',
    namespace: 'dev',
    name: 'r',
    object: object as never,
    oldObject: oldObject as never,
    user,
    dryRun: false,
    options: {},
    warn: () => undefined,
  };
  return checkEscalation(attributes, createAuthorization({ reader }));
}

const user = (name: string, ...groups: string[]): UserInfo => ({ name, groups });
const role = (...rules: object[]) => ({ kind: 'Role', metadata: { name: 'r', namespace: 'dev' }, rules });
const bind = (name: string) => ({ kind: 'RoleBinding', metadata: { name: 'r', namespace: 'dev' }, roleRef: ref(name), subjects: [] });

describe('writing roles and bindings', () => {
  it('gives on what the writer has', async () => {
    await expect(write('roles', role({ ...pods, verbs: ['get'] }), user('bob'))).resolves.toBeUndefined();
    await expect(write('rolebindings', bind('pods'), user('bob'))).resolves.toBeUndefined();
  });

  it('gives on nothing more', async () => {
    await expect(write('roles', role(secrets), user('bob', 'dev', 'ops'))).rejects.toThrow(
      'roles.rbac.authorization.k8s.io "r" is forbidden: user "bob" (groups=["dev" "ops"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}',
    );
    await expect(write('rolebindings', bind('secrets'), user('bob'))).rejects.toThrow(
      'attempting to grant RBAC permissions not currently held',
    );
    await expect(write('roles', role({ ...pods, resources: ['pods', 'pods/exec'], verbs: ['*'] }), user('bob'))).rejects.toThrow(
      '{APIGroups:[""], Resources:["pods"], Verbs:["*"]}\n{APIGroups:[""], Resources:["pods/exec"], Verbs:["*"]}',
    );
  });

  it('is free with escalate, bind, or as system:masters', async () => {
    await expect(write('roles', role(secrets), user('escalator'))).resolves.toBeUndefined();
    await expect(write('rolebindings', bind('secrets'), user('binder'))).resolves.toBeUndefined();
    await expect(write('roles', role(secrets), user('root', 'system:masters'))).resolves.toBeUndefined();
    await expect(write('rolebindings', bind('secrets'), user('escalator'))).rejects.toThrow('not currently held');
  });

  it('is not looked at when the rules stay as they were', async () => {
    await expect(write('roles', role(secrets), user('bob'), role(secrets))).resolves.toBeUndefined();
    await expect(
      write(
        'rolebindings',
        { ...bind('secrets'), metadata: { name: 'r', namespace: 'dev', finalizers: ['x'] } },
        user('bob'),
        bind('secrets'),
      ),
    ).resolves.toBeUndefined();
  });

  it('cannot bind a role that does not exist', async () => {
    await expect(write('rolebindings', bind('none'), user('bob'))).rejects.toThrow(
      'rolebindings.rbac.authorization.k8s.io "r" is forbidden: clusterrole.rbac.authorization.k8s.io "none" not found',
    );
  });
});
