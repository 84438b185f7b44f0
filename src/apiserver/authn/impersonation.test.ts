import { describe, expect, it } from 'vitest';
import type { AuthorizationAttributes, UserInfo } from '../types.ts';
import { impersonate } from './index.ts';

const bob: UserInfo = { name: 'bob', groups: ['system:authenticated'] };
const yes = () => ({ decision: 'allow', reason: '' }) as const;

describe('impersonation', () => {
  it('leaves a request alone that does not ask for it', () => {
    expect(impersonate(bob, { accept: '*/*' }, yes)).toBe(bob);
  });

  it.each([
    [{ 'impersonate-user': 'alice' }, { name: 'alice', groups: ['system:authenticated'] }],
    [
      { 'impersonate-user': ['alice'], 'impersonate-group': ['dev', 'ops'], 'impersonate-uid': 'u', 'impersonate-extra-scopes%2fa': 'x' },
      { name: 'alice', uid: 'u', groups: ['dev', 'ops', 'system:authenticated'], extra: { 'scopes/a': ['x'] } },
    ],
    [
      { 'impersonate-user': 'system:serviceaccount:default:sa' },
      {
        name: 'system:serviceaccount:default:sa',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
      },
    ],
    [
      { 'impersonate-user': 'alice', 'impersonate-group': 'dev, ops' },
      { name: 'alice', groups: ['dev', 'ops', 'system:authenticated'] },
    ],
    [{ 'impersonate-user': 'system:anonymous' }, { name: 'system:anonymous', groups: ['system:unauthenticated'] }],
    [
      { 'impersonate-user': 'x', 'impersonate-group': ['system:unauthenticated'] },
      { name: 'x', groups: ['system:unauthenticated'] },
    ],
  ])('turns %j into that user', async (headers, user) => {
    expect(await impersonate(bob, headers, yes)).toEqual(user);
  });

  it('asks for each part of the identity', async () => {
    const asked: string[] = [];
    const record = (a: AuthorizationAttributes) => {
      asked.push(`${a.user.name} ${a.verb} ${a.group}/${a.resource}/${a.subresource} ${a.namespace}/${a.name}`);
      return yes();
    };
    await impersonate(
      bob,
      {
        'impersonate-user': 'system:serviceaccount:ns:sa',
        'impersonate-group': ['g'],
        'impersonate-uid': 'u',
        'impersonate-extra-k': ['v', 'w'],
      },
      record,
    );
    expect(asked).toEqual([
      'bob impersonate /serviceaccounts/ ns/sa',
      'bob impersonate /groups/ /g',
      'bob impersonate authentication.k8s.io/userextras/k /v',
      'bob impersonate authentication.k8s.io/userextras/k /w',
      'bob impersonate authentication.k8s.io/uids/ /u',
    ]);
  });

  it("is refused in upstream's words", async () => {
    const no = () => ({ decision: 'no-opinion', reason: '' }) as const;
    await expect(impersonate(bob, { 'impersonate-user': 'alice' }, no)).rejects.toThrow(
      'users "alice" is forbidden: User "bob" cannot impersonate resource "users" in API group "" at the cluster scope',
    );
    expect(() => impersonate(bob, { 'impersonate-group': 'system:masters' }, yes)).toThrow('without impersonating a user');
  });
});
