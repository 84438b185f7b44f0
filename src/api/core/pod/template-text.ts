import type { PodTemplateSpec } from '../../generated/core-v1.ts';

/** The CONTAINERS cell of workloads: `web,proxy`. */
export function containerNames(template: PodTemplateSpec | undefined): string {
  return (template?.spec.containers ?? []).map(({ name }) => name).join(',');
}

/** The IMAGES cell of workloads: `nginx:1.29,envoy`. */
export function containerImages(template: PodTemplateSpec | undefined): string {
  return (template?.spec.containers ?? []).map(({ image = '' }) => image).join(',');
}
