import { horizontalPodAutoscalerKind } from './horizontal-pod-autoscaler.ts';
import type { KindDefinition } from '../kind-definition.ts';

/** The kinds of the group `autoscaling`. */
export const autoscalingKinds: readonly KindDefinition[] = [horizontalPodAutoscalerKind];
