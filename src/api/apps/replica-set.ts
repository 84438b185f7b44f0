import { ageCell, ageColumn, formatLabelSelector, integerColumn, nameColumn, selectorText, textColumn } from '../printing.ts';
import { defaultPodTemplate } from '../core/index.ts';
import { defineKind } from '../kind-definition.ts';
import { root } from '#apimachinery';
import { structOf } from '../struct-of.ts';
import { replicaSetVersions } from './conversion-replica-set.ts';
import { templateCells, templateColumns } from './template-columns.ts';
import { templateWarnings } from './template-warnings.ts';
import { validateReplicaSet, validateReplicaSetStatus, validateReplicaSetUpdate } from './replica-set-validation.ts';
import type { ReplicaSet } from '../generated/apps-v1.ts';

export const replicaSetKind = defineKind<ReplicaSet>({
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  resource: 'replicasets',
  singular: 'replicaset',
  shortNames: ['rs'],
  categories: ['all'],
  namespaced: true,
  alsoServed: replicaSetVersions,
  hasStatus: true,
  hasGeneration: true,
  scale: {
    replicas: ({ spec }) => spec.replicas ?? 0,
    setReplicas: ({ spec }, replicas) => void (spec.replicas = replicas),
    statusReplicas: ({ status }) => status?.replicas ?? 0,
    selector: ({ spec }) => selectorText(spec.selector ?? {}),
  },
  defaults(object) {
    const spec = structOf(object, 'spec');
    spec.replicas ??= 1;
    defaultPodTemplate(structOf(spec, 'template'));
  },
  prepareForCreate(object) {
    object.status = { replicas: 0 };
  },
  validate: validateReplicaSet,
  validateUpdate: validateReplicaSetUpdate,
  validateStatusUpdate: validateReplicaSetStatus,
  warnings: ({ spec }, old) => templateWarnings(spec.template, old?.spec.template, root.child('spec', 'template')),
  columns: [
    nameColumn,
    integerColumn('Desired', 'The number of desired pods.'),
    integerColumn('Current', 'The most recently observed number of non-terminating pods.'),
    integerColumn('Ready', 'The number of non-terminating pods that are ready.'),
    ageColumn,
    ...templateColumns,
    textColumn('Selector', 'The query over pods that should match the replica count.', true),
  ],
  row: (object, now) => [
    object.metadata.name,
    object.spec.replicas ?? 0,
    object.status?.replicas ?? 0,
    object.status?.readyReplicas ?? 0,
    ageCell(object, now),
    ...templateCells(object.spec.template),
    formatLabelSelector(object.spec.selector),
  ],
  selectableFields: {
    'status.replicas': ({ status }) => String(status?.replicas ?? 0),
  },
});
