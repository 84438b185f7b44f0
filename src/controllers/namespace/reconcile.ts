import type { Namespace, Pod } from '#api/generated/core-v1.ts';
import { isNotFound, objectEqual } from '#apimachinery';
import { resources, retryOnConflict, type Client, type Informer, type Result } from '#client';
import { deleteContent, type Remains } from './delete-content.ts';
import { deletionConditions } from './conditions.ts';

export interface NamespaceDependencies {
  client: Client;
  namespaces: Informer<Namespace>;
  pods: Informer<Pod>;
  /** How often content was found to remain, by namespace. */
  rounds: Map<string, number>;
  signal: AbortSignal;
}

const FINALIZER = 'kubernetes';
const MAX_WAIT_MS = 15_000;

export async function reconcileNamespace(name: string, deps: NamespaceDependencies): Promise<Result | void> {
  const { rounds } = deps;
  const namespace = deps.namespaces.get(name);
  if (!namespace?.metadata.deletionTimestamp || !namespace.spec?.finalizers?.includes(FINALIZER)) {
    rounds.delete(name);
    return undefined;
  }
  const current = await sayTerminating(namespace, deps.client);
  const remains = await deleteContent(deps.client, name, deps.signal);
  await writeConditions(current, remains, deps.client);
  if (remains.errors.length > 0) throw new AggregateError(remains.errors, `could not delete everything in namespace ${name}`);
  if (remains.total === 0) {
    rounds.delete(name);
    return finalize(current, deps.client);
  }
  const round = rounds.get(name) ?? 0;
  rounds.set(name, round + 1);
  // Pods tell when they are gone; for other things one has to look, soon at first.
  return { requeueAfter: Math.min(250 * 2 ** round, MAX_WAIT_MS) };
}

async function sayTerminating(namespace: Namespace, client: Client): Promise<Namespace> {
  if (namespace.status?.phase === 'Terminating') return namespace;
  return client.resource(resources.namespaces).updateStatus({ ...namespace, status: { ...namespace.status, phase: 'Terminating' } });
}

async function writeConditions(namespace: Namespace, remains: Remains, client: Client): Promise<void> {
  const conditions = deletionConditions(namespace.status?.conditions, remains);
  if (objectEqual(conditions, namespace.status?.conditions)) return;
  await retryOnConflict(async () => {
    const latest = await client.resource(resources.namespaces).get({ name: namespace.metadata.name });
    await client.resource(resources.namespaces).updateStatus({ ...latest, status: { ...latest.status, conditions } });
  });
}

/** Takes our finalizer off; the API server removes a namespace without any. */
async function finalize(namespace: Namespace, client: Client): Promise<void> {
  try {
    await retryOnConflict(async () => {
      const latest = await client.resource(resources.namespaces).get({ name: namespace.metadata.name });
      if (latest.metadata.uid !== namespace.metadata.uid) return;
      const finalizers = (latest.spec?.finalizers ?? []).filter((each) => each !== FINALIZER);
      await client.resource(resources.namespaces).update({ ...latest, spec: { ...latest.spec, finalizers } }, { subresource: 'finalize' });
    });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
