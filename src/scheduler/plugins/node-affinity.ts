import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Pod } from '#api/generated/core-v1.ts';
import type { NodeInfo } from '../cluster/node-info.ts';
import { normalizeByMax, type Plugin } from '../framework/plugin.ts';

const REJECTION = { reason: "node(s) didn't match Pod's node affinity/selector", resolvable: false };

/** `nodeSelector` and node affinity, required and preferred. */
export const nodeAffinity: Plugin = {
  name: 'NodeAffinity',
  prepare({ pod }) {
    const required = requiredNodes(pod);
    const preferred = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    if (required === undefined && preferred.length === 0) return undefined;
    const wishes = preferred.map(({ weight, preference }) => ({ weight, matches: matcherOf(preference) }));
    return {
      filter: required === undefined ? undefined : (node) => (required(node) ? undefined : REJECTION),
      score:
        wishes.length === 0
          ? undefined
          : {
              weight: 2,
              score: (node) => wishes.reduce((sum, { weight, matches }) => sum + (matches(node) ? weight : 0), 0),
              normalize: (scores) => normalizeByMax(scores, false),
            },
    };
  },
};

type NodeMatcher = (node: NodeInfo) => boolean;

/** What a pod demands of its node's labels and name; undefined when nothing. */
export function requiredNodes({ spec }: Pod): NodeMatcher | undefined {
  const keys = Object.keys(spec.nodeSelector ?? {});
  const affinity = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (keys.length === 0 && affinity === undefined) return undefined;
  const values = keys.map((key) => spec.nodeSelector?.[key]);
  const selected = affinity === undefined ? undefined : nodeSelectorMatcher(affinity);
  return (node) => keys.every((key, index) => node.labels[key] === values[index]) && (selected?.(node) ?? true);
}

/** One of the terms must hold; a term without anything in it never does. */
export function nodeSelectorMatcher({ nodeSelectorTerms }: NodeSelector): NodeMatcher {
  const terms = nodeSelectorTerms.map(matcherOf);
  return (node) => terms.some((matches) => matches(node));
}

function matcherOf({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm): NodeMatcher {
  if (matchExpressions.length === 0 && matchFields.length === 0) return () => false;
  const byLabel = matchExpressions.map((requirement) => ({ key: requirement.key, test: testOf(requirement) }));
  const byField = matchFields.map((requirement) => ({ key: requirement.key, test: testOf(requirement) }));
  return (node) =>
    byLabel.every(({ key, test }) => test(node.labels[key])) &&
    byField.every(({ key, test }) => test(key === 'metadata.name' ? node.name : undefined));
}

function testOf({ operator, values = [] }: NodeSelectorRequirement): (value: string | undefined) => boolean {
  switch (operator) {
    case 'In':
      return (value) => value !== undefined && values.includes(value);
    case 'NotIn':
      return (value) => value === undefined || !values.includes(value);
    case 'Exists':
      return (value) => value !== undefined;
    case 'DoesNotExist':
      return (value) => value === undefined;
    case 'Gt':
      return (value) => value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return (value) => value !== undefined && Number(value) < Number(values[0]);
    default:
      return () => false;
  }
}
