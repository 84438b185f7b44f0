import { parseQuantity, Quantity, type KubeObject } from '#apimachinery';
import type { PersistentVolumeClaim, Pod, Service } from '#api/generated/core-v1.ts';
import { podResources, type Quantities } from '../pod-resources.ts';

type Resource = { group: string; resource: string };

const ONE = Quantity.of(1);
/** Kinds of the core group that may be counted under their plain name, too. */
const PLAIN_NAMES = new Set([
  'configmaps',
  'persistentvolumeclaims',
  'pods',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
]);

/** `count/deployments.apps`, `count/pods`. */
function countName({ group, resource }: Resource): string {
  return group === '' ? `count/${resource}` : `count/${resource}.${group}`;
}

/** What an object uses up of its namespace's quotas, under all the names that a quota may give it. */
export function usageOf(resource: Resource, object: KubeObject): Quantities {
  const usage: Quantities = new Map([[countName(resource), ONE]]);
  if (resource.group !== '') return usage;
  if (resource.resource === 'pods') return podUsage(usage, object as Pod);
  if (PLAIN_NAMES.has(resource.resource)) usage.set(resource.resource, ONE);
  if (resource.resource === 'services') addService(usage, object as Service);
  if (resource.resource === 'persistentvolumeclaims') addClaim(usage, object as PersistentVolumeClaim);
  return usage;
}

/** A pod that has ended still counts as an object, but uses nothing. */
function isTerminal({ status }: Pod): boolean {
  return status?.phase === 'Failed' || status?.phase === 'Succeeded';
}

function podUsage(usage: Quantities, pod: Pod): Quantities {
  if (isTerminal(pod) || pod.spec === undefined) return usage;
  usage.set('pods', ONE);
  for (const [name, quantity] of podResources(pod.spec, 'requests', { overhead: true })) {
    usage.set(`requests.${name}`, quantity);
    if (name === 'cpu' || name === 'memory' || name === 'ephemeral-storage' || name.startsWith('hugepages-')) usage.set(name, quantity);
  }
  for (const [name, quantity] of podResources(pod.spec, 'limits', { overhead: true })) usage.set(`limits.${name}`, quantity);
  return usage;
}

function addService(usage: Quantities, { spec }: Service): void {
  const ports = Quantity.of(spec?.ports?.length ?? 0);
  if (spec?.type === 'NodePort') usage.set('services.nodeports', ports);
  if (spec?.type === 'LoadBalancer') {
    usage.set('services.loadbalancers', ONE);
    const allocated =
      spec.allocateLoadBalancerNodePorts === false ? (spec.ports ?? []).filter(({ nodePort }) => nodePort).length : undefined;
    usage.set('services.nodeports', allocated === undefined ? ports : Quantity.of(allocated));
  }
}

function addClaim(usage: Quantities, { spec, metadata }: PersistentVolumeClaim): void {
  const name = metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec?.storageClassName;
  const requested = spec?.resources?.requests?.['storage'];
  const storage = requested === undefined ? undefined : parseQuantity(requested);
  if (storage !== undefined) usage.set('requests.storage', storage);
  if (!name) return;
  usage.set(`${name}.storageclass.storage.k8s.io/persistentvolumeclaims`, ONE);
  if (storage !== undefined) usage.set(`${name}.storageclass.storage.k8s.io/requests.storage`, storage);
}

/** Names under which a pod must say what it needs if a quota limits it. */
const COMPUTE = /^(cpu|memory|(requests|limits)\.(cpu|memory|ephemeral-storage|hugepages-.+)|ephemeral-storage)$/;

/** `must specify limits.cpu for: a,b; memory for: a`, or `''` when every container says what it has to. */
export function unspecified(pod: Pod, limited: readonly string[]): string {
  const spec = pod.spec;
  if (spec === undefined) return '';
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  const gaps = limited
    .filter((name) => COMPUTE.test(name))
    .sort()
    .flatMap((name) => {
      const kind = name.startsWith('limits.') ? 'limits' : 'requests';
      const resource = name.replace(/^(requests|limits)\./, '');
      if (spec.resources?.[kind]?.[resource] !== undefined) return [];
      const without = containers
        .filter((container) => container.resources?.[kind]?.[resource] === undefined)
        .map((container) => container.name);
      return without.length === 0 ? [] : [`${name} for: ${[...new Set(without)].sort().join(',')}`];
    });
  return gaps.length === 0 ? '' : `must specify ${gaps.join('; ')}`;
}
