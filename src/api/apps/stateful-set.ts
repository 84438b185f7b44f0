import { ageCell, ageColumn, nameColumn, selectorText, textColumn } from '../printing.ts';
import { defaultClaimSpec } from '../core/persistent-volume-claim.ts';
import { defaultPodTemplate } from '../core/index.ts';
import { defineKind } from '../kind-definition.ts';
import { nameIsDnsLabel, root } from '#apimachinery';
import { structOf } from '../struct-of.ts';
import { statefulSetVersions } from './conversion-stateful-set.ts';
import { templateCells, templateColumns } from './template-columns.ts';
import { templateWarnings } from './template-warnings.ts';
import { validateStatefulSet, validateStatefulSetStatus, validateStatefulSetUpdate } from './stateful-set-validation.ts';
import type { PersistentVolumeClaim } from '../generated/core-v1.ts';
import type { StatefulSet } from '../generated/apps-v1.ts';

function defaults(object: StatefulSet): void {
  const spec = structOf(object, 'spec');
  spec.podManagementPolicy ||= 'OrderedReady';
  const strategy = structOf(spec, 'updateStrategy');
  strategy.type ||= 'RollingUpdate';
  if (strategy.type === 'RollingUpdate') {
    const rollingUpdate = structOf(strategy, 'rollingUpdate');
    rollingUpdate.partition ??= 0;
    rollingUpdate.maxUnavailable ??= 1;
  }
  const retention = structOf(spec, 'persistentVolumeClaimRetentionPolicy');
  retention.whenDeleted ||= 'Retain';
  retention.whenScaled ||= 'Retain';
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  defaultPodTemplate(structOf(spec, 'template'));
  for (const claim of spec.volumeClaimTemplates ?? []) defaultClaimTemplate(claim);
}

/** Claims in a template look like claims that exist already: with their type and a status. */
function defaultClaimTemplate(claim: PersistentVolumeClaim): void {
  claim.apiVersion ||= 'v1';
  claim.kind ||= 'PersistentVolumeClaim';
  defaultClaimSpec(structOf(claim, 'spec'));
  structOf(claim, 'status').phase ||= 'Pending';
}

export const statefulSetKind = defineKind<StatefulSet>({
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  resource: 'statefulsets',
  singular: 'statefulset',
  shortNames: ['sts'],
  nameRule: nameIsDnsLabel,
  categories: ['all'],
  namespaced: true,
  alsoServed: statefulSetVersions,
  hasStatus: true,
  hasGeneration: true,
  scale: {
    replicas: ({ spec }) => spec.replicas ?? 0,
    setReplicas: ({ spec }, replicas) => void (spec.replicas = replicas),
    statusReplicas: ({ status }) => status?.replicas ?? 0,
    selector: ({ spec }) => selectorText(spec.selector ?? {}),
  },
  defaults,
  prepareForCreate(object) {
    object.status = { replicas: 0, availableReplicas: 0 };
  },
  validate: validateStatefulSet,
  validateUpdate: validateStatefulSetUpdate,
  validateStatusUpdate: validateStatefulSetStatus,
  warnings: ({ spec }, old) => templateWarnings(spec.template, old?.spec.template, root.child('spec', 'template')),
  columns: [nameColumn, textColumn('Ready', 'Number of the pod with ready state'), ageColumn, ...templateColumns],
  row: (object, now) => [
    object.metadata.name,
    `${object.status?.readyReplicas ?? 0}/${object.spec.replicas ?? 0}`,
    ageCell(object, now),
    ...templateCells(object.spec.template),
  ],
});
