import type { Scale } from '#api/generated/autoscaling-v1.ts';
import { badRequest, conflict, fieldInvalid, invalid, MODIFIED, type KubeObject } from '#apimachinery';
import type { ScaleSubresource } from '#api';
import type { Entry } from '../../cache/index.ts';
import { updateObject, type Write } from '../write.ts';

/** The Scale of an object: how `kubectl scale` and autoscalers see anything that has replicas. */
export function scaleOf(scale: ScaleSubresource<KubeObject>, object: KubeObject): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: scale.replicas(object) },
    status: { replicas: scale.statusReplicas(object), selector: scale.selector(object) || undefined },
  };
}

/** Changes the replicas as `wanted` makes them of the present Scale. Throws 409, 422 and what the object's own validation throws. */
export async function updateScale(
  write: Write,
  namespace: string,
  name: string,
  scale: ScaleSubresource<KubeObject>,
  wanted: (present: Scale) => Scale,
): Promise<Entry> {
  const { definition } = write.served.resource;
  return await updateObject(write, namespace, name, {
    transform(current) {
      const next = wanted(scaleOf(scale, current));
      if (next.metadata?.name !== undefined && next.metadata.name !== '' && next.metadata.name !== name)
        throw badRequest(`name in scale.metadata.name (${next.metadata.name}) does not match the name on the URL (${name})`);
      const { resourceVersion } = next.metadata ?? {};
      if (resourceVersion !== undefined && resourceVersion !== '' && resourceVersion !== current.metadata.resourceVersion)
        throw conflict(definition, name, MODIFIED);
      const replicas = next.spec?.replicas ?? 0;
      if (!Number.isInteger(replicas) || replicas < 0)
        throw invalid({ group: 'autoscaling', kind: 'Scale' }, name, [
          fieldInvalid('spec.replicas', replicas, 'must be greater than or equal to 0'),
        ]);
      scale.setReplicas(current, replicas);
      return current;
    },
  });
}
