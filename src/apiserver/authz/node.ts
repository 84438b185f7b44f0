import type { PersistentVolume, PersistentVolumeClaim, Pod } from '#api/generated/core-v1.ts';
import type { VolumeAttachment } from '#api/generated/storage-v1.ts';
import type { ResourceClaim } from '#api/generated/resource-v1.ts';
import type { AuthorizationAttributes, Authorizer, Decision, ObjectReader, UserInfo } from '../types.ts';
import { NODE_RULES } from './policy/node-rules.ts';
import { podReferences, volumeSecrets } from './pod-references.ts';
import { rulesAllow } from './rules.ts';

const PODS = { group: '', resource: 'pods' };
const ALLOW: Decision = { decision: 'allow', reason: '' };

function abstain(reason: string): Decision {
  return { decision: 'no-opinion', reason };
}

/** The node that a user is: `system:node:<name>` in the group `system:nodes`. */
export function nodeNameOf(user: UserInfo): string | undefined {
  return user.name.startsWith('system:node:') && user.groups.includes('system:nodes') ? user.name.slice(12) : undefined;
}

/**
 * What kubelets may do: with their own node, lease and pods, and read those objects only that pods on their node refer to.
 * Nothing but the pods themselves is asked for that, so a pod's end is the end of what the node may read for it.
 */
export function nodeAuthorizer(reader: ObjectReader): Authorizer {
  const paths = new Paths(reader);
  return (attributes) => {
    const node = nodeNameOf(attributes.user);
    if (node === undefined) return abstain('');
    if (attributes.isResource) {
      const decide = RESOURCES[`${attributes.group}/${attributes.resource}`];
      if (decide !== undefined) return decide(node, attributes, paths);
    }
    return rulesAllow(NODE_RULES, attributes) ? ALLOW : abstain('');
  };
}

type Decide = (node: string, attributes: AuthorizationAttributes, paths: Paths) => Decision;

const RESOURCES: Record<string, Decide> = {
  '/secrets': readIndividually,
  '/configmaps': readIndividually,
  '/persistentvolumeclaims': (node, attributes, paths) =>
    attributes.subresource === 'status' ? updateStatus(node, attributes, paths) : getOnly(node, attributes, paths),
  '/persistentvolumes': getOnly,
  'resource.k8s.io/resourceclaims': getOnly,
  'storage.k8s.io/volumeattachments': getOnly,
  '/serviceaccounts': (node, attributes, paths) =>
    attributes.subresource === 'token' ? createToken(node, attributes, paths) : getOnly(node, attributes, paths),
  'coordination.k8s.io/leases': ownLease,
  'storage.k8s.io/csinodes': ownCsiNode,
  'resource.k8s.io/resourceslices': resourceSlice,
  '/nodes': ownNode,
  '/pods': ownPods,
};

function related(node: string, attributes: AuthorizationAttributes, paths: Paths): Decision {
  if (attributes.name === '') return abstain('No Object name found');
  return paths.exists(node, attributes) ? ALLOW : abstain(`no relationship found between node '${node}' and this object`);
}

/** `list` and `watch` only of a single object, by its name. */
function readIndividually(node: string, attributes: AuthorizationAttributes, paths: Paths): Decision {
  if (!['get', 'list', 'watch'].includes(attributes.verb)) return abstain('can only read resources of this type');
  if (attributes.subresource !== '') return abstain('cannot read subresource');
  const name = attributes.name || selected(attributes, 'metadata.name');
  if (name === undefined) return abstain('can only read namespaced object of this type');
  return related(node, { ...attributes, name }, paths);
}

function getOnly(node: string, attributes: AuthorizationAttributes, paths: Paths): Decision {
  if (attributes.verb !== 'get') return abstain('can only get individual resources of this type');
  if (attributes.subresource !== '') return abstain('cannot get subresource');
  return related(node, attributes, paths);
}

function updateStatus(node: string, attributes: AuthorizationAttributes, paths: Paths): Decision {
  if (!['get', 'update', 'patch'].includes(attributes.verb)) return abstain('can only get/update/patch this type');
  return related(node, attributes, paths);
}

