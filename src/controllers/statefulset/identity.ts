import type { StatefulSet } from '#api/generated/apps-v1.ts';
import type { PersistentVolumeClaim, Pod, PodTemplateSpec, Volume } from '#api/generated/core-v1.ts';
import { resources } from '#client';
import { podFromTemplate } from '../pods/pod-control.ts';
import { REVISION_HASH } from '../revisions/history.ts';

const POD_NAME = 'statefulset.kubernetes.io/pod-name';
const POD_INDEX = 'apps.kubernetes.io/pod-index';

function podName(set: StatefulSet, ordinal: number): string {
  return `${set.metadata.name}-${ordinal}`;
}

/** The number at the end of a pod's name; undefined when the pod is not one of this set's. */
export function ordinalOf(set: StatefulSet, pod: Pod): number | undefined {
  const prefix = `${set.metadata.name}-`;
  const suffix = pod.metadata.name.slice(prefix.length);
  return pod.metadata.name.startsWith(prefix) && /^\d+$/.test(suffix) ? Number(suffix) : undefined;
}

export function firstOrdinal(set: StatefulSet): number {
  return set.spec.ordinals?.start ?? 0;
}

function claimName(set: StatefulSet, template: PersistentVolumeClaim, ordinal: number): string {
  return `${template.metadata.name}-${podName(set, ordinal)}`;
}

/** The pod of an ordinal, with the template of a revision: named, numbered, with its own volumes. */
export function podOf(set: StatefulSet, template: PodTemplateSpec, revision: string, ordinal: number): Pod {
  const name = podName(set, ordinal);
  const pod = podFromTemplate(resources.statefulSets, set, template, name);
  pod.metadata.labels = { ...pod.metadata.labels, [POD_NAME]: name, [POD_INDEX]: String(ordinal), [REVISION_HASH]: revision };
  pod.spec.hostname = name;
  pod.spec.subdomain = set.spec.serviceName || undefined;
  pod.spec.volumes = volumesOf(set, pod.spec.volumes ?? [], ordinal);
  return pod;
}

function volumesOf(set: StatefulSet, volumes: readonly Volume[], ordinal: number): Volume[] {
  const claims = (set.spec.volumeClaimTemplates ?? []).map((template): Volume => {
    return { name: template.metadata.name, persistentVolumeClaim: { claimName: claimName(set, template, ordinal), readOnly: false } };
  });
  const own = new Set(claims.map(({ name }) => name));
  return [...claims, ...volumes.filter(({ name }) => !own.has(name))];
}

/** The claims of an ordinal; they outlive its pods. */
export function claimsOf(set: StatefulSet, ordinal: number): PersistentVolumeClaim[] {
  return (set.spec.volumeClaimTemplates ?? []).map((template) => ({
    ...template,
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: claimName(set, template, ordinal),
      namespace: set.metadata.namespace,
      labels: { ...template.metadata.labels, ...set.spec.selector?.matchLabels },
      annotations: template.metadata.annotations && { ...template.metadata.annotations },
    },
  }));
}
