import { isNotFound, StatusError, type KubeObject } from '#apimachinery';
import { discover, type Client, type ServedResource } from '#client';

/** What is left in a namespace after everything in it was asked to go. */
export interface Remains {
  total: number;
  /** Objects left, by resource: `pods.`, `deployments.apps`. */
  byResource: Map<string, number>;
  byFinalizer: Map<string, number>;
  /** Group versions whose resources are not known. */
  undiscovered: Map<string, unknown>;
  errors: unknown[];
}

/** Events tell of the deletion itself and are written during it: they come last. */
const LAST = new Set(['events']);

/** Deletes all objects of all resources in the namespace and counts what waits for finalizers or grace. */
export async function deleteContent(client: Client, namespace: string, signal: AbortSignal): Promise<Remains> {
  const { resources, failed } = await discover(client, signal);
  const remains: Remains = { total: 0, byResource: new Map(), byFinalizer: new Map(), undiscovered: failed, errors: [...failed.values()] };
  const deletable = resources.filter((each) => each.namespaced && each.verbs.includes('delete') && each.verbs.includes('list'));
  for (const last of [false, true]) {
    const batch = deletable.filter((each) => LAST.has(each.resource) === last);
    await Promise.all(batch.map((type) => deleteAll(client, type, namespace, remains)));
  }
  return remains;
}

async function deleteAll(client: Client, type: ServedResource, namespace: string, remains: Remains): Promise<void> {
  try {
    const objects = client.resource(type);
    let items = (await objects.list({ namespace })).items;
    if (items.length === 0) return;
    if (type.verbs.includes('deletecollection')) await objects.deleteCollection({ namespace }, { propagationPolicy: 'Background' });
    else await Promise.all(items.map((item) => deleteOne(client, type, item)));
    items = (await objects.list({ namespace })).items;
    count(remains, type, items);
  } catch (error) {
    // A resource that is no longer served or cannot be listed has nothing to delete.
    if (isNotFound(error) || (error instanceof StatusError && error.code === 405)) return;
    remains.errors.push(error);
  }
}

async function deleteOne(client: Client, type: ServedResource, { metadata }: KubeObject): Promise<void> {
  try {
    await client.resource(type).delete(metadata, { propagationPolicy: 'Background' });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

function count(remains: Remains, type: ServedResource, items: readonly KubeObject[]): void {
  if (items.length === 0) return;
  remains.total += items.length;
  remains.byResource.set(`${type.resource}.${type.group}`, items.length);
  for (const { metadata } of items) {
    for (const finalizer of metadata.finalizers ?? []) {
      remains.byFinalizer.set(finalizer, (remains.byFinalizer.get(finalizer) ?? 0) + 1);
    }
  }
}
