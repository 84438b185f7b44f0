import type { DaemonSet } from '../generated/apps-v1.ts';

/** Counts the changes of the pod template, for clients of the time before ControllerRevisions. */
export const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

/** The template generation of an object; 0 where it is absent or no number. */
export function templateGeneration({ metadata }: DaemonSet): number {
  return Number.parseInt(metadata.annotations?.[TEMPLATE_GENERATION] ?? '', 10) || 0;
}

/** Writes the template generation into an object. */
export function setTemplateGeneration(object: DaemonSet, generation: number): void {
  object.metadata.annotations = { ...object.metadata.annotations, [TEMPLATE_GENERATION]: String(generation) };
}
