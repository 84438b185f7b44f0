import type { Pod, PodAffinityTerm } from '#api/generated/core-v1.ts';
import { selectorOf, type LabelSelector, type Selector } from '#apimachinery';
import { podRequests, type PodRequests } from './requests.ts';

/** A pod with what scheduling asks of it again and again, computed once. */
export interface PodInfo {
  key: string;
  pod: Pod;
  requests: PodRequests;
  priority: number;
  ports: readonly HostPort[];
  affinity: AffinityTerms;
}

export interface HostPort {
  protocol: string;
  port: number;
  address: string;
}

export interface Term {
  /** The same for terms that mean the same. */
  key: string;
  topologyKey: string;
  selector: Selector;
  namespaces: ReadonlySet<string>;
  /** Namespaces by their labels, beside the named ones. */
  namespaceSelector: Selector | undefined;
  weight: number;
}

export interface AffinityTerms {
  required: readonly Term[];
  requiredAnti: readonly Term[];
  preferred: readonly Term[];
  preferredAnti: readonly Term[];
}

const NO_TERMS: AffinityTerms = { required: [], requiredAnti: [], preferred: [], preferredAnti: [] };

export function podKey({ metadata }: Pod): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

export function podInfoOf(pod: Pod): PodInfo {
  return {
    key: podKey(pod),
    pod,
    requests: podRequests(pod),
    priority: pod.spec.priority ?? 0,
    ports: hostPorts(pod),
    affinity: termsOf(pod),
  };
}

function hostPorts({ spec }: Pod): HostPort[] {
  const ports: HostPort[] = [];
  const restartable = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  for (const container of [...restartable, ...spec.containers])
    for (const { hostPort, protocol = 'TCP', hostIP = '0.0.0.0' } of container.ports ?? [])
      if (hostPort !== undefined && hostPort > 0) ports.push({ protocol, port: hostPort, address: hostIP === '' ? '0.0.0.0' : hostIP });
  return ports;
}

function termsOf(pod: Pod): AffinityTerms {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  if (podAffinity === undefined && podAntiAffinity === undefined) return NO_TERMS;
  const required = (terms: readonly PodAffinityTerm[] = []): Term[] => terms.map((term) => termOf(term, pod, 0));
  const preferred = (terms: readonly { weight: number; podAffinityTerm: PodAffinityTerm }[] = []): Term[] =>
    terms.map(({ weight, podAffinityTerm }) => termOf(podAffinityTerm, pod, weight));
  return {
    required: required(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    requiredAnti: required(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    preferred: preferred(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
    preferredAnti: preferred(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
  };
}

function termOf(term: PodAffinityTerm, pod: Pod, weight: number): Term {
  const own = pod.metadata.namespace ?? '';
  const named = term.namespaces ?? [];
  const namespaces = named.length === 0 && term.namespaceSelector === undefined ? [own] : named;
  const labelSelector = withMatchLabelKeys(term, pod);
  return {
    key: JSON.stringify([term.topologyKey, labelSelector, namespaces, term.namespaceSelector, weight]),
    topologyKey: term.topologyKey,
    selector: selectorOf(labelSelector),
    namespaces: new Set(namespaces),
    namespaceSelector: term.namespaceSelector === undefined ? undefined : selectorOf(term.namespaceSelector),
    weight,
  };
}

/** `matchLabelKeys` and `mismatchLabelKeys` narrow the selector by the pod's own labels. */
function withMatchLabelKeys(term: PodAffinityTerm, { metadata }: Pod): LabelSelector | undefined {
  const keys = [
    ...(term.matchLabelKeys ?? []).map((key) => [key, 'In'] as const),
    ...(term.mismatchLabelKeys ?? []).map((key) => [key, 'NotIn'] as const),
  ];
  if (keys.length === 0 || term.labelSelector === undefined) return term.labelSelector;
  const more = keys.flatMap(([key, operator]) => {
    const value = metadata.labels?.[key];
    return value === undefined ? [] : [{ key, operator, values: [value] }];
  });
  return { ...term.labelSelector, matchExpressions: [...(term.labelSelector.matchExpressions ?? []), ...more] };
}
