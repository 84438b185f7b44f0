import { customResourceDefinitionKind } from './custom-resource-definition.ts';
import type { KindDefinition } from '../kind-definition.ts';

/** The kinds of the group `apiextensions.k8s.io`. */
export const apiextensionsKinds: readonly KindDefinition[] = [customResourceDefinitionKind];
