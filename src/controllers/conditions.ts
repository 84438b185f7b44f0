/** What the conditions of all kinds have in common. */
export interface AnyCondition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string | null;
}

export function findCondition<C extends AnyCondition>(conditions: readonly C[] | undefined, type: string): C | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function isConditionTrue(conditions: readonly AnyCondition[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === 'True';
}

/**
 * The conditions with `condition` among them. The same list comes back when status, reason and message are as before; the
 * transition time changes only with the status.
 */
export function withCondition<C extends AnyCondition>(conditions: readonly C[] | undefined, condition: C): readonly C[] {
  const present = findCondition(conditions, condition.type);
  if (!present) return [...(conditions ?? []), condition];
  if (present.status === condition.status && present.reason === condition.reason && present.message === condition.message)
    return conditions!;
  const lastTransitionTime = present.status === condition.status ? present.lastTransitionTime : condition.lastTransitionTime;
  return conditions!.map((each) => (each === present ? { ...condition, lastTransitionTime } : each));
}

export function withoutCondition<C extends AnyCondition>(conditions: readonly C[] | undefined, type: string): readonly C[] {
  return (conditions ?? []).filter((condition) => condition.type !== type);
}
