import type { Node } from '../generated/core-v1.ts';
import { defineKind, type Cell } from '../kind-definition.ts';
import { ageCell, ageColumn, nameColumn, textColumn } from '../printing.ts';
import { validateNode, validateNodeUpdate } from './node-validation.ts';

const ROLE_PREFIX = 'node-role.kubernetes.io/';
const ROLE_LABEL = 'kubernetes.io/role';

/** A Node: a machine that runs pods. */
export const nodeKind = defineKind<Node>({
  group: '',
  version: 'v1',
  kind: 'Node',
  resource: 'nodes',
  singular: 'node',
  shortNames: ['no'],
  namespaced: false,
  hasStatus: true,
  otherSubresources: [{ name: 'proxy', kind: 'NodeProxyOptions', verbs: ['create', 'delete', 'get', 'patch', 'update'] }],

  defaults: defaultNode,
  prepareForUpdate: keepConfigSource,
  validate: validateNode,
  validateUpdate: validateNodeUpdate,
  validateStatusUpdate: validateNodeUpdate,

  columns: [
    nameColumn,
    textColumn('Status', 'The status of the node'),
    textColumn('Roles', 'The roles of the node'),
    ageColumn,
    textColumn('Version', 'Kubelet Version reported by the node.'),
    textColumn('Internal-IP', 'The address by which the cluster reaches the node.', true),
    textColumn('External-IP', 'The address by which the world reaches the node.', true),
    textColumn('OS-Image', 'The operating system that the node reports.', true),
    textColumn('Kernel-Version', 'The kernel that the node reports.', true),
    textColumn('Container-Runtime', 'The container runtime that the node reports, and its version.', true),
  ],
  row(node, now): Cell[] {
    const { nodeInfo } = node.status;
    return [
      node.metadata.name,
      nodeStatusText(node),
      nodeRoles(node).join(',') || '<none>',
      ageCell(node, now),
      nodeInfo?.kubeletVersion ?? '',
      addressOf(node, 'InternalIP'),
      addressOf(node, 'ExternalIP'),
      nodeInfo?.osImage || '<unknown>',
      nodeInfo?.kernelVersion || '<unknown>',
      nodeInfo?.containerRuntimeVersion || '<unknown>',
    ];
  },
  selectableFields: {
    'spec.unschedulable': (node) => String(node.spec.unschedulable ?? false),
  },
});

function defaultNode(node: Node): void {
  const spec = (node.spec ??= {});
  // `podCIDR` is the older field and the one that counts.
  if (spec.podCIDR && spec.podCIDR !== spec.podCIDRs?.[0]) spec.podCIDRs = [spec.podCIDR];
  else if (spec.podCIDRs?.length) spec.podCIDR ||= spec.podCIDRs[0];
  const status = (node.status ??= {} as Node['status']);
  status.daemonEndpoints ??= { kubeletEndpoint: { Port: 0 } };
  status.nodeInfo ??= { ...NO_INFO };
  if (status.allocatable === undefined && status.capacity !== undefined) status.allocatable = { ...status.capacity };
}

const NO_INFO: Node['status']['nodeInfo'] = {
  machineID: '',
  systemUUID: '',
  bootID: '',
  kernelVersion: '',
  osImage: '',
  containerRuntimeVersion: '',
  kubeletVersion: '',
  kubeProxyVersion: '',
  operatingSystem: '',
  architecture: '',
};

/** Configuration of kubelets by the API is gone; what an old object has of it stays readable. */
function keepConfigSource(node: Node, old: Node): void {
  if (old.spec.configSource === undefined) delete node.spec.configSource;
}

function nodeStatusText({ spec, status }: Node): string {
  const ready = status.conditions?.find(({ type }) => type === 'Ready');
  const text = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return spec.unschedulable ? `${text},SchedulingDisabled` : text;
}

/** The roles that a node's labels name, sorted. */
function nodeRoles({ metadata }: Node): string[] {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    if (key.startsWith(ROLE_PREFIX) && key.length > ROLE_PREFIX.length) roles.add(key.slice(ROLE_PREFIX.length));
    else if (key === ROLE_LABEL && value !== '') roles.add(value);
  }
  return [...roles].sort();
}

function addressOf({ status }: Node, type: string): string {
  return status.addresses?.find((address) => address.type === type)?.address ?? '<none>';
}
