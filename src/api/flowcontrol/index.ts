import { flowSchemaKind } from './flow-schema.ts';
import { priorityLevelConfigurationKind } from './priority-level-configuration.ts';
import type { KindDefinition } from '../kind-definition.ts';

/** The kinds of the group `flowcontrol.apiserver.k8s.io`. */
export const flowcontrolKinds: readonly KindDefinition[] = [flowSchemaKind, priorityLevelConfigurationKind];