function createToken(node: string, attributes: AuthorizationAttributes, paths: Paths): Decision {
  if (attributes.verb !== 'create') return abstain('can only create tokens for individual service accounts');
  return related(node, attributes, paths);
}

function ownLease(node: string, { verb, namespace, name }: AuthorizationAttributes): Decision {
  if (!['get', 'create', 'update', 'patch', 'delete'].includes(verb))
    return abstain('can only get, create, update, patch, or delete a node lease');
  if (namespace !== 'kube-node-lease') return abstain('can only access leases in the "kube-node-lease" system namespace');
  // A create has no name in its path; the admission plugin NodeRestriction looks at the object.
  return verb === 'create' || name === node ? ALLOW : abstain('can only access node lease with the same name as the requesting node');
}

function ownCsiNode(node: string, { verb, name, subresource }: AuthorizationAttributes): Decision {
  if (!['get', 'create', 'update', 'patch', 'delete'].includes(verb))
    return abstain('can only get, create, update, patch, or delete a CSINode');
  if (subresource !== '') return abstain('cannot authorize CSINode subresources');
  return verb === 'create' || name === node ? ALLOW : abstain('can only access CSINode with the same name as the requesting node');
}

function resourceSlice(node: string, attributes: AuthorizationAttributes): Decision {
  const { verb } = attributes;
  if (verb === 'create' || verb === 'get' || verb === 'update' || verb === 'patch' || verb === 'delete') return ALLOW;
  if (selected(attributes, 'spec.nodeName') === node) return ALLOW;
  return abstain('can only list/watch/deletecollection resourceslices with spec.nodeName field selector');
}

function ownNode(node: string, attributes: AuthorizationAttributes): Decision {
  const { verb, subresource } = attributes;
  if (subresource === 'status') return verb === 'update' || verb === 'patch' ? ALLOW : abstain('');
  if (subresource !== '') return abstain('');
  if (verb === 'create' || verb === 'update' || verb === 'patch') return ALLOW;
  if (verb !== 'get' && verb !== 'list' && verb !== 'watch') return abstain('');
  const name = attributes.name || selected(attributes, 'metadata.name');
  if (name === node) return ALLOW;
  return abstain(
    name === undefined
      ? `node '${node}' cannot list all nodes, only its own Node object`
      : `node '${node}' cannot read '${name}', only its own Node object`,
  );
}

function ownPods(node: string, attributes: AuthorizationAttributes, paths: Paths): Decision {
  const { verb, subresource, name } = attributes;
  if (subresource === 'status') return verb === 'update' || verb === 'patch' ? ALLOW : abstain('');
  if (subresource === 'eviction') return verb === 'create' ? ALLOW : abstain('');
  if (subresource !== '') return abstain('');
  if (verb === 'create' || verb === 'delete') return ALLOW;
  if (verb === 'get') return related(node, attributes, paths);
  if (verb !== 'list' && verb !== 'watch') return abstain('');
  if (selected(attributes, 'spec.nodeName') === node) return ALLOW;
  if (name !== '') return related(node, attributes, paths);
  return abstain('can only list/watch pods with spec.nodeName field selector');
}

/** The value that a field selector demands of a field with `=`. */
function selected({ fieldSelector }: AuthorizationAttributes, field: string): string | undefined {
  for (const term of fieldSelector?.split(',') ?? []) {
    const [, name, value] = /^\s*([^=!]+?)\s*==?\s*(.*)$/.exec(term) ?? [];
    if (name === field && value !== undefined && value !== '') return value;
  }
  return undefined;
}

const MEMORY = 10_000;

/** Ways from a node over its pods to an object. A way once found is tried first again; it is never believed unseen. */
class Paths {
  readonly #reader: ObjectReader;
  readonly #found = new Map<string, { namespace: string; name: string }>();

  constructor(reader: ObjectReader) {
    this.#reader = reader;
  }

