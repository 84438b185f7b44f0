import type { KubeObject } from '#apimachinery';
import type {
  PersistentVolumeClaim,
  Pod,
  PodAffinityTerm,
  ResourceQuota,
  ScopedResourceSelectorRequirement,
} from '#api/generated/core-v1.ts';

/** Does the quota count objects like this one? One without scopes counts all. */
export function matchesScopes({ spec }: ResourceQuota, resource: { group: string; resource: string }, object: KubeObject): boolean {
  const demands: ScopedResourceSelectorRequirement[] = [
    ...(spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' })),
    ...(spec?.scopeSelector?.matchExpressions ?? []),
  ];
  if (demands.length === 0) return true;
  if (resource.group !== '') return false;
  if (resource.resource === 'pods') return demands.every((demand) => podMatches(object as Pod, demand));
  if (resource.resource === 'persistentvolumeclaims')
    return demands.every((demand) => claimMatches(object as PersistentVolumeClaim, demand));
  return false;
}

function podMatches(pod: Pod, demand: ScopedResourceSelectorRequirement): boolean {
  switch (demand.scopeName) {
    case 'Terminating':
      return (pod.spec?.activeDeadlineSeconds ?? -1) >= 0;
    case 'NotTerminating':
      return (pod.spec?.activeDeadlineSeconds ?? -1) < 0;
    case 'BestEffort':
      return isBestEffort(pod);
    case 'NotBestEffort':
      return !isBestEffort(pod);
    case 'PriorityClass':
      return valueMatches(pod.spec?.priorityClassName, demand);
    case 'CrossNamespacePodAffinity':
      return usesOtherNamespaces(pod);
    default:
      return false;
  }
}

function claimMatches(claim: PersistentVolumeClaim, demand: ScopedResourceSelectorRequirement): boolean {
  return demand.scopeName === 'VolumeAttributesClass' && valueMatches(claim.spec?.volumeAttributesClassName, demand);
}

function valueMatches(value: string | undefined, { operator, values = [] }: ScopedResourceSelectorRequirement): boolean {
  const there = value !== undefined && value !== '';
  switch (operator) {
    case 'Exists':
      return there;
    case 'DoesNotExist':
      return !there;
    case 'In':
      return there && values.includes(value);
    case 'NotIn':
      return !there || !values.includes(value);
    default:
      return false;
  }
}

/** No container asks for CPU or memory at all. */
function isBestEffort({ spec }: Pod): boolean {
  const all = [
    ...(spec?.containers ?? []),
    ...(spec?.initContainers ?? []),
    ...(spec?.resources === undefined ? [] : [{ resources: spec.resources }]),
  ];
  return !all.some(({ resources }) =>
    [resources?.requests, resources?.limits].some((list) => list?.['cpu'] !== undefined || list?.['memory'] !== undefined),
  );
}

function usesOtherNamespaces({ spec }: Pod): boolean {
  const { podAffinity, podAntiAffinity } = spec?.affinity ?? {};
  const terms: (PodAffinityTerm | undefined)[] = [podAffinity, podAntiAffinity].flatMap((affinity) => [
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((weighted) => weighted.podAffinityTerm),
  ]);
  return terms.some((term) => (term?.namespaces?.length ?? 0) > 0 || term?.namespaceSelector !== undefined);
}
