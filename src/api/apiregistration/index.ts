import { apiServiceKind } from './api-service.ts';
import type { KindDefinition } from '../kind-definition.ts';

/** The kinds of the group `apiregistration.k8s.io`. */
export const apiregistrationKinds: readonly KindDefinition[] = [apiServiceKind];
