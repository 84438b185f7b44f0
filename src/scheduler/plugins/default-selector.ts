import type { ReplicaSet, StatefulSet } from '#api/generated/apps-v1.ts';
import type { ReplicationController, Service } from '#api/generated/core-v1.ts';
import { controllerOf, selectorOf, type LabelSelector } from '#apimachinery';
import type { Informer } from '#client';
import type { DefaultSelector } from './topology-spread.ts';

export interface SelectorSources {
  services: Informer<Service>;
  replicationControllers: Informer<ReplicationController>;
  replicaSets: Informer<ReplicaSet>;
  statefulSets: Informer<StatefulSet>;
}

/** Pods behind the same Services, with the same owner, belong together. */
export function defaultSelectorOf(sources: SelectorSources): DefaultSelector {
  return (pod) => {
    const namespace = pod.metadata.namespace ?? '';
    const labels: Record<string, string> = {};
    const expressions: NonNullable<LabelSelector['matchExpressions']> = [];
    for (const { spec } of sources.services.list(namespace))
      if (spec.selector !== undefined && selectorOf({ matchLabels: spec.selector }).matches(pod.metadata.labels))
        Object.assign(labels, spec.selector);
    const owner = controllerOf(pod);
    const selector = owner === undefined ? undefined : ownerSelector(sources, owner.kind, owner.name, namespace);
    Object.assign(labels, selector?.matchLabels);
    expressions.push(...(selector?.matchExpressions ?? []));
    if (Object.keys(labels).length === 0 && expressions.length === 0) return undefined;
    return selectorOf({ matchLabels: labels, matchExpressions: expressions });
  };
}

function ownerSelector(sources: SelectorSources, kind: string, name: string, namespace: string): LabelSelector | undefined {
  switch (kind) {
    case 'ReplicaSet':
      return sources.replicaSets.get(name, namespace)?.spec.selector;
    case 'StatefulSet':
      return sources.statefulSets.get(name, namespace)?.spec.selector;
    case 'ReplicationController':
      return { matchLabels: sources.replicationControllers.get(name, namespace)?.spec.selector };
    default:
      return undefined;
  }
}
