import { ageCell, ageColumn, formatLabels, formatLabelSelector, integerColumn, nameColumn, textColumn } from '../printing.ts';
import { daemonSetVersions } from './conversion-daemon-set.ts';
import { defaultPodTemplate } from '../core/index.ts';
import { defineKind } from '../kind-definition.ts';
import { structOf } from '../struct-of.ts';
import { objectEqual, root } from '#apimachinery';
import { setTemplateGeneration, templateGeneration } from './template-generation.ts';
import { templateCells, templateColumns } from './template-columns.ts';
import { templateWarnings } from './template-warnings.ts';
import { validateDaemonSet, validateDaemonSetStatus, validateDaemonSetUpdate } from './daemon-set-validation.ts';
import type { DaemonSet } from '../generated/apps-v1.ts';

function defaults(object: DaemonSet): void {
  const spec = structOf(object, 'spec');
  const strategy = structOf(spec, 'updateStrategy');
  strategy.type ||= 'RollingUpdate';
  if (strategy.type === 'RollingUpdate') {
    const rollingUpdate = structOf(strategy, 'rollingUpdate');
    rollingUpdate.maxUnavailable ??= 1;
    rollingUpdate.maxSurge ??= 0;
  }
  spec.revisionHistoryLimit ??= 10;
  defaultPodTemplate(structOf(spec, 'template'));
}

export const daemonSetKind = defineKind<DaemonSet>({
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  resource: 'daemonsets',
  singular: 'daemonset',
  shortNames: ['ds'],
  categories: ['all'],
  namespaced: true,
  alsoServed: daemonSetVersions,
  hasStatus: true,
  hasGeneration: true,
  defaults,
  prepareForCreate(object) {
    object.status = { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 };
    setTemplateGeneration(object, Math.max(templateGeneration(object), 1));
  },
  prepareForUpdate(object, old) {
    const changed = !objectEqual(object.spec.template, old.spec.template);
    setTemplateGeneration(object, templateGeneration(old) + (changed ? 1 : 0));
  },
  validate: validateDaemonSet,
  validateUpdate: validateDaemonSetUpdate,
  validateStatusUpdate: validateDaemonSetStatus,
  warnings: ({ spec }, old) => templateWarnings(spec.template, old?.spec.template, root.child('spec', 'template')),
  columns: [
    nameColumn,
    integerColumn('Desired', 'The total number of nodes that should be running the daemon pod.'),
    integerColumn('Current', 'The number of nodes that are running at least one daemon pod and are supposed to.'),
    integerColumn('Ready', 'The number of nodes that should be running the daemon pod and have one that is ready.'),
    integerColumn('Up-to-date', 'The total number of nodes that are running an updated daemon pod.'),
    integerColumn('Available', 'The number of nodes that should be running the daemon pod and have one available.'),
    textColumn('Node Selector', "Selector which must match a node's labels for the pod to be scheduled on that node."),
    ageColumn,
    ...templateColumns,
    textColumn('Selector', 'A label query over pods that are managed by the daemon set.', true),
  ],
  row: (object, now) => [
    object.metadata.name,
    object.status?.desiredNumberScheduled ?? 0,
    object.status?.currentNumberScheduled ?? 0,
    object.status?.numberReady ?? 0,
    object.status?.updatedNumberScheduled ?? 0,
    object.status?.numberAvailable ?? 0,
    formatLabels(object.spec.template.spec?.nodeSelector),
    ageCell(object, now),
    ...templateCells(object.spec.template),
    formatLabelSelector(object.spec.selector),
  ],
});
