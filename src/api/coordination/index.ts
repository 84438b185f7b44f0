import { leaseKind } from './lease.ts';
import type { KindDefinition } from '../kind-definition.ts';

/** The kinds of the group `coordination.k8s.io`. */
export const coordinationKinds: readonly KindDefinition[] = [leaseKind];
