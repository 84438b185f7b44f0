import { root } from '#apimachinery';
import type { ReplicationController } from '../generated/core-v1.ts';
import { defineKind, type Cell } from '../kind-definition.ts';
import { ageCell, ageColumn, formatLabels, integerColumn, labelMapText, nameColumn, textColumn } from '../printing.ts';
import { defaultPodTemplate } from './pod/defaults.ts';
import { containerImages, containerNames } from './pod/template-text.ts';
import { podTemplateWarnings } from './pod/warnings.ts';
import { validateReplicationController, validateReplicationControllerStatus } from './replication-controller-validation.ts';

/** A ReplicationController: keeps a number of equal pods running; the forerunner of the ReplicaSet. */
export const replicationControllerKind = defineKind<ReplicationController>({
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  resource: 'replicationcontrollers',
  singular: 'replicationcontroller',
  shortNames: ['rc'],
  categories: ['all'],
  namespaced: true,
  hasStatus: true,
  hasGeneration: true,
  scale: {
    replicas: (controller) => controller.spec.replicas ?? 0,
    setReplicas(controller, replicas) {
      controller.spec.replicas = replicas;
    },
    statusReplicas: (controller) => controller.status.replicas,
    selector: (controller) => labelMapText(controller.spec.selector),
  },

  defaults: defaultReplicationController,
  prepareForCreate(controller) {
    controller.status = { replicas: 0 };
  },
  validate: validateReplicationController,
  validateStatusUpdate: validateReplicationControllerStatus,
  warnings({ metadata, spec }, old) {
    if (!spec.template || (old !== undefined && old.metadata.generation === metadata.generation)) return [];
    return podTemplateWarnings(spec.template, root.child('spec', 'template'));
  },

  columns: [
    nameColumn,
    integerColumn('Desired', 'The number of desired replicas.'),
    integerColumn('Current', 'The most recently observed number of replicas.'),
    integerColumn('Ready', 'The number of ready replicas for this replication controller.'),
    ageColumn,
    textColumn('Containers', 'Names of each container in the template.', true),
    textColumn('Images', 'Images referenced by each container in the template.', true),
    textColumn('Selector', 'The labels by which the pods of this controller are found.', true),
  ],
  row: (controller, now): Cell[] => [
    controller.metadata.name,
    controller.spec.replicas ?? 0,
    controller.status.replicas,
    controller.status.readyReplicas ?? 0,
    ageCell(controller, now),
    containerNames(controller.spec.template),
    containerImages(controller.spec.template),
    formatLabels(controller.spec.selector),
  ],
  selectableFields: {
    'status.replicas': (controller) => String(controller.status.replicas ?? 0),
  },
});

/** Labels and selector that are left out are those of the template. */
function defaultReplicationController({ metadata, spec }: ReplicationController): void {
  if (spec.template) defaultPodTemplate(spec.template);
  const labels = spec.template?.metadata.labels;
  if (labels !== undefined) {
    if (!hasKeys(spec.selector)) spec.selector = { ...labels };
    if (!hasKeys(metadata.labels)) metadata.labels = { ...labels };
  }
  spec.replicas ??= 1;
}

function hasKeys(map: object | undefined): boolean {
  for (const _ in map) return true;
  return false;
}
