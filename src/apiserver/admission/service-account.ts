import { isDeepStrictEqual } from 'node:util';
import { randomSuffix } from '#apimachinery';
import type { Pod, PodSpec, ServiceAccount, Volume } from '#api/generated/core-v1.ts';
import { podReferences } from '../authz/pod-references.ts';
import type { AdmissionAttributes, AdmissionPlugin, ObjectReader } from '../types.ts';
import { isWriteOf, refuse } from './refuse.ts';

const SERVICE_ACCOUNTS = { group: '', resource: 'serviceaccounts' };
const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const VOLUME_PREFIX = 'kube-api-access-';
/** How long (ms) a pod's creation waits for the account `default`, which a controller makes in each new namespace. */
const PATIENCE = 1000;

/** Gives each pod its service account: by default `default`, with its token mounted, and the account's pull secrets. */
export function serviceAccount(reader: ObjectReader): AdmissionPlugin {
  return {
    name: 'ServiceAccount',
    handles: (attributes) => isWriteOf(attributes, '', 'pods'),
    admit(attributes) {
      const pod = attributes.object as Pod;
      if (pod.spec === undefined || isMirror(pod)) return;
      const { spec } = pod;
      spec.serviceAccountName ||= 'default';
      spec.serviceAccount = spec.serviceAccountName;
      const account = find(reader, attributes.namespace, spec.serviceAccountName);
      if (account !== undefined) return equip(spec, account);
      if (spec.serviceAccountName !== 'default') throw absent(attributes, spec.serviceAccountName);
      return equipLater(attributes, spec, reader);
    },
    validate(attributes) {
      const pod = attributes.object as Pod;
      if (pod.spec === undefined) return;
      if (isMirror(pod)) return checkMirror(attributes, pod.spec);
      const account = find(reader, attributes.namespace, pod.spec.serviceAccountName ?? '');
      if (account?.metadata.annotations?.['kubernetes.io/enforce-mountable-secrets'] === 'true') checkMountable(attributes, pod, account);
    },
  };
}

async function equipLater(attributes: AdmissionAttributes, spec: PodSpec, reader: ObjectReader): Promise<void> {
  const account = await appearance(reader, attributes.namespace, 'default');
  if (account === undefined) throw absent(attributes, 'default');
  equip(spec, account);
}

function isMirror(pod: Pod): boolean {
  return pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined;
}

function find(reader: ObjectReader, namespace: string, name: string): ServiceAccount | undefined {
  return reader.get(SERVICE_ACCOUNTS, namespace, name);
}

function absent(attributes: AdmissionAttributes, name: string): Error {
  return refuse(attributes, `error looking up service account ${attributes.namespace}/${name}: serviceaccount "${name}" not found`);
}

/** Resolves with the account as soon as it is there, with undefined if that takes too long. */
function appearance(reader: ObjectReader, namespace: string, name: string): Promise<ServiceAccount | undefined> {
  return new Promise((resolve) => {
    const end = (account?: ServiceAccount): void => {
      clearTimeout(timer);
      stop();
      resolve(account);
    };
    const timer = setTimeout(end, PATIENCE);
    const stop = reader.onChange(SERVICE_ACCOUNTS, () => {
      const account = find(reader, namespace, name);
      if (account !== undefined) end(account);
    });
  });
}

function equip(spec: PodSpec, account: ServiceAccount): void {
  if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) mountToken(spec);
  if (!spec.imagePullSecrets?.length && account.imagePullSecrets?.length) spec.imagePullSecrets = structuredClone(account.imagePullSecrets);
}

/** Into every container that has nothing mounted there yet. */
function mountToken(spec: PodSpec): void {
  const existing = spec.volumes?.find((volume) => volume.name.startsWith(VOLUME_PREFIX));
  const name = existing?.name ?? VOLUME_PREFIX + randomSuffix();
  let used = false;
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    if (container.volumeMounts?.some((mount) => mount.mountPath === MOUNT_PATH)) continue;
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: MOUNT_PATH }];
    used = true;
  }
  if (used && existing === undefined) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      defaultMode: 0o644,
      sources: [
        { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
      ],
    },
  };
}

function checkMirror(attributes: AdmissionAttributes, spec: PodSpec): void {
  if (spec.serviceAccountName) throw refuse(attributes, 'a mirror pod may not reference service accounts');
  if (podReferences(spec, '').secrets.size > 0) throw refuse(attributes, 'a mirror pod may not reference secrets');
  const projected = (spec.volumes ?? []).some((volume) =>
    volume.projected?.sources?.some((source) => source.serviceAccountToken !== undefined),
  );
  if (projected) throw refuse(attributes, 'a mirror pod may not use ServiceAccountToken volume projections');
}

/** With the annotation, pods of the account may use only the secrets that the account lists. */
function checkMountable(attributes: AdmissionAttributes, pod: Pod, account: ServiceAccount): void {
  const spec = pod.spec;
  if (spec === undefined) return;
  const mountable = new Set((account.secrets ?? []).map((secret) => secret.name));
  const because = (name: string): string =>
    `referencing secret.secretName="${name}" is not allowed because service account ${account.metadata.name} does not reference that secret`;
  for (const volume of spec.volumes ?? []) {
    const name = volume.secret?.secretName;
    if (name && !mountable.has(name)) throw refuse(attributes, `volume with ${because(name)}`);
  }
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    for (const variable of container.env ?? []) {
      const name = variable.valueFrom?.secretKeyRef?.name;
      if (name && !mountable.has(name))
        throw refuse(attributes, `container ${container.name} with envVar ${variable.name} ${because(name)}`);
    }
  }
  const pull = new Set((account.imagePullSecrets ?? []).map((secret) => secret.name));
  const odd = (spec.imagePullSecrets ?? []).find((secret) => !pull.has(secret.name));
  if (odd !== undefined && !isDeepStrictEqual(spec.imagePullSecrets, account.imagePullSecrets)) {
    throw refuse(
      attributes,
      `imagePullSecrets[0].name="${odd.name}" is not allowed because service account ${account.metadata.name} does not reference that imagePullSecret`,
    );
  }
}
