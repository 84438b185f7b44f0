import { convertTo } from '../conversion.ts';
import type { KubeObject, LabelSelector } from '#apimachinery';
import type { PodDisruptionBudget } from '../generated/policy-v1.ts';
import type { ServedVersion } from '../kind-definition.ts';

/** A label that no pod has: with it, what an empty selector means in the other version can be said. */
const NEVER = 'pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match';
const MATCHES_NOTHING: LabelSelector = { matchExpressions: [{ key: NEVER, operator: 'Exists' }] };
const MATCHES_ALL: LabelSelector = { matchExpressions: [{ key: NEVER, operator: 'DoesNotExist' }] };

function isEmpty({ matchLabels, matchExpressions }: LabelSelector): boolean {
  return Object.keys(matchLabels ?? {}).length === 0 && (matchExpressions?.length ?? 0) === 0;
}

function is(selector: LabelSelector, special: LabelSelector): boolean {
  const [only, ...others] = selector.matchExpressions ?? [];
  const operator = special.matchExpressions?.[0]?.operator;
  return others.length === 0 && Object.keys(selector.matchLabels ?? {}).length === 0 && only?.key === NEVER && only.operator === operator;
}

/** An empty selector matches nothing in v1beta1 and everything in v1. */
function swap(selector: LabelSelector | undefined, empty: LabelSelector, opposite: LabelSelector): LabelSelector | undefined {
  if (selector === undefined) return undefined;
  if (isEmpty(selector)) return empty;
  return is(selector, opposite) ? {} : selector;
}

function convert(apiVersion: string, object: KubeObject, empty: LabelSelector, opposite: LabelSelector): PodDisruptionBudget {
  const { spec } = object as PodDisruptionBudget;
  if (spec?.selector === undefined) return convertTo(apiVersion, object);
  return convertTo<PodDisruptionBudget>(apiVersion, object, { spec: { ...spec, selector: swap(spec.selector, empty, opposite) } });
}

/** `policy/v1beta1` of a PodDisruptionBudget. */
export const podDisruptionBudgetV1beta1: ServedVersion<PodDisruptionBudget> = {
  version: 'v1beta1',
  deprecated: { since: 'v1.21', removedIn: 'v1.25', use: 'policy/v1 PodDisruptionBudget' },
  toStorage: (object) => convert('policy/v1', object, MATCHES_NOTHING, MATCHES_ALL),
  fromStorage: (object) => convert('policy/v1beta1', object, MATCHES_ALL, MATCHES_NOTHING),
};
