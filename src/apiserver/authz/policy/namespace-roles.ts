import type { Role, RoleBinding } from '#api/generated/rbac-v1.ts';
import { account, binding, EVENTS, READ, role, rule, user } from './rule.ts';

const SYSTEM = 'kube-system';
const PUBLIC = 'kube-public';
const LEADERS = ['kube-controller-manager', 'kube-scheduler'];

export const ROLES: readonly Role[] = [
  role(SYSTEM, 'extension-apiserver-authentication-reader', [rule(READ, 'core', 'configmaps', 'extension-apiserver-authentication')]),
  role(SYSTEM, 'system:controller:bootstrap-signer', [rule(READ, 'core', 'secrets')]),
  role(SYSTEM, 'system:controller:cloud-provider', [rule(`create ${READ}`, 'core', 'configmaps')]),
  role(SYSTEM, 'system:controller:token-cleaner', [rule(`delete ${READ}`, 'core', 'secrets'), EVENTS]),
  ...LEADERS.map((name) =>
    role(SYSTEM, `system::leader-locking-${name}`, [rule('watch', 'core', 'configmaps'), rule('get update', 'core', 'configmaps', name)]),
  ),
  role(PUBLIC, 'system:controller:bootstrap-signer', [
    rule(READ, 'core', 'configmaps'),
    rule('update', 'core', 'configmaps', 'cluster-info'),
    EVENTS,
  ]),
];

export const ROLE_BINDINGS: readonly RoleBinding[] = [
  binding(
    SYSTEM,
    'extension-apiserver-authentication-reader',
    LEADERS.map((name) => user(`system:${name}`)),
    'system::extension-apiserver-authentication-reader',
  ),
  ...LEADERS.map((name) => binding(SYSTEM, `system::leader-locking-${name}`, [user(`system:${name}`), account(name)])),
  ...['bootstrap-signer', 'cloud-provider', 'token-cleaner'].map((name) => binding(SYSTEM, `system:controller:${name}`, [account(name)])),
  binding(PUBLIC, 'system:controller:bootstrap-signer', [account('bootstrap-signer')]),
];
