import type { Client, ResourceType } from '#client';
import { isAlreadyExists, isConflict, isNotFound } from '#apimachinery';
import { bootstrapPolicy, kubeadmAdminBinding, reconcilePolicyObject, type PolicyObject } from '../authz/index.ts';

const GROUP = 'rbac.authorization.k8s.io';

/** Brings RBAC's default roles and bindings to what they have to be at least. */
export async function bootstrapRoles(client: Client): Promise<void> {
  const objects = [...bootstrapPolicy(), kubeadmAdminBinding()];
  const isBinding = (object: PolicyObject): boolean => 'roleRef' in object;
  // A binding is checked against its role.
  await Promise.all(objects.filter((object) => !isBinding(object)).map((object) => reconcile(client, object)));
  await Promise.all(objects.filter(isBinding).map((object) => reconcile(client, object)));
}

async function reconcile(client: Client, wanted: PolicyObject): Promise<void> {
  const api = client.resource(typeOf(wanted));
  const key = { name: wanted.metadata.name, namespace: wanted.metadata.namespace };
  const existing = await api.get(key).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  const change = reconcilePolicyObject(wanted, existing);
  if (change === undefined) return;
  try {
    if (change.action === 'update') await api.update(change.object);
    else {
      if (change.action === 'recreate') await api.delete(key);
      await api.create(change.object);
    }
  } catch (error) {
    // Another API server was quicker and did the same.
    if (!isAlreadyExists(error) && !isConflict(error)) throw error;
  }
}

function typeOf(object: PolicyObject): ResourceType {
  const namespaced = object.metadata.namespace !== undefined;
  const kind = 'roleRef' in object ? (namespaced ? 'RoleBinding' : 'ClusterRoleBinding') : namespaced ? 'Role' : 'ClusterRole';
  return { group: GROUP, version: 'v1', resource: `${kind.toLowerCase()}s`, kind, namespaced };
}
