import { parseQuantity, type KubeObject } from '#apimachinery';
import type { PersistentVolumeClaim } from '#api/generated/core-v1.ts';
import type { Ingress } from '#api/generated/networking-v1.ts';
import type { StorageClass } from '#api/generated/storage-v1.ts';
import type { AdmissionAttributes, AdmissionPlugin, ObjectReader } from '../types.ts';
import { isWriteOf, refuse } from './refuse.ts';

const STORAGE_CLASSES = { group: 'storage.k8s.io', resource: 'storageclasses' };
const INGRESS_CLASSES = { group: 'networking.k8s.io', resource: 'ingressclasses' };

/** Of several defaults the newest counts; of two of the same second, the first by name. */
function defaultOf(classes: Iterable<KubeObject>, annotations: readonly string[]): KubeObject | undefined {
  const marked = [...classes].filter(({ metadata }) => annotations.some((name) => metadata.annotations?.[name] === 'true'));
  const age = ({ metadata }: KubeObject): number => Date.parse(metadata.creationTimestamp ?? '') || 0;
  return marked.sort((a, b) => age(b) - age(a) || (a.metadata.name < b.metadata.name ? -1 : 1))[0];
}

/** A claim that names no storage class gets the default one. */
export function defaultStorageClass(reader: ObjectReader): AdmissionPlugin {
  return {
    name: 'DefaultStorageClass',
    handles: (attributes) => isWriteOf(attributes, '', 'persistentvolumeclaims'),
    admit({ object }) {
      const claim = object as PersistentVolumeClaim;
      const named =
        claim.spec?.storageClassName !== undefined || claim.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] !== undefined;
      if (named || claim.spec === undefined) return;
      const found = defaultOf(reader.list(STORAGE_CLASSES), [
        'storageclass.kubernetes.io/is-default-class',
        'storageclass.beta.kubernetes.io/is-default-class',
      ]);
      if (found !== undefined) claim.spec.storageClassName = found.metadata.name;
    },
  };
}

/** An ingress that names no class gets the default one. */
export function defaultIngressClass(reader: ObjectReader): AdmissionPlugin {
  return {
    name: 'DefaultIngressClass',
    handles: (attributes) => isWriteOf(attributes, 'networking.k8s.io', 'ingresses'),
    admit({ object }) {
      const ingress = object as Ingress;
      if (ingress.spec?.ingressClassName !== undefined || ingress.metadata.annotations?.['kubernetes.io/ingress.class'] !== undefined)
        return;
      const found = defaultOf(reader.list(INGRESS_CLASSES), ['ingressclass.kubernetes.io/is-default-class']);
      if (found !== undefined) ingress.spec = { ...ingress.spec, ingressClassName: found.metadata.name };
    },
  };
}

const PROTECTION: Record<string, string> = {
  '/persistentvolumeclaims': 'kubernetes.io/pvc-protection',
  '/persistentvolumes': 'kubernetes.io/pv-protection',
  'storage.k8s.io/volumeattributesclasses': 'kubernetes.io/vac-protection',
};

/** Volumes and claims that are in use do not go away before their users. */
export function storageObjectInUseProtection(): AdmissionPlugin {
  const finalizerOf = ({ resource }: AdmissionAttributes): string | undefined => PROTECTION[`${resource.group}/${resource.resource}`];
  return {
    name: 'StorageObjectInUseProtection',
    handles: (attributes) => attributes.operation === 'CREATE' && attributes.subresource === '' && finalizerOf(attributes) !== undefined,
    admit(attributes) {
      const finalizer = finalizerOf(attributes);
      const metadata = attributes.object?.metadata;
      if (finalizer === undefined || metadata === undefined || metadata.finalizers?.includes(finalizer)) return;
      metadata.finalizers = [...(metadata.finalizers ?? []), finalizer];
    },
  };
}

/** Claims grow only where their storage class lets them. */
export function persistentVolumeClaimResize(reader: ObjectReader): AdmissionPlugin {
  return {
    name: 'PersistentVolumeClaimResize',
    handles: (attributes) => isWriteOf(attributes, '', 'persistentvolumeclaims', 'UPDATE'),
    validate(attributes) {
      const claim = attributes.object as PersistentVolumeClaim;
      const old = attributes.oldObject as PersistentVolumeClaim;
      const size = claim.spec?.resources?.requests?.['storage'];
      const oldSize = old.spec?.resources?.requests?.['storage'];
      if (size === undefined || oldSize === undefined || parseQuantity(size).compare(parseQuantity(oldSize)) <= 0) return;
      if (old.status?.phase !== 'Bound') throw refuse(attributes, 'Only bound persistent volume claims can be expanded');
      const name = claim.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? claim.spec?.storageClassName ?? '';
      const found = name === '' ? undefined : (reader.get(STORAGE_CLASSES, '', name) as StorageClass | undefined);
      if (found?.allowVolumeExpansion !== true) {
        throw refuse(
          attributes,
          'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
        );
      }
    },
  };
}
