import type { PersistentVolume, PersistentVolumeClaim, Pod } from '#api/generated/core-v1.ts';
import { isNotFound } from '#apimachinery';
import { keyOf, resources, runController, WorkQueue, type Client, type ResourceType } from '#client';
import type { ControllerContext } from '../context.ts';
import { enqueueSelf } from '../owner-queue.ts';
import { isTerminal } from '../pods/pod-state.ts';

const PVC_FINALIZER = 'kubernetes.io/pvc-protection';
const PV_FINALIZER = 'kubernetes.io/pv-protection';
const BY_CLAIM = 'claim';

/** Holds the deletion of claims back for as long as pods use them. */
export async function startPVCProtectionController(context: ControllerContext): Promise<void> {
  const { client, informers, signal } = context;
  const claims = informers.get(resources.persistentVolumeClaims);
  const pods = informers.get(resources.pods);
  const queue = new WorkQueue(signal);
  pods.addIndex(BY_CLAIM, claimsOf);
  claims.addHandlers(enqueueSelf(queue));
  const enqueue = (pod: Pod): void => claimsOf(pod).forEach((key) => queue.add(key));
  pods.addHandlers({ update: (pod, old) => void (isTerminal(pod) !== isTerminal(old) && enqueue(pod)), delete: enqueue });
  await runController({
    name: 'pvc-protection',
    queue,
    signal,
    informers: [claims, pods],
    async reconcile({ name, namespace }) {
      const claim = claims.get(name, namespace);
      if (!claim) return;
      // A pod that has ended on a node no longer uses its volumes; one that was never scheduled does not use them yet.
      const isUsed = [...pods.byIndex(BY_CLAIM, keyOf(claim))].some((pod) => pod.spec.nodeName && !isTerminal(pod));
      await protect(client, resources.persistentVolumeClaims, claim, PVC_FINALIZER, isUsed);
    },
  });
}

/** Holds the deletion of volumes back for as long as they are bound to a claim. */
export async function startPVProtectionController(context: ControllerContext): Promise<void> {
  const { client, informers, signal } = context;
  const volumes = informers.get(resources.persistentVolumes);
  const queue = new WorkQueue(signal);
  volumes.addHandlers(enqueueSelf(queue));
  await runController({
    name: 'pv-protection',
    queue,
    signal,
    informers: [volumes],
    async reconcile({ name }) {
      const volume = volumes.get(name);
      if (volume) await protect(client, resources.persistentVolumes, volume, PV_FINALIZER, volume.status?.phase === 'Bound');
    },
  });
}

function claimsOf({ metadata, spec }: Pod): string[] {
  const keys: string[] = [];
  for (const volume of spec.volumes ?? []) {
    if (volume.persistentVolumeClaim) keys.push(`${metadata.namespace}/${volume.persistentVolumeClaim.claimName}`);
    else if (volume.ephemeral) keys.push(`${metadata.namespace}/${metadata.name}-${volume.name}`);
  }
  return keys;
}

/** Gives the finalizer to what lives, and takes it from what is being deleted and unused. */
async function protect<T extends PersistentVolume | PersistentVolumeClaim>(
  client: Client,
  type: ResourceType<T>,
  object: T,
  finalizer: string,
  isUsed: boolean,
): Promise<void> {
  const { finalizers = [], deletionTimestamp, uid, resourceVersion } = object.metadata;
  const has = finalizers.includes(finalizer);
  if (deletionTimestamp ? !has || isUsed : has) return;
  const wanted = deletionTimestamp ? finalizers.filter((each) => each !== finalizer) : [...finalizers, finalizer];
  try {
    await client
      .resource(type)
      .patch(object.metadata, 'merge', { metadata: { uid, resourceVersion, finalizers: wanted.length > 0 ? wanted : null } });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
