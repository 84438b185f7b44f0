import { containerImages, containerNames } from '../core/index.ts';
import { textColumn } from '../printing.ts';
import type { Column } from '../kind-definition.ts';
import type { PodTemplateSpec } from '../generated/core-v1.ts';

/** CONTAINERS and IMAGES, which `-o wide` shows for whatever makes pods. */
export const templateColumns: readonly Column[] = [
  textColumn('Containers', 'Names of each container in the template.', true),
  textColumn('Images', 'Images referenced by each container in the template.', true),
];

/** The cells of `templateColumns`. */
export function templateCells(template: PodTemplateSpec | undefined): [names: string, images: string] {
  return [containerNames(template), containerImages(template)];
}
