import { podDisruptionBudgetKind } from './pod-disruption-budget.ts';
import type { KindDefinition } from '../kind-definition.ts';

/** The kinds of the group `policy`. */
export const policyKinds: readonly KindDefinition[] = [podDisruptionBudgetKind];
