import type { Node, Pod } from '#api/generated/core-v1.ts';
import { badRequest, internalError, notFound } from '#apimachinery';
import type { Registry } from '../registry/index.ts';
import type { RequestInfo } from '../types.ts';

const PODS = { group: '', resource: 'pods' };
const NODES = { group: '', resource: 'nodes' };

/** The address types by which a kubelet is reached, best first. */
const ADDRESS_TYPES = ['InternalIP', 'Hostname', 'InternalDNS', 'ExternalDNS', 'ExternalIP'];

export async function findPod(registry: Registry, { namespace, name }: RequestInfo): Promise<Pod> {
  const entry = await registry.resource('', 'pods')?.find(namespace, name);
  if (entry === undefined) throw notFound(PODS, name);
  return entry.object as Pod;
}

/** The base URL of the kubelet of a node. Throws 404 when there is no such node, 500 when it has no address. */
export async function kubeletUrl(registry: Registry, nodeName: string): Promise<URL> {
  const entry = await registry.resource('', 'nodes')?.find('', nodeName);
  if (entry === undefined) throw notFound(NODES, nodeName);
  const { status } = entry.object as Node;
  const addresses = status.addresses ?? [];
  const address = ADDRESS_TYPES.map((type) => addresses.find((item) => item.type === type)).find((item) => item !== undefined);
  if (address === undefined) throw internalError(`no preferred addresses found; known addresses: []`);
  const port = status.daemonEndpoints?.kubeletEndpoint?.Port || 10250;
  const host = address.address.includes(':') ? `[${address.address}]` : address.address;
  return new URL(`https://${host}:${port}`);
}

/** The node of a pod. Throws 400 while it has none. */
export function nodeOf(pod: Pod): string {
  const { nodeName } = pod.spec;
  if (nodeName === undefined || nodeName === '') throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  return nodeName;
}

/** The container that a request is about: the named one, or the only one. Throws 400 as kubectl's users know it. */
export function containerOf(pod: Pod, wanted: string | null, allowOnlyOne = true): string {
  const { initContainers = [], containers, ephemeralContainers = [] } = pod.spec;
  const all = [...initContainers, ...containers, ...ephemeralContainers];
  if (wanted !== null && wanted !== '') {
    if (all.some(({ name }) => name === wanted)) return wanted;
    throw badRequest(`container ${wanted} is not valid for pod ${pod.metadata.name}`);
  }
  const annotated = pod.metadata.annotations?.['kubectl.kubernetes.io/default-container'];
  if (annotated !== undefined && all.some(({ name }) => name === annotated)) return annotated;
  const [first] = containers;
  if (allowOnlyOne && containers.length === 1 && first !== undefined && initContainers.length === 0) return first.name;
  const names = (list: readonly { name: string }[]): string => `[${list.map(({ name }) => name).join(' ')}]`;
  const init = initContainers.length === 0 ? '' : ` or one of the init containers: ${names(initContainers)}`;
  throw badRequest(`a container name must be specified for pod ${pod.metadata.name}, choose one of: ${names(containers)}${init}`);
}
