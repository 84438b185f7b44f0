import { priorityClassKind } from './priority-class.ts';
import type { KindDefinition } from '../kind-definition.ts';

/** The kinds of the group `scheduling.k8s.io`. */
export const schedulingKinds: readonly KindDefinition[] = [priorityClassKind];
