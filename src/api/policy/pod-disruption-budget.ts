import { ageCell, ageColumn, integerColumn, nameColumn, textColumn } from '../printing.ts';
import { checkAtMost100Percent, checkIntOrPercent, checkOneOf } from '../checks.ts';
import { defineKind } from '../kind-definition.ts';
import { fieldInvalid, root, validateLabelSelector, validateNonNegative, type FieldError, type IntOrString } from '#apimachinery';
import { podDisruptionBudgetV1beta1 } from './conversion-pod-disruption-budget.ts';
import { structOf } from '../struct-of.ts';
import type { PodDisruptionBudget } from '../generated/policy-v1.ts';

const specPath = root.child('spec');
const statusPath = root.child('status');

function validate({ spec }: PodDisruptionBudget): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined) {
    errors.push(fieldInvalid(specPath, spec, 'minAvailable and maxUnavailable cannot be both set'));
  }
  for (const field of ['minAvailable', 'maxUnavailable'] as const) {
    const value = spec[field];
    if (value === undefined) continue;
    errors.push(...checkIntOrPercent(specPath.child(field), value));
    errors.push(...checkAtMost100Percent(specPath.child(field), value));
  }
  errors.push(...validateLabelSelector(spec.selector, specPath.child('selector')));
  errors.push(
    ...checkOneOf(specPath.child('unhealthyPodEvictionPolicy'), spec.unhealthyPodEvictionPolicy, ['AlwaysAllow', 'IfHealthyBudget']),
  );
  return errors;
}

function validateStatus({ status }: PodDisruptionBudget): FieldError[] {
  const fields = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const;
  return fields.flatMap((field) => validateNonNegative(status[field], statusPath.child(field)));
}

const orNone = (value: IntOrString | undefined): string => (value === undefined ? 'N/A' : String(value));

export const podDisruptionBudgetKind = defineKind<PodDisruptionBudget>({
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  resource: 'poddisruptionbudgets',
  singular: 'poddisruptionbudget',
  shortNames: ['pdb'],
  namespaced: true,
  alsoServed: [podDisruptionBudgetV1beta1],
  hasStatus: true,
  hasGeneration: true,
  unconditionalUpdate: false,
  defaults(object) {
    structOf(object, 'spec');
  },
  prepareForCreate(object) {
    object.status = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
  },
  validate,
  validateStatusUpdate: validateStatus,
  columns: [
    nameColumn,
    textColumn('Min Available', 'The minimum number of pods that must be available.'),
    textColumn('Max Unavailable', 'The maximum number of pods that may be unavailable.'),
    integerColumn('Allowed Disruptions', 'Calculated number of pods that may be disrupted at this time.'),
    ageColumn,
  ],
  row: (object, now) => [
    object.metadata.name,
    orNone(object.spec.minAvailable),
    orNone(object.spec.maxUnavailable),
    object.status?.disruptionsAllowed ?? 0,
    ageCell(object, now),
  ],
});
