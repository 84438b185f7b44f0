import { runtimeClassKind } from './runtime-class.ts';
import type { KindDefinition } from '../kind-definition.ts';

/** The kinds of the group `node.k8s.io`. */
export const nodeKinds: readonly KindDefinition[] = [runtimeClassKind];
