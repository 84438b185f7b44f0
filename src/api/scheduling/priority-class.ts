import { ageCell, ageColumn, integerColumn, nameColumn, textColumn } from '../printing.ts';
import { checkOneOf } from '../checks.ts';
import { defineKind } from '../kind-definition.ts';
import { fieldForbidden, fieldInvalid, root, type FieldError } from '#apimachinery';
import type { PriorityClass } from '../generated/scheduling-v1.ts';

const HIGHEST_USER_PRIORITY = 1_000_000_000;
const RESERVED_PREFIX = 'system-';

/** The classes that the API server itself makes, by name. */
const SYSTEM_PRIORITIES: Readonly<Record<string, number>> = {
  'system-node-critical': 2_000_001_000,
  'system-cluster-critical': 2_000_000_000,
};

function validate({ metadata, value, preemptionPolicy, globalDefault }: PriorityClass): FieldError[] {
  const errors: FieldError[] = [];
  if (metadata.name.startsWith(RESERVED_PREFIX)) {
    if (SYSTEM_PRIORITIES[metadata.name] !== value || globalDefault) {
      errors.push(
        fieldForbidden(
          root.child('metadata', 'name'),
          `priority class names with '${RESERVED_PREFIX}' prefix are reserved for system use only. error: ${reservedReason(metadata.name, value)}`,
        ),
      );
    }
  } else if ((value ?? 0) > HIGHEST_USER_PRIORITY) {
    errors.push(fieldForbidden(root.child('value'), `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`));
  }
  errors.push(...checkOneOf(root.child('preemptionPolicy'), preemptionPolicy, ['PreemptLowerPriority', 'Never']));
  return errors;
}

function reservedReason(name: string, value: number): string {
  const reserved = SYSTEM_PRIORITIES[name];
  if (reserved === undefined) return `${name} is not a known system priority class`;
  return value === reserved ? `globalDefault of ${name} PriorityClass must be false` : `value of ${name} PriorityClass must be ${reserved}`;
}

function validateUpdate(object: PriorityClass, old: PriorityClass): FieldError[] {
  const errors: FieldError[] = [];
  if (object.value !== old.value) errors.push(fieldForbidden(root.child('value'), 'may not be changed in an update.'));
  if (object.preemptionPolicy !== old.preemptionPolicy) {
    errors.push(fieldInvalid(root.child('preemptionPolicy'), object.preemptionPolicy, 'field is immutable'));
  }
  return errors;
}

export const priorityClassKind = defineKind<PriorityClass>({
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  resource: 'priorityclasses',
  singular: 'priorityclass',
  shortNames: ['pc'],
  namespaced: false,
  alsoServed: [{ version: 'v1beta1', deprecated: { since: 'v1.14', removedIn: 'v1.22', use: 'scheduling.k8s.io/v1 PriorityClass' } }],
  hasStatus: false,
  hasGeneration: true,
  defaults(object) {
    object.value ??= 0;
    object.preemptionPolicy ??= 'PreemptLowerPriority';
  },
  validate,
  validateUpdate,
  columns: [
    nameColumn,
    integerColumn('Value', 'The priority that pods of this class get.'),
    { name: 'Global-Default', type: 'boolean', description: 'Whether pods without a class get this one.' },
    ageColumn,
    textColumn('PreemptionPolicy', 'Whether pods of this class push out others of lower priority.'),
  ],
  row: (object, now) => [
    object.metadata.name,
    object.value,
    object.globalDefault ?? false,
    ageCell(object, now),
    object.preemptionPolicy ?? '',
  ],
});
