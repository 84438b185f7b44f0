import { ageCell, ageColumn, integerColumn, nameColumn, textColumn } from '../printing.ts';
import { defineKind } from '../kind-definition.ts';
import { horizontalPodAutoscalerVersions } from './conversion-horizontal-pod-autoscaler.ts';
import { metricsCell } from './metrics-cell.ts';
import { structOf } from '../struct-of.ts';
import { validateHorizontalPodAutoscaler, validateHorizontalPodAutoscalerStatus } from './horizontal-pod-autoscaler-validation.ts';
import type { HorizontalPodAutoscaler, HPAScalingRules } from '../generated/autoscaling-v2.ts';

const SCALE_UP: HPAScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
};
const SCALE_DOWN: HPAScalingRules = {
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
};

function defaults(object: HorizontalPodAutoscaler): void {
  const spec = structOf(object, 'spec');
  structOf(spec, 'scaleTargetRef');
  spec.minReplicas ??= 1;
  if (!spec.metrics?.length) {
    spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }];
  }
  if (spec.behavior) {
    spec.behavior.scaleUp = { ...structuredClone(SCALE_UP), ...spec.behavior.scaleUp };
    spec.behavior.scaleDown = { ...structuredClone(SCALE_DOWN), ...spec.behavior.scaleDown };
  }
}

export const horizontalPodAutoscalerKind = defineKind<HorizontalPodAutoscaler>({
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  resource: 'horizontalpodautoscalers',
  singular: 'horizontalpodautoscaler',
  shortNames: ['hpa'],
  categories: ['all'],
  namespaced: true,
  alsoServed: horizontalPodAutoscalerVersions,
  hasStatus: true,
  defaults,
  prepareForCreate(object) {
    object.status = { desiredReplicas: 0, currentMetrics: [] };
  },
  validate: validateHorizontalPodAutoscaler,
  validateStatusUpdate: validateHorizontalPodAutoscalerStatus,
  columns: [
    nameColumn,
    textColumn('Reference', 'The object that is scaled.'),
    textColumn('Targets', 'The metrics that decide, each as it is and as it should be.'),
    textColumn('MinPods', 'The lower limit for the number of replicas.'),
    textColumn('MaxPods', 'The upper limit for the number of replicas.'),
    integerColumn('Replicas', 'The current number of replicas.'),
    ageColumn,
  ],
  row: (object, now) => [
    object.metadata.name,
    `${object.spec.scaleTargetRef.kind}/${object.spec.scaleTargetRef.name}`,
    metricsCell(object.spec.metrics ?? [], object.status?.currentMetrics ?? []),
    object.spec.minReplicas === undefined ? '<unset>' : String(object.spec.minReplicas),
    object.spec.maxReplicas,
    object.status?.currentReplicas ?? 0,
    ageCell(object, now),
  ],
});
