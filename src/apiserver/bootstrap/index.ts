import { isAlreadyExists, isConflict, isNotFound, objectEqual, type KubeObject } from '#apimachinery';
import type { Endpoints, Namespace, Service } from '#api/generated/core-v1.ts';
import type { EndpointSlice } from '#api/generated/discovery-v1.ts';
import { resources, type Client, type ResourceType } from '#client';
import { systemPriorityClasses } from '../admission/index.ts';
import { AddressRange } from '../registry/services/address-range.ts';
import { bootstrapRoles } from './policy.ts';

export interface BootstrapOptions {
  advertiseAddress: string;
  port: number;
  serviceCidr: string;
}

const SYSTEM_NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/** The objects that every cluster has from the start: namespaces, the `kubernetes` Service, the system's priority classes. */
export async function bootstrap(client: Client, options: BootstrapOptions): Promise<void> {
  await Promise.all(SYSTEM_NAMESPACES.map((name) => ensure(client, resources.namespaces, namespace(name))));
  await Promise.all([
    ensureKubernetesService(client, kubernetesService(options)),
    ...endpointsOf(client, options),
    bootstrapRoles(client),
    ...systemPriorityClasses().map((priorityClass) => ensure(client, resources.priorityClasses, priorityClass)),
  ]);
}

/** A server that only this machine can reach has no endpoint that a pod could use. */
function endpointsOf(client: Client, options: BootstrapOptions): Promise<void>[] {
  if (options.advertiseAddress.startsWith('127.')) return [];
  return [
    ensure(client, resources.endpoints, kubernetesEndpoints(options), true),
    ensure(client, resources.endpointSlices, kubernetesSlice(options), true),
  ];
}

/** Creates what is not there; with `update` what is there is brought to the wanted state, too. */
async function ensure<T extends KubeObject>(client: Client, type: ResourceType<T>, wanted: T, update = false): Promise<void> {
  const api = client.resource(type);
  const key = { name: wanted.metadata.name, namespace: wanted.metadata.namespace };
  try {
    const present = await api.get(key);
    if (!update || objectEqual(withoutMetadata(present), withoutMetadata({ ...present, ...wanted }))) return;
    await api.update({ ...wanted, metadata: { ...present.metadata, ...wanted.metadata } });
  } catch (error) {
    if (isConflict(error)) return;
    if (!isNotFound(error)) throw error;
    await api.create(wanted).catch((failure: unknown) => {
      if (!isAlreadyExists(failure)) throw failure;
    });
  }
}

/** The Service keeps its address for good; its ports are those of the server that has started last. */
async function ensureKubernetesService(client: Client, wanted: Service): Promise<void> {
  await ensure(client, resources.services, wanted);
  const api = client.resource(resources.services);
  const { name, namespace } = wanted.metadata;
  const present = await api.get({ name, namespace });
  const [port] = present.spec.ports ?? [];
  if (port?.targetPort === wanted.spec.ports?.[0]?.targetPort) return;
  await api.patch({ name, namespace }, 'merge', { spec: { ports: wanted.spec.ports } });
}

function withoutMetadata({ metadata: _metadata, ...rest }: KubeObject): object {
  return rest;
}

function namespace(name: string): Namespace {
  return { metadata: { name }, spec: {}, status: {} };
}

const LABELS = { component: 'apiserver', provider: 'kubernetes' };

function kubernetesService({ serviceCidr, port }: BootstrapOptions): Service {
  const clusterIP = new AddressRange(serviceCidr).at(1);
  return {
    metadata: { name: 'kubernetes', namespace: 'default', labels: LABELS },
    spec: {
      type: 'ClusterIP',
      clusterIP,
      clusterIPs: [clusterIP],
      ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: port }],
      sessionAffinity: 'None',
    },
    status: { loadBalancer: {} },
  };
}

function kubernetesEndpoints({ advertiseAddress, port }: BootstrapOptions): Endpoints {
  return {
    metadata: { name: 'kubernetes', namespace: 'default', labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [{ addresses: [{ ip: advertiseAddress }], ports: [{ name: 'https', port, protocol: 'TCP' }] }],
  };
}

function kubernetesSlice({ advertiseAddress, port }: BootstrapOptions): EndpointSlice {
  return {
    metadata: { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [advertiseAddress], conditions: { ready: true } }],
    ports: [{ name: 'https', port, protocol: 'TCP' }],
  };
}
