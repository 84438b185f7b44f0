import { objectEqual } from '#apimachinery';
import type { Node, Pod } from '#api/generated/core-v1.ts';
import type { TokenRequest } from '#api/generated/authentication-v1.ts';
import { nodeNameOf } from '../authz/node.ts';
import { podReferences } from '../authz/pod-references.ts';
import type { AdmissionAttributes, AdmissionPlugin, ObjectReader } from '../types.ts';
import { refuse } from './refuse.ts';

const MIRROR = 'kubernetes.io/config.mirror';
const PODS = { group: '', resource: 'pods' };

interface Context {
  attributes: AdmissionAttributes;
  node: string;
  reader: ObjectReader;
}

/** Nodes write only what is theirs: their own Node, Lease and CSINode, and the status of pods that run on them. */
export function nodeRestriction(reader: ObjectReader): AdmissionPlugin {
  return {
    name: 'NodeRestriction',
    handles: ({ user, resource, operation }) =>
      user.name.startsWith('system:node:') && operation !== 'CONNECT' && CHECKS[`${resource.group}/${resource.resource}`] !== undefined,
    admit(attributes) {
      const node = nodeNameOf(attributes.user);
      const { group, resource } = attributes.resource;
      if (node !== undefined) CHECKS[`${group}/${resource}`]?.({ attributes, node, reader });
    },
  };
}

const CHECKS: Record<string, (context: Context) => void> = {
  '/pods': checkPod,
  '/nodes': checkNode,
  '/serviceaccounts': checkToken,
  'coordination.k8s.io/leases': checkLease,
  'storage.k8s.io/csinodes': checkCsiNode,
  'resource.k8s.io/resourceslices': checkResourceSlice,
};

function checkPod(context: Context): void {
  const { attributes, node } = context;
  switch (attributes.subresource) {
    case '':
      if (attributes.operation === 'CREATE') checkMirrorPod(context);
      else if (attributes.operation === 'DELETE')
        requireOwnPod(context, `node "${node}" can only delete pods with spec.nodeName set to itself`);
      else
        throw refuse(attributes, `unexpected operation "${attributes.operation}", node "${node}" can only create and delete mirror pods`);
      return;
    case 'status': {
      requireOwnPod(context, `node "${node}" can only update pod status for pods with spec.nodeName set to itself`);
      if (!objectEqual(attributes.object?.metadata.labels, attributes.oldObject?.metadata.labels)) {
        throw refuse(attributes, `node "${node}" cannot update labels through pod status`);
      }
      return;
    }
    case 'eviction':
      requireOwnPod(context, `node ${node} can only evict pods with spec.nodeName set to itself`);
      return;
    default:
      throw refuse(attributes, `unexpected pod subresource "${attributes.subresource}", only 'status' and 'eviction' are allowed`);
  }
}

function requireOwnPod({ attributes, node, reader }: Context, why: string): void {
  const pod =
    (attributes.subresource === 'eviction' ? undefined : attributes.oldObject) ?? reader.get(PODS, attributes.namespace, attributes.name);
  // A pod that is gone is the handler's to report.
  if (pod !== undefined && (pod as Pod).spec?.nodeName !== node) throw refuse(attributes, why);
}

function checkMirrorPod({ attributes, node, reader }: Context): void {
  const { metadata, spec } = attributes.object as Pod;
  if (metadata.annotations?.[MIRROR] === undefined) {
    throw refuse(attributes, `pod does not have "${MIRROR}" annotation, node "${node}" can only create mirror pods`);
  }
  if (spec?.nodeName !== node) throw refuse(attributes, `node "${node}" can only create pods with spec.nodeName set to itself`);
  const owners = metadata.ownerReferences ?? [];
  if (owners.length > 1) throw refuse(attributes, `node "${node}" can only create pods with a single owner reference set to itself`);
  const owner = owners[0];
  if (owner !== undefined) {
    if (owner.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node) {
      throw refuse(attributes, `node "${node}" can only create pods with an owner reference set to itself`);
    }
    if (owner.controller !== true)
      throw refuse(attributes, `node "${node}" can only create pods with a controller owner reference set to itself`);
    if (owner.blockOwnerDeletion === true) throw refuse(attributes, `node "${node}" must not set blockOwnerDeletion on an owner reference`);
    const uid = reader.get({ group: '', resource: 'nodes' }, '', node)?.metadata.uid;
    if (uid !== undefined && uid !== owner.uid) throw refuse(attributes, `node "${node}" UID mismatch: expected ${owner.uid} got ${uid}`);
  }
  if (spec.serviceAccountName) throw refuse(attributes, `node "${node}" can not create pods that reference a service account`);
  const references = podReferences(spec, metadata.name);
  for (const kind of ['secrets', 'configmaps', 'persistentvolumeclaims', 'resourceclaims'] as const) {
    if (references[kind].size > 0) throw refuse(attributes, `node "${node}" can not create pods that reference ${kind}`);
  }
}

