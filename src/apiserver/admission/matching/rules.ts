import type { GroupVersionResource } from '#apimachinery';
import type { AdmissionOperation } from '../../types.ts';

/** Operations on resources, as webhooks and policies name them; `resourceNames` only policies have. */
export interface OperationRule {
  operations?: readonly string[];
  apiGroups?: readonly string[];
  apiVersions?: readonly string[];
  /** `pods`, `pods/status`, `pods/*`, `*`, `*` with a subresource, or `*` with any. */
  resources?: readonly string[];
  scope?: string;
  resourceNames?: readonly string[];
}

/** What of a write the rules look at. */
export interface RuleSubject extends GroupVersionResource {
  operation: AdmissionOperation;
  subresource: string;
  name: string;
  /** In no namespace, or a namespace itself. */
  isClusterScoped: boolean;
}

/** True when the rule is about this operation on this resource. */
export function ruleMatches(rule: OperationRule, subject: RuleSubject): boolean {
  return (
    hasOrAll(rule.operations, subject.operation) &&
    hasOrAll(rule.apiGroups, subject.group) &&
    hasOrAll(rule.apiVersions, subject.version) &&
    (rule.resources?.some((pattern) => resourceMatches(pattern, subject)) ?? false) &&
    scopeMatches(rule.scope, subject.isClusterScoped) &&
    (rule.resourceNames === undefined || rule.resourceNames.length === 0 || rule.resourceNames.includes(subject.name))
  );
}

function hasOrAll(list: readonly string[] | undefined, wanted: string): boolean {
  return list !== undefined && (list.includes(wanted) || list.includes('*'));
}

function resourceMatches(pattern: string, { resource, subresource }: RuleSubject): boolean {
  const [wantedResource = '', wantedSubresource = ''] = pattern.split('/', 2);
  return (wantedResource === '*' || wantedResource === resource) && (wantedSubresource === '*' || wantedSubresource === subresource);
}

function scopeMatches(scope: string | undefined, isClusterScoped: boolean): boolean {
  return scope === undefined || scope === '' || scope === '*' || (scope === 'Cluster') === isClusterScoped;
}
