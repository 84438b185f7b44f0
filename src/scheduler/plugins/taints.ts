import type { Taint, Toleration } from '#api/generated/core-v1.ts';
import { normalizeByMax, type Plugin, type Rejection } from '../framework/plugin.ts';

const UNSCHEDULABLE = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' } as Taint;
const CORDONED: Rejection = { reason: 'node(s) were unschedulable', resolvable: false };

/** Cordoned nodes take only pods that tolerate it. */
export const nodeUnschedulable: Plugin = {
  name: 'NodeUnschedulable',
  prepare({ pod }) {
    const tolerated = isTolerated(UNSCHEDULABLE, pod.spec.tolerations);
    return { filter: (node) => (node.node.spec.unschedulable === true && !tolerated ? CORDONED : undefined) };
  },
};

/** Taints keep pods away that do not tolerate them; PreferNoSchedule only makes a node less liked. */
export const taintToleration: Plugin = {
  name: 'TaintToleration',
  prepare({ pod }) {
    const { tolerations } = pod.spec;
    const forPreference = tolerations?.filter(({ effect }) => effect === undefined || effect === '' || effect === 'PreferNoSchedule');
    return {
      filter(node) {
        for (const taint of node.taints)
          if (taint.effect !== 'PreferNoSchedule' && !isTolerated(taint, tolerations))
            return { reason: `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`, resolvable: false };
        return undefined;
      },
      score: {
        weight: 3,
        score: (node) => node.taints.filter((taint) => taint.effect === 'PreferNoSchedule' && !isTolerated(taint, forPreference)).length,
        normalize: (scores) => normalizeByMax(scores, true),
      },
    };
  },
};

export function isTolerated(taint: Taint, tolerations: readonly Toleration[] | undefined): boolean {
  return tolerations?.some((toleration) => tolerates(toleration, taint)) ?? false;
}

function tolerates({ effect, key, operator, value }: Toleration, taint: Taint): boolean {
  if (effect !== undefined && effect !== '' && effect !== taint.effect) return false;
  if (key !== undefined && key !== '' && key !== taint.key) return false;
  switch (operator ?? '') {
    case 'Exists':
      return true;
    case '':
    case 'Equal':
      return (value ?? '') === (taint.value ?? '');
    case 'Gt':
      return Number(taint.value) > Number(value);
    case 'Lt':
      return Number(taint.value) < Number(value);
    default:
      return false;
  }
}