function checkNode({ attributes, node }: Context): void {
  const { operation, object, oldObject } = attributes;
  if (attributes.name !== '' && attributes.name !== node)
    throw refuse(attributes, `node "${node}" is not allowed to modify node "${attributes.name}"`);
  const now = object as Node | undefined;
  if (operation === 'CREATE' && now !== undefined) {
    if (now.metadata.name !== node) throw refuse(attributes, `node "${node}" is not allowed to modify node "${now.metadata.name}"`);
    const restricted = Object.keys(now.metadata.labels ?? {}).filter(isRestrictedLabel);
    if (restricted.length > 0)
      throw refuse(attributes, `node "${node}" is not allowed to set the following labels: ${restricted.sort().join(', ')}`);
    if (now.metadata.ownerReferences?.length) throw refuse(attributes, `node "${node}" is not allowed to set owner references`);
  }
  if (operation === 'UPDATE' && now !== undefined && oldObject !== undefined) checkNodeChange(attributes, node, now, oldObject as Node);
}

function checkNodeChange(attributes: AdmissionAttributes, node: string, now: Node, old: Node): void {
  if (!objectEqual(now.spec?.taints, old.spec?.taints)) throw refuse(attributes, `node "${node}" is not allowed to modify taints`);
  if (!objectEqual(now.metadata.ownerReferences, old.metadata.ownerReferences)) {
    throw refuse(attributes, `node "${node}" is not allowed to modify ownerReferences`);
  }
  const labels = new Set([...Object.keys(now.metadata.labels ?? {}), ...Object.keys(old.metadata.labels ?? {})]);
  const changed = [...labels].filter((label) => now.metadata.labels?.[label] !== old.metadata.labels?.[label]);
  const restricted = changed.filter(isRestrictedLabel);
  if (restricted.length > 0) throw refuse(attributes, `is not allowed to modify labels: ${restricted.sort().join(', ')}`);
}

const KUBELET_LABELS = new Set([
  'kubernetes.io/hostname',
  'kubernetes.io/arch',
  'kubernetes.io/os',
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/instance-type',
  'node.kubernetes.io/instance-type',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
]);

/** Labels of Kubernetes' own that steer where pods go, except those that a kubelet knows best. */
function isRestrictedLabel(label: string): boolean {
  const slash = label.indexOf('/');
  const domain = slash < 0 ? '' : label.slice(0, slash);
  const within = (parent: string): boolean => domain === parent || domain.endsWith(`.${parent}`);
  if (within('node-restriction.kubernetes.io')) return true;
  if (!within('kubernetes.io') && !within('k8s.io')) return false;
  return !KUBELET_LABELS.has(label) && !within('kubelet.kubernetes.io') && !within('node.kubernetes.io');
}

function checkToken({ attributes, node, reader }: Context): void {
  if (attributes.subresource !== 'token' || attributes.operation !== 'CREATE') return;
  const bound = (attributes.object as TokenRequest | undefined)?.spec?.boundObjectRef;
  if (bound === undefined || bound === null || bound.apiVersion !== 'v1' || bound.kind !== 'Pod' || !bound.name) {
    throw refuse(attributes, 'node requested token not bound to a pod');
  }
  if (!bound.uid) throw refuse(attributes, 'node requested token with a pod binding without a uid');
  const pod = reader.get(PODS, attributes.namespace, bound.name) as Pod | undefined;
  if (pod === undefined) throw refuse(attributes, `pod "${bound.name}" not found`);
  if (pod.metadata.uid !== bound.uid)
    throw refuse(
      attributes,
      'the UID in the bound object reference (' +
        bound.uid +
        ') does not match the UID in record (' +
        (pod.metadata.uid ?? '') +
        '). The object might have been deleted and then recreated',
    );
  if (pod.spec?.nodeName !== node) throw refuse(attributes, 'node requested token bound to a pod scheduled on a different node');
}

function checkLease({ attributes, node }: Context): void {
  if (attributes.namespace !== 'kube-node-lease')
    throw refuse(attributes, 'can only access leases in the "kube-node-lease" system namespace');
  if ((attributes.object?.metadata.name ?? attributes.name) !== node) {
    throw refuse(attributes, 'can only access node lease with the same name as the requesting node');
  }
}

function checkCsiNode({ attributes, node }: Context): void {
  if ((attributes.object?.metadata.name ?? attributes.name) !== node) {
    throw refuse(attributes, 'can only access CSINode with the same name as the requesting node');
  }
}

function checkResourceSlice({ attributes, node }: Context): void {
  const slice = (attributes.object ?? attributes.oldObject) as { spec?: { nodeName?: string } } | undefined;
  if (slice !== undefined && slice.spec?.nodeName !== node) {
    const verb = attributes.operation === 'CREATE' ? 'create' : attributes.operation === 'UPDATE' ? 'update' : 'delete';
    throw refuse(attributes, `can only ${verb} ResourceSlice with the same NodeName as the requesting node`);
  }
}
