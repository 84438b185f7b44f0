import { checkAtMost100Percent, checkIntOrPercent, checkOneOf, intOrPercent } from '../checks.ts';
import {
  fieldForbidden,
  fieldInvalid,
  fieldRequired,
  objectEqual,
  root,
  validateAnnotations,
  validateLabels,
  validateNonNegative,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import {
  validateCollisionCount,
  validateCounters,
  validateEndlessTemplate,
  validateSelector,
  validateTemplateLabels,
  validateUpTo,
} from './workload-validation.ts';
import type { RollingUpdateStatefulSetStrategy, StatefulSet, StatefulSetSpec, StatefulSetUpdateStrategy } from '../generated/apps-v1.ts';

const specPath = root.child('spec');
const statusPath = root.child('status');

/** What is wrong with a stateful set on its own. Its pods' volumes are known only with the claims, so the pods' spec is checked when they are made. */
export function validateStatefulSet({ spec }: StatefulSet): FieldError[] {
  const templatePath = specPath.child('template');
  const { labels, annotations } = spec.template.metadata;
  return [
    ...validateManagementPolicy(spec.podManagementPolicy, specPath.child('podManagementPolicy')),
    ...validateStrategy(spec.updateStrategy, specPath.child('updateStrategy')),
    ...validateRetentionPolicy(spec),
    ...validateNonNegative(spec.replicas, specPath.child('replicas')),
    ...validateNonNegative(spec.minReadySeconds, specPath.child('minReadySeconds')),
    ...validateNonNegative(spec.ordinals?.start, specPath.child('ordinals.start')),
    ...validateSelector(spec.selector, 'statefulset', specPath.child('selector')),
    ...validateTemplateLabels(spec.template, spec.selector, templatePath),
    ...validateLabels(labels, templatePath.child('labels')),
    ...validateAnnotations(annotations, templatePath.child('annotations')),
    ...validateEndlessTemplate(spec.template, 'StatefulSet', templatePath),
  ];
}

const MUTABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
] as const satisfies readonly (keyof StatefulSetSpec)[];
const MUTABLE_TEXT = `${MUTABLE.slice(0, -1)
  .map((field) => `'${field}'`)
  .join(', ')} and '${MUTABLE.at(-1)}'`;

/** All but a few fields of the spec stay as they are. */
export function validateStatefulSetUpdate({ spec }: StatefulSet, old: StatefulSet): FieldError[] {
  const rest: Partial<StatefulSetSpec> = { ...spec };
  const oldRest: Partial<StatefulSetSpec> = { ...old.spec };
  for (const field of MUTABLE) {
    delete rest[field];
    delete oldRest[field];
  }
  if (objectEqual(rest, oldRest)) return [];
  return [fieldForbidden(specPath, `updates to statefulset spec for fields other than ${MUTABLE_TEXT} are forbidden`)];
}

/** The counters of the status fit together. */
export function validateStatefulSetStatus({ status }: StatefulSet, old: StatefulSet): FieldError[] {
  const parts = ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'] as const;
  return [
    ...validateCounters(status, ['replicas', ...parts, 'observedGeneration', 'collisionCount'], statusPath),
    ...validateUpTo(status, parts, status.replicas, 'status.replicas', statusPath),
    ...validateUpTo(status, ['availableReplicas'], status.readyReplicas, 'status.readyReplicas', statusPath),
    ...validateCollisionCount(status.collisionCount, old.status?.collisionCount, statusPath),
  ];
}

function validateManagementPolicy(policy: string | undefined, path: FieldPath): FieldError[] {
  if (!policy) return [fieldRequired(path)];
  return ['OrderedReady', 'Parallel'].includes(policy) ? [] : [fieldInvalid(path, policy, "must be 'OrderedReady' or 'Parallel'")];
}

function validateStrategy(strategy: StatefulSetUpdateStrategy, path: FieldPath): FieldError[] {
  const rollingPath = path.child('rollingUpdate');
  switch (strategy.type) {
    case 'OnDelete':
      if (strategy.rollingUpdate === undefined) return [];
      return [fieldInvalid(rollingPath, strategy.rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'")];
    case 'RollingUpdate':
      return strategy.rollingUpdate === undefined ? [] : validateRollingUpdate(strategy.rollingUpdate, rollingPath);
    default:
      return [fieldInvalid(path, strategy, "must be 'RollingUpdate' or 'OnDelete'")];
  }
}

function validateRollingUpdate({ partition, maxUnavailable }: RollingUpdateStatefulSetStrategy, path: FieldPath): FieldError[] {
  const errors = validateNonNegative(partition, path.child('partition'));
  if (maxUnavailable === undefined) return errors;
  const unavailablePath = path.child('maxUnavailable');
  errors.push(...checkIntOrPercent(unavailablePath, maxUnavailable));
  if (intOrPercent(maxUnavailable) === 0) errors.push(fieldInvalid(unavailablePath, maxUnavailable, 'cannot be 0'));
  errors.push(...checkAtMost100Percent(unavailablePath, maxUnavailable));
  return errors;
}

function validateRetentionPolicy({ persistentVolumeClaimRetentionPolicy: policy }: StatefulSetSpec): FieldError[] {
  const path = specPath.child('persistentVolumeClaimRetentionPolicy');
  const supported = ['Retain', 'Delete'];
  return [
    ...checkOneOf(path.child('whenDeleted'), policy?.whenDeleted, supported),
    ...checkOneOf(path.child('whenScaled'), policy?.whenScaled, supported),
  ];
}
