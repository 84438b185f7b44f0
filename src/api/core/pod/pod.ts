import type { Pod } from '../../generated/core-v1.ts';
import { defineKind, type Cell } from '../../kind-definition.ts';
import { ageCell, ageColumn, nameColumn, textColumn } from '../../printing.ts';
import { defaultPod } from './defaults.ts';
import { restartsText, summarizePod } from './pod-status-text.ts';
import { preparePodForCreate, preparePodForStatusUpdate } from './strategy.ts';
import { validatePod, validatePodCreate, validatePodStatusUpdate, validatePodUpdate } from './validation.ts';
import { podWarnings } from './warnings.ts';

const POD = ['get', 'patch', 'update'];
const CONNECT = ['create', 'get'];

/** A Pod: containers that run together on one node. */
export const podKind = defineKind<Pod>({
  group: '',
  version: 'v1',
  kind: 'Pod',
  resource: 'pods',
  singular: 'pod',
  shortNames: ['po'],
  categories: ['all'],
  namespaced: true,
  hasStatus: true,
  hasGeneration: true,
  otherSubresources: [
    { name: 'attach', kind: 'PodAttachOptions', verbs: CONNECT },
    { name: 'binding', kind: 'Binding', verbs: ['create'] },
    { name: 'ephemeralcontainers', kind: 'Pod', verbs: POD },
    { name: 'eviction', kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
    { name: 'exec', kind: 'PodExecOptions', verbs: CONNECT },
    { name: 'log', kind: 'Pod', verbs: ['get'] },
    { name: 'portforward', kind: 'PodPortForwardOptions', verbs: CONNECT },
    { name: 'proxy', kind: 'PodProxyOptions', verbs: ['create', 'delete', 'get', 'patch', 'update'] },
    { name: 'resize', kind: 'Pod', verbs: POD },
  ],

  defaults: defaultPod,
  prepareForCreate: preparePodForCreate,
  prepareForStatusUpdate: preparePodForStatusUpdate,
  gracePeriod: podGracePeriod,
  validate: validatePod,
  validateCreate: validatePodCreate,
  validateUpdate: validatePodUpdate,
  validateStatusUpdate: validatePodStatusUpdate,
  warnings: podWarnings,

  columns: [
    nameColumn,
    textColumn('Ready', 'The aggregate readiness state of this pod for accepting traffic.'),
    textColumn('Status', 'The aggregate status of the containers in this pod.'),
    textColumn(
      'Restarts',
      'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
    ),
    ageColumn,
    textColumn('IP', 'The IP address allocated to the pod.', true),
    textColumn('Node', 'The node that the pod is scheduled to.', true),
    textColumn('Nominated Node', 'The node on which pods are being removed to make room for this one.', true),
    textColumn('Readiness Gates', 'How many of the conditions that the pod waits for to be ready are true.', true),
  ],
  row(pod, now): Cell[] {
    const summary = summarizePod(pod);
    const { spec, status } = pod;
    return [
      pod.metadata.name,
      `${summary.readyContainers}/${summary.totalContainers}`,
      summary.status,
      restartsText(summary, now),
      ageCell(pod, now),
      status.podIPs?.[0]?.ip || '<none>',
      spec.nodeName || '<none>',
      status.nominatedNodeName || '<none>',
      readinessGatesText(pod),
    ];
  },
  selectableFields: {
    'spec.nodeName': (pod) => pod.spec.nodeName ?? '',
    'spec.restartPolicy': (pod) => pod.spec.restartPolicy ?? '',
    'spec.schedulerName': (pod) => pod.spec.schedulerName ?? '',
    'spec.serviceAccountName': (pod) => pod.spec.serviceAccountName ?? '',
    'spec.hostNetwork': (pod) => String(pod.spec.hostNetwork ?? false),
    'status.phase': (pod) => pod.status.phase ?? '',
    'status.podIP': (pod) => pod.status.podIPs?.[0]?.ip ?? pod.status.podIP ?? '',
    'status.nominatedNodeName': (pod) => pod.status.nominatedNodeName ?? '',
  },
});

/** A pod that no node has, or that has ended, needs no grace. */
function podGracePeriod({ spec, status }: Pod): number {
  if (!spec.nodeName || status.phase === 'Succeeded' || status.phase === 'Failed') return 0;
  return Math.max(spec.terminationGracePeriodSeconds ?? 0, 0);
}

function readinessGatesText({ spec, status }: Pod): string {
  const gates = spec.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  const passed = gates.filter(({ conditionType }) =>
    status.conditions?.some(({ type, status: state }) => type === conditionType && state === 'True'),
  );
  return `${passed.length}/${gates.length}`;
}
