import { endpointSliceKind } from './endpoint-slice.ts';
import type { KindDefinition } from '../kind-definition.ts';

/** The kinds of the group `discovery.k8s.io`. */
export const discoveryKinds: readonly KindDefinition[] = [endpointSliceKind];
