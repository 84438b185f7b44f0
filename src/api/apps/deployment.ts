import { ageCell, ageColumn, formatLabelSelector, nameColumn, selectorText, textColumn } from '../printing.ts';
import { deploymentVersions } from './conversion-deployment.ts';
import { defaultPodTemplate } from '../core/index.ts';
import { defineKind } from '../kind-definition.ts';
import { root } from '#apimachinery';
import { structOf } from '../struct-of.ts';
import { templateCells, templateColumns } from './template-columns.ts';
import { templateWarnings } from './template-warnings.ts';
import { validateDeployment, validateDeploymentStatus, validateDeploymentUpdate } from './deployment-validation.ts';
import type { Deployment } from '../generated/apps-v1.ts';

function defaults(object: Deployment): void {
  const spec = structOf(object, 'spec');
  spec.replicas ??= 1;
  const strategy = structOf(spec, 'strategy');
  strategy.type ||= 'RollingUpdate';
  if (strategy.type === 'RollingUpdate') {
    const rollingUpdate = structOf(strategy, 'rollingUpdate');
    rollingUpdate.maxUnavailable ??= '25%';
    rollingUpdate.maxSurge ??= '25%';
  }
  spec.revisionHistoryLimit ??= 10;
  spec.progressDeadlineSeconds ??= 600;
  defaultPodTemplate(structOf(spec, 'template'));
}

export const deploymentKind = defineKind<Deployment>({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  resource: 'deployments',
  singular: 'deployment',
  shortNames: ['deploy'],
  categories: ['all'],
  namespaced: true,
  alsoServed: deploymentVersions,
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
    object.status = {};
  },
  validate: validateDeployment,
  validateUpdate: validateDeploymentUpdate,
  validateStatusUpdate: validateDeploymentStatus,
  warnings: ({ spec }, old) => templateWarnings(spec.template, old?.spec.template, root.child('spec', 'template')),
  columns: [
    nameColumn,
    textColumn('Ready', 'Number of the pod with ready state'),
    textColumn('Up-to-date', 'Total number of non-terminated pods targeted by this deployment that have the desired template spec.'),
    textColumn('Available', 'Total number of available pods targeted by this deployment.'),
    ageColumn,
    ...templateColumns,
    textColumn('Selector', 'Label selector for pods.', true),
  ],
  row: (object, now) => [
    object.metadata.name,
    `${object.status?.readyReplicas ?? 0}/${object.spec.replicas ?? 0}`,
    object.status?.updatedReplicas ?? 0,
    object.status?.availableReplicas ?? 0,
    ageCell(object, now),
    ...templateCells(object.spec.template),
    formatLabelSelector(object.spec.selector),
  ],
});