  exists(node: string, { resource, namespace, name }: AuthorizationAttributes): boolean {
    if (resource === 'volumeattachments') {
      const attachment = this.#reader.get({ group: 'storage.k8s.io', resource }, '', name) as VolumeAttachment | undefined;
      return attachment?.spec.nodeName === node;
    }
    if (resource === 'pods') return this.#runs(node, this.#reader.get(PODS, namespace, name) as Pod | undefined);
    const key = `${node}/${resource}/${namespace}/${name}`;
    const known = this.#found.get(key);
    if (
      known !== undefined &&
      this.#leads(node, this.#reader.get(PODS, known.namespace, known.name) as Pod | undefined, resource, namespace, name)
    )
      return true;
    this.#found.delete(key);
    for (const pod of this.#candidates(resource, namespace, name)) {
      if (!this.#leads(node, pod, resource, namespace, name)) continue;
      if (this.#found.size >= MEMORY) this.#found.clear();
      this.#found.set(key, { namespace: pod.metadata.namespace ?? '', name: pod.metadata.name });
      return true;
    }
    return false;
  }

  /** Pods that may refer to the object: those of its namespace; for volumes and their secrets, those of the claim's. */
  *#candidates(resource: string, namespace: string, name: string): Iterable<Pod> {
    if (resource === 'persistentvolumes') {
      const volume = this.#reader.get({ group: '', resource }, '', name) as PersistentVolume | undefined;
      const claim = volume?.spec?.claimRef?.namespace;
      if (claim) yield* this.#reader.list(PODS, claim) as Iterable<Pod>;
      return;
    }
    yield* this.#reader.list(PODS, namespace) as Iterable<Pod>;
    if (resource === 'secrets') {
      // A volume may name a secret of another namespace than its claim's.
      for (const volume of this.#reader.list({ group: '', resource: 'persistentvolumes' }) as Iterable<PersistentVolume>) {
        const claim = volume.spec?.claimRef?.namespace;
        if (claim && claim !== namespace && volumeSecrets(volume).has(`${namespace}/${name}`))
          yield* this.#reader.list(PODS, claim) as Iterable<Pod>;
      }
    }
  }

  #runs(node: string, pod: Pod | undefined): boolean {
    return pod?.spec?.nodeName === node;
  }

  #leads(node: string, pod: Pod | undefined, resource: string, namespace: string, name: string): boolean {
    if (pod === undefined || !this.#runs(node, pod) || pod.spec === undefined) return false;
    const same = pod.metadata.namespace === namespace;
    if (resource === 'serviceaccounts') return same && pod.spec.serviceAccountName === name;
    // Mirror pods tell what the kubelet knows anyway; they open no doors.
    if (pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) return false;
    const references = podReferences(pod.spec, pod.metadata.name);
    switch (resource) {
      case 'secrets':
        return (
          (same && references.secrets.has(name)) ||
          this.#volumes(pod, references.persistentvolumeclaims).some((volume) => volumeSecrets(volume).has(`${namespace}/${name}`))
        );
      case 'configmaps':
        return same && references.configmaps.has(name);
      case 'persistentvolumeclaims':
        return same && references.persistentvolumeclaims.has(name);
      case 'persistentvolumes':
        return this.#volumes(pod, references.persistentvolumeclaims).some((volume) => volume.metadata.name === name);
      case 'resourceclaims':
        return same && (references.resourceclaims.has(name) || this.#reservedFor(pod, namespace, name));
      default:
        return false;
    }
  }

  #volumes(pod: Pod, claims: ReadonlySet<string>): PersistentVolume[] {
    return [...claims].flatMap((name) => {
      const claim = this.#reader.get({ group: '', resource: 'persistentvolumeclaims' }, pod.metadata.namespace ?? '', name) as
        | PersistentVolumeClaim
        | undefined;
      const volumeName = claim?.spec?.volumeName;
      const volume = volumeName
        ? (this.#reader.get({ group: '', resource: 'persistentvolumes' }, '', volumeName) as PersistentVolume | undefined)
        : undefined;
      return volume === undefined ? [] : [volume];
    });
  }

  #reservedFor(pod: Pod, namespace: string, name: string): boolean {
    const claim = this.#reader.get({ group: 'resource.k8s.io', resource: 'resourceclaims' }, namespace, name) as ResourceClaim | undefined;
    return claim?.status?.reservedFor?.some((consumer) => consumer.resource === 'pods' && consumer.uid === pod.metadata.uid) ?? false;
  }
}
