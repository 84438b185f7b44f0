import type { Container, PersistentVolume, PodSpec, Volume } from '#api/generated/core-v1.ts';

/** What a kubelet must read to run a pod; all in the pod's own namespace. */
export interface PodReferences {
  secrets: Set<string>;
  configmaps: Set<string>;
  persistentvolumeclaims: Set<string>;
  resourceclaims: Set<string>;
}

/** Names of all the objects that a pod's spec refers to. `podName` is needed for claims that are named after the pod. */
export function podReferences(spec: PodSpec, podName: string): PodReferences {
  const references: PodReferences = {
    secrets: new Set(),
    configmaps: new Set(),
    persistentvolumeclaims: new Set(),
    resourceclaims: new Set(),
  };
  for (const secret of spec.imagePullSecrets ?? []) add(references.secrets, secret.name);
  for (const container of containersOf(spec)) fromEnvironment(container, references);
  for (const volume of spec.volumes ?? []) fromVolume(volume, podName, references);
  for (const claim of spec.resourceClaims ?? []) add(references.resourceclaims, claim.resourceClaimName);
  return references;
}

/** Containers of all three sorts. */
export function containersOf(spec: PodSpec): Container[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...((spec.ephemeralContainers ?? []) as Container[])];
}

function add(set: Set<string>, name: string | undefined): void {
  if (name) set.add(name);
}

function fromEnvironment(container: Container, { secrets, configmaps }: PodReferences): void {
  for (const source of container.envFrom ?? []) {
    add(secrets, source.secretRef?.name);
    add(configmaps, source.configMapRef?.name);
  }
  for (const variable of container.env ?? []) {
    add(secrets, variable.valueFrom?.secretKeyRef?.name);
    add(configmaps, variable.valueFrom?.configMapKeyRef?.name);
  }
}

function fromVolume(volume: Volume, podName: string, { secrets, configmaps, persistentvolumeclaims }: PodReferences): void {
  add(secrets, volume.secret?.secretName);
  add(configmaps, volume.configMap?.name);
  add(persistentvolumeclaims, volume.persistentVolumeClaim?.claimName);
  if (volume.ephemeral !== undefined) add(persistentvolumeclaims, `${podName}-${volume.name}`);
  for (const source of volume.projected?.sources ?? []) {
    add(secrets, source.secret?.name);
    add(configmaps, source.configMap?.name);
  }
  add(secrets, volume.csi?.nodePublishSecretRef?.name);
  add(secrets, volume.azureFile?.secretName);
  const others = [volume.cephfs, volume.flexVolume, volume.iscsi, volume.rbd, volume.scaleIO, volume.storageos];
  for (const other of others) add(secrets, other?.secretRef?.name);
}

/** The secrets that a persistent volume names, as `namespace/name`. */
export function volumeSecrets(volume: PersistentVolume): Set<string> {
  const names = new Set<string>();
  const spec = volume.spec;
  const fallback = spec?.claimRef?.namespace ?? '';
  const put = (reference: { name?: string; namespace?: string } | null | undefined): void => {
    if (reference?.name) names.add(`${reference.namespace || fallback}/${reference.name}`);
  };
  put(spec?.csi?.controllerPublishSecretRef);
  put(spec?.csi?.nodePublishSecretRef);
  put(spec?.csi?.nodeStageSecretRef);
  put(spec?.csi?.nodeExpandSecretRef);
  put(spec?.csi?.controllerExpandSecretRef);
  for (const source of [spec?.cephfs, spec?.flexVolume, spec?.iscsi, spec?.rbd, spec?.scaleIO]) put(source?.secretRef);
  if (spec?.azureFile !== undefined) put({ name: spec.azureFile.secretName, namespace: spec.azureFile.secretNamespace ?? undefined });
  return names;
}
