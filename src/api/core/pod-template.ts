import type { PodTemplate } from '../generated/core-v1.ts';
import { defineKind, type Cell } from '../kind-definition.ts';
import { formatLabels, nameColumn, textColumn } from '../printing.ts';
import { defaultPodTemplate } from './pod/defaults.ts';
import { containerImages, containerNames } from './pod/template-text.ts';
import { validatePodTemplate } from './pod/validation.ts';

/** A PodTemplate: a description that pods may be made from. */
export const podTemplateKind = defineKind<PodTemplate>({
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  resource: 'podtemplates',
  singular: 'podtemplate',
  namespaced: true,
  hasStatus: false,
  hasGeneration: true,

  defaults(podTemplate) {
    podTemplate.template ??= {} as PodTemplate['template'];
    defaultPodTemplate(podTemplate.template);
  },
  validate: validatePodTemplate,

  columns: [
    nameColumn,
    textColumn('Containers', 'Names of each container in the template.'),
    textColumn('Images', 'Images referenced by each container in the template.'),
    textColumn('Pod Labels', 'The labels for the pod template.'),
  ],
  row: ({ metadata, template }): Cell[] => [
    metadata.name,
    containerNames(template),
    containerImages(template),
    formatLabels(template.metadata.labels),
  ],
});
