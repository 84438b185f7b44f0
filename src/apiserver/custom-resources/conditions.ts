import type { CustomResourceDefinition, CustomResourceDefinitionCondition } from '#api/generated/apiextensions-v1.ts';
import { timestamp } from '#apimachinery';

/** A condition, but for the time of its last change. */
export type NewCondition = Omit<CustomResourceDefinitionCondition, 'lastTransitionTime'>;

export function conditionOf({ status }: CustomResourceDefinition, type: string): CustomResourceDefinitionCondition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

export function isTrue(definition: CustomResourceDefinition, type: string): boolean {
  return conditionOf(definition, type)?.status === 'True';
}

/** The list with one condition in it; the list itself when it says that already. */
export function withCondition(
  conditions: readonly CustomResourceDefinitionCondition[],
  wanted: NewCondition,
  now: Date,
): readonly CustomResourceDefinitionCondition[] {
  const old = conditions.find(({ type }) => type === wanted.type);
  if (old !== undefined && old.status === wanted.status && old.reason === wanted.reason && old.message === wanted.message)
    return conditions;
  const lastTransitionTime = old?.status === wanted.status ? old.lastTransitionTime : timestamp(now);
  const condition = { ...wanted, lastTransitionTime };
  return old === undefined ? [...conditions, condition] : conditions.map((each) => (each === old ? condition : each));
}

/** What a definition says while its objects are deleted, step by step. */
export const TERMINATING = {
  pending: {
    type: 'Terminating',
    status: 'True',
    reason: 'InstanceDeletionPending',
    message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
  },
  inProgress: {
    type: 'Terminating',
    status: 'True',
    reason: 'InstanceDeletionInProgress',
    message: 'CustomResource deletion is in progress',
  },
  done: { type: 'Terminating', status: 'False', reason: 'InstanceDeletionCompleted', message: 'removed all instances' },
} as const satisfies Record<string, NewCondition>;
