import type { DaemonSet } from '#api/generated/apps-v1.ts';
import type { Node, Pod, PodSpec, Toleration } from '#api/generated/core-v1.ts';
import { fitsNode } from '../nodes/node-affinity.ts';
import { tolerates } from '../taint-eviction/tolerations.ts';

const TOLERATED: readonly (readonly [key: string, effect: string])[] = [
  ['node.kubernetes.io/not-ready', 'NoExecute'],
  ['node.kubernetes.io/unreachable', 'NoExecute'],
  ['node.kubernetes.io/disk-pressure', 'NoSchedule'],
  ['node.kubernetes.io/memory-pressure', 'NoSchedule'],
  ['node.kubernetes.io/pid-pressure', 'NoSchedule'],
  ['node.kubernetes.io/unschedulable', 'NoSchedule'],
];

/** Daemons run on nodes that are not well, too: often they are what makes them well. */
export function daemonTolerations(spec: PodSpec): Toleration[] {
  const wanted = spec.hostNetwork ? [...TOLERATED, ['node.kubernetes.io/network-unavailable', 'NoSchedule'] as const] : TOLERATED;
  const added = wanted.map(([key, effect]): Toleration => ({ key, operator: 'Exists', effect }));
  const present = spec.tolerations ?? [];
  return [
    ...present,
    ...added.filter(
      (each) => !present.some((other) => other.key === each.key && other.effect === each.effect && other.operator === 'Exists'),
    ),
  ];
}

/** Whether a new pod should start on the node, and whether one that is there may stay. */
export function placement(daemonSet: DaemonSet, node: Node): { shouldRun: boolean; mayStay: boolean } {
  const { spec } = daemonSet.spec.template;
  if (spec.nodeName && spec.nodeName !== node.metadata.name) return { shouldRun: false, mayStay: false };
  if (!fitsNode(spec, node)) return { shouldRun: false, mayStay: false };
  const tolerations = daemonTolerations(spec);
  const untolerated = (node.spec?.taints ?? [])
    .filter(({ effect }) => effect !== 'PreferNoSchedule')
    .filter((taint) => !tolerations.some((each) => tolerates(each, taint)));
  return { shouldRun: untolerated.length === 0, mayStay: !untolerated.some(({ effect }) => effect === 'NoExecute') };
}

/** Binds the pod to one node, in a way that leaves the binding to the scheduler. */
export function pinToNode(spec: PodSpec, node: string): PodSpec {
  const pin = { matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] };
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const terms = required?.nodeSelectorTerms?.map((term) => ({ ...term, matchFields: pin.matchFields }));
  const nodeAffinity = {
    ...spec.affinity?.nodeAffinity,
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms?.length ? terms : [pin] },
  };
  return { ...spec, affinity: { ...spec.affinity, nodeAffinity } };
}

/** The node that a pod runs on or is meant for. */
export function targetNode(pod: Pod): string | undefined {
  if (pod.spec.nodeName) return pod.spec.nodeName;
  const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  for (const term of terms) {
    const field = term.matchFields?.find(({ key, operator }) => key === 'metadata.name' && operator === 'In');
    if (field?.values?.length === 1) return field.values[0];
  }
  return undefined;
}
