import { forbidden, objectEqual, type KubeObject } from '#apimachinery';
import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, RoleRef } from '#api/generated/rbac-v1.ts';
import { MASTERS } from '../authn/username.ts';
import type { AdmissionAttributes, AdmissionPlugin, Authorizer, UserInfo } from '../types.ts';
import type { Rbac } from './rbac.ts';
import { compactRules, describeRule, missingRules, quoteList } from './rules.ts';

const GROUP = 'rbac.authorization.k8s.io';
const FULL_AUTHORITY: PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

export interface EscalationOptions {
  rbac: Rbac;
  authorize: Authorizer;
}

/** `checkEscalation` as a plugin that looks at every write of roles and bindings; it belongs at the end of the chain. */
export function escalationPlugin(options: EscalationOptions): AdmissionPlugin {
  return {
    name: 'RBACEscalation',
    handles: ({ resource, operation, subresource }) =>
      resource.group === GROUP && subresource === '' && (operation === 'CREATE' || operation === 'UPDATE'),
    validate: (attributes) => checkEscalation(attributes, options),
  };
}

/**
 * Nobody may grant, by writing a role or binding, what they cannot do themselves, unless they may `escalate` the role or
 * `bind` it. Throws 403 that names the rules which are missing.
 */
export async function checkEscalation(attributes: AdmissionAttributes, options: EscalationOptions): Promise<void> {
  const { object, oldObject, user } = attributes;
  if (object === undefined || user.groups.includes(MASTERS)) return;
  switch (attributes.resource.resource) {
    case 'roles':
    case 'clusterroles':
      return await checkRole(attributes, object as ClusterRole | Role, oldObject as ClusterRole | Role | undefined, options);
    case 'rolebindings':
    case 'clusterrolebindings':
      return await checkBinding(attributes, object as ClusterRoleBinding | RoleBinding, oldObject, options);
    default:
  }
}

async function checkRole(
  attributes: AdmissionAttributes,
  role: ClusterRole | Role,
  old: ClusterRole | Role | undefined,
  options: EscalationOptions,
): Promise<void> {
  const aggregation = 'aggregationRule' in role ? role.aggregationRule : undefined;
  const oldAggregation = old !== undefined && 'aggregationRule' in old ? old.aggregationRule : undefined;
  const sameRules = old !== undefined && objectEqual(old.rules ?? [], role.rules ?? []);
  if (sameRules && objectEqual(aggregation, oldAggregation)) return;
  if (await may(attributes, options, 'escalate', { kind: role.kind ?? '', name: role.metadata.name })) return;
  if (aggregation !== undefined && !objectEqual(aggregation, oldAggregation)) {
    const { rules } = options.rbac.rulesFor(attributes.user, '');
    if (missingRules(rules, FULL_AUTHORITY).length > 0)
      throw refuse(attributes, role, 'must have cluster-admin privileges to use the aggregationRule');
  }
  confirm(attributes, role, role.rules ?? [], options.rbac);
}

async function checkBinding(
  attributes: AdmissionAttributes,
  binding: ClusterRoleBinding | RoleBinding,
  old: KubeObject | undefined,
  options: EscalationOptions,
): Promise<void> {
  const { roleRef } = binding;
  if (old !== undefined && onlyHousekeeping(old, binding)) return;
  if (await may(attributes, options, 'bind', roleRef)) return;
  const rules = options.rbac.roleRules(roleRef, attributes.namespace);
  if (rules === undefined) throw refuse(attributes, binding, `${roleRef.kind.toLowerCase()}.${GROUP} "${roleRef.name}" not found`);
  confirm(attributes, binding, rules, options.rbac);
}

/** The garbage collector's changes: owners and finalizers only. */
function onlyHousekeeping(old: KubeObject, now: KubeObject): boolean {
  const bare = (object: KubeObject): unknown => ({
    ...object,
    metadata: { ...object.metadata, ownerReferences: undefined, finalizers: undefined, managedFields: undefined },
  });
  return objectEqual(bare(old), bare(now));
}

async function may(
  { user, namespace }: AdmissionAttributes,
  { authorize }: EscalationOptions,
  verb: string,
  role: Pick<RoleRef, 'kind' | 'name'>,
): Promise<boolean> {
  const { decision } = await authorize({
    user,
    verb,
    isResource: true,
    path: '',
    group: GROUP,
    version: 'v1',
    resource: role.kind === 'ClusterRole' ? 'clusterroles' : 'roles',
    subresource: '',
    namespace,
    name: role.name,
  });
  return decision === 'allow';
}

function confirm(attributes: AdmissionAttributes, object: KubeObject, wanted: readonly PolicyRule[], rbac: Rbac): void {
  const held = rbac.rulesFor(attributes.user, attributes.namespace);
  const missing = missingRules(held.rules, wanted);
  if (missing.length === 0) return;
  const list = [...new Set(compactRules(missing).map(describeRule))].sort();
  const unknown = held.errors.length === 0 ? '' : `; resolution errors: [${held.errors.join(', ')}]`;
  throw refuse(
    attributes,
    object,
    `${describeUser(attributes.user)} is attempting to grant RBAC permissions not currently held:\n${list.join('\n')}${unknown}`,
  );
}

function describeUser(user: UserInfo): string {
  return `user ${JSON.stringify(user.name)} (groups=${quoteList(user.groups)})`;
}

function refuse({ resource }: AdmissionAttributes, object: KubeObject, why: string): Error {
  return forbidden(resource, object.metadata.name, why);
}
