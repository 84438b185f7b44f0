import type { KubeObject, LabelSelector } from '#apimachinery';
import type { PodTemplateSpec } from '../generated/core-v1.ts';

/** In the old versions a workload without a selector finds its pods by the labels of its template. */
export function selectorOfTemplate(selector: LabelSelector | undefined, template: PodTemplateSpec | undefined): LabelSelector | undefined {
  const labels = template?.metadata?.labels;
  if (selector !== undefined || labels === undefined || Object.keys(labels).length === 0) return selector;
  return { matchLabels: { ...labels } };
}

/** In the old versions a workload without labels gets those of its template. */
export function labelsOfTemplate<T extends KubeObject>(object: T, template: PodTemplateSpec | undefined): T {
  const labels = template?.metadata?.labels;
  const has = Object.keys(object.metadata.labels ?? {}).length > 0;
  return has || labels === undefined ? object : { ...object, metadata: { ...object.metadata, labels: { ...labels } } };
}
