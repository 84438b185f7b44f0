import type { StatefulSet } from '#api/generated/apps-v1.ts';
import type { PersistentVolumeClaim, Pod } from '#api/generated/core-v1.ts';
import { isAlreadyExists, isNotFound, objectEqual, type OwnerReference } from '#apimachinery';
import { resources, type Client, type EventRecorder, type Informer } from '#client';
import { claimsOf, ordinalOf } from './identity.ts';

export interface ClaimDependencies {
  client: Client;
  claims: Informer<PersistentVolumeClaim>;
  recorder: EventRecorder;
}

/** Makes the claims of an ordinal that do not exist yet. */
export async function ensureClaims(set: StatefulSet, ordinal: number, { client, claims, recorder }: ClaimDependencies): Promise<void> {
  for (const claim of claimsOf(set, ordinal)) {
    const { name, namespace } = claim.metadata;
    const present = claims.get(name, namespace);
    if (present?.metadata.deletionTimestamp) throw new Error(`pvc ${namespace}/${name} is being deleted`);
    if (present) continue;
    const what = `Claim ${name} Pod ${set.metadata.name}-${ordinal} in StatefulSet ${set.metadata.name}`;
    try {
      claim.metadata.ownerReferences = retentionOwners(set, undefined, undefined);
      await client.resource(resources.persistentVolumeClaims).create(claim);
      recorder.event(resources.statefulSets, set, 'Normal', 'SuccessfulCreate', `create ${what} success`);
    } catch (error) {
      if (isAlreadyExists(error)) continue;
      const why = error instanceof Error ? error.message : String(error);
      recorder.event(resources.statefulSets, set, 'Warning', 'FailedCreate', `create ${what} failed error: ${why}`);
      throw error;
    }
  }
}

/** Makes the claims of a pod go with the set or with the pod that is scaled away, if the retention policy says so. */
export async function followRetention(
  set: StatefulSet,
  pod: Pod,
  isCondemned: boolean,
  { client, claims }: ClaimDependencies,
): Promise<void> {
  if (!set.spec.persistentVolumeClaimRetentionPolicy) return;
  const ordinal = ordinalOf(set, pod)!;
  for (const { metadata } of claimsOf(set, ordinal)) {
    const claim = claims.get(metadata.name, metadata.namespace);
    if (!claim) continue;
    const owners = retentionOwners(set, isCondemned ? pod : undefined, claim.metadata.ownerReferences);
    if (objectEqual(owners, claim.metadata.ownerReferences)) continue;
    const { uid, resourceVersion } = claim.metadata;
    try {
      const patch = { metadata: { uid, resourceVersion, ownerReferences: owners ?? null } };
      await client.resource(resources.persistentVolumeClaims).patch(metadata, 'merge', patch);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

function retentionOwners(
  set: StatefulSet,
  condemned: Pod | undefined,
  present: readonly OwnerReference[] | undefined,
): OwnerReference[] | undefined {
  const { whenDeleted, whenScaled } = set.spec.persistentVolumeClaimRetentionPolicy ?? {};
  const foreign = (present ?? []).filter(({ kind, name }) => {
    return !(kind === 'StatefulSet' && name === set.metadata.name) && !(kind === 'Pod' && name.startsWith(`${set.metadata.name}-`));
  });
  const owners = [...foreign];
  if (whenScaled === 'Delete' && condemned)
    owners.push({ apiVersion: 'v1', kind: 'Pod', name: condemned.metadata.name, uid: condemned.metadata.uid! });
  else if (whenDeleted === 'Delete')
    owners.push({ apiVersion: 'apps/v1', kind: 'StatefulSet', name: set.metadata.name, uid: set.metadata.uid! });
  return owners.length > 0 ? owners : undefined;
}
