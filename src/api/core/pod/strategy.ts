import type { LabelSelector } from '#apimachinery';
import type { Pod, PodAffinityTerm, PodStatus } from '../../generated/core-v1.ts';
import { syncServiceAccount } from './defaults.ts';
import { qosClassOf } from './qos.ts';

/** A new pod is pending, whatever the client says of its status. */
export function preparePodForCreate(pod: Pod): void {
  syncServiceAccount(pod.spec);
  pod.status = { phase: 'Pending', qosClass: qosClassOf(pod.spec) };
  if (pod.spec.schedulingGates?.length) pod.status.conditions = [{ ...GATED }];
  expandLabelKeys(pod);
}

/** What a status update may not touch; and `podIP`, which old clients write alone, is kept in step with `podIPs`. */
export function preparePodForStatusUpdate(pod: Pod, old: Pod): void {
  pod.metadata.ownerReferences = old.metadata.ownerReferences;
  pod.status.qosClass = old.status.qosClass;
  syncPodIps(pod.status, old.status);
}

const GATED = {
  type: 'PodScheduled',
  status: 'False',
  lastProbeTime: null,
  lastTransitionTime: null,
  reason: 'SchedulingGated',
  message: 'Scheduling is blocked due to non-empty scheduling gates',
};

function syncPodIps(status: PodStatus, old: PodStatus): void {
  if (status.podIP && status.podIPs?.[0]?.ip !== status.podIP) status.podIPs = [{ ip: status.podIP }];
  else if (status.podIPs?.length) status.podIP = status.podIPs[0]?.ip;
  if (status.hostIP && !status.hostIPs?.length && old.hostIPs?.length) status.hostIPs = old.hostIPs;
}

/** `matchLabelKeys` and `mismatchLabelKeys` name labels of this very pod: their values become part of the selectors. */
function expandLabelKeys({ metadata, spec }: Pod): void {
  const labels = metadata.labels ?? {};
  for (const affinity of [spec.affinity?.podAffinity, spec.affinity?.podAntiAffinity]) {
    for (const term of affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) expandTerm(term, labels);
    for (const { podAffinityTerm } of affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []) expandTerm(podAffinityTerm, labels);
  }
  for (const constraint of spec.topologySpreadConstraints ?? []) {
    if (constraint.labelSelector) addLabels(constraint.labelSelector, 'In', constraint.matchLabelKeys, labels);
  }
}

function expandTerm(term: PodAffinityTerm, labels: Record<string, string>): void {
  if (!term.labelSelector) return;
  addLabels(term.labelSelector, 'In', term.matchLabelKeys, labels);
  addLabels(term.labelSelector, 'NotIn', term.mismatchLabelKeys, labels);
}

function addLabels(selector: LabelSelector, operator: string, keys: string[] | undefined, labels: Record<string, string>): void {
  for (const key of keys ?? []) {
    const value = labels[key];
    if (value !== undefined) (selector.matchExpressions ??= []).push({ key, operator, values: [value] });
  }
}
