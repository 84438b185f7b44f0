import { deviceClassKind } from './device-class.ts';
import { resourceClaimKind } from './resource-claim.ts';
import { resourceClaimTemplateKind } from './resource-claim-template.ts';
import { resourceSliceKind } from './resource-slice.ts';
import type { KindDefinition } from '../kind-definition.ts';

/** The kinds of the group `resource.k8s.io`. */
export const resourceKinds: readonly KindDefinition[] = [deviceClassKind, resourceClaimKind, resourceClaimTemplateKind, resourceSliceKind];
