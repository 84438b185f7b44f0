import { objectEqual, type FieldPath } from '#apimachinery';
import { podTemplateWarnings } from '../core/pod/warnings.ts';
import type { PodTemplateSpec } from '../generated/core-v1.ts';

/** What is allowed in a workload's template and still unwise; an update that leaves the template alone is not told again. */
export function templateWarnings(template: PodTemplateSpec, old: PodTemplateSpec | undefined, path: FieldPath): string[] {
  return old !== undefined && objectEqual(template, old) ? [] : podTemplateWarnings(template, path);
}
