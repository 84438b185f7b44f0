import { readFile } from 'node:fs/promises';
import type { RequestInfo, UserInfo } from '../types.ts';

export type Level = 'None' | 'Metadata' | 'Request' | 'RequestResponse';
export type Stage = 'RequestReceived' | 'ResponseStarted' | 'ResponseComplete' | 'Panic';

interface GroupResources {
  group?: string;
  resources?: string[];
  resourceNames?: string[];
}

export interface PolicyRule {
  level: Level;
  users?: string[];
  userGroups?: string[];
  verbs?: string[];
  resources?: GroupResources[];
  namespaces?: string[];
  nonResourceURLs?: string[];
  omitStages?: Stage[];
  omitManagedFields?: boolean;
}

/** `audit.k8s.io/v1` Policy: the first rule that fits a request decides how much of it is written down. */
export interface AuditPolicy {
  apiVersion: string;
  kind: 'Policy';
  rules: PolicyRule[];
  omitStages?: Stage[];
  omitManagedFields?: boolean;
}

/** What the policy says of one request. */
export interface Verdict {
  level: Level;
  omitStages: ReadonlySet<Stage>;
  omitManagedFields: boolean;
}

const LEVELS = new Set<unknown>(['None', 'Metadata', 'Request', 'RequestResponse']);
const STAGES = new Set<unknown>(['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic']);

/** Reads a policy from a YAML file. Throws a plain Error that says what is wrong with it. */
export async function readAuditPolicy(path: string): Promise<AuditPolicy> {
  const { parse } = await import('yaml');
  const policy: unknown = parse(await readFile(path, 'utf8'));
  const problem = problemOf(policy);
  if (problem !== undefined) throw new Error(`the audit policy ${path} is not valid: ${problem}`);
  return policy as AuditPolicy;
}

function problemOf(policy: unknown): string | undefined {
  const { apiVersion, kind, rules, omitStages = [] } = (policy ?? {}) as Partial<AuditPolicy>;
  if (apiVersion !== 'audit.k8s.io/v1' || kind !== 'Policy') return 'it must be a Policy of audit.k8s.io/v1';
  if (!Array.isArray(rules) || rules.length === 0) return 'it has no rules';
  for (const [i, rule] of rules.entries()) {
    if (!LEVELS.has(rule.level))
      return `rules[${i}].level: ${JSON.stringify(rule.level)} is no level; levels are None, Metadata, Request, RequestResponse`;
    const stage = (rule.omitStages ?? []).find((name) => !STAGES.has(name));
    if (stage !== undefined) return `rules[${i}].omitStages: ${JSON.stringify(stage)} is no stage`;
    if (rule.nonResourceURLs?.length && (rule.resources?.length || rule.namespaces?.length)) {
      return `rules[${i}].nonResourceURLs: rules cannot apply to both regular resources and non-resource URLs`;
    }
  }
  const stage = omitStages.find((name) => !STAGES.has(name));
  return stage === undefined ? undefined : `omitStages: ${JSON.stringify(stage)} is no stage`;
}

/** Finds what the policy says of a request; without a rule that fits, nothing is written. */
export function policyEvaluator(policy: AuditPolicy): (info: RequestInfo, user: UserInfo) => Verdict {
  const verdicts = policy.rules.map((rule) => ({
    rule,
    verdict: {
      level: rule.level,
      omitStages: new Set([...(policy.omitStages ?? []), ...(rule.omitStages ?? [])]),
      omitManagedFields: rule.omitManagedFields ?? policy.omitManagedFields ?? false,
    },
  }));
  const nothing: Verdict = { level: 'None', omitStages: new Set(), omitManagedFields: false };
  return (info, user) => verdicts.find(({ rule }) => fits(rule, info, user))?.verdict ?? nothing;
}

function fits(rule: PolicyRule, info: RequestInfo, user: UserInfo): boolean {
  if (rule.users?.length && !rule.users.includes(user.name)) return false;
  if (rule.userGroups?.length && !rule.userGroups.some((group) => user.groups.includes(group))) return false;
  if (rule.verbs?.length && !rule.verbs.includes(info.verb)) return false;
  if (rule.resources?.length || rule.namespaces?.length) return info.isResource && fitsResource(rule, info);
  if (rule.nonResourceURLs?.length) return !info.isResource && rule.nonResourceURLs.some((pattern) => fitsPath(pattern, info.path));
  return true;
}

function fitsResource(rule: PolicyRule, info: RequestInfo): boolean {
  if (rule.namespaces?.length && !rule.namespaces.includes(info.namespace)) return false;
  return !rule.resources?.length || rule.resources.some((resources) => fitsGroup(resources, info));
}

function fitsGroup({ group = '', resources, resourceNames }: GroupResources, info: RequestInfo): boolean {
  if (group !== info.group) return false;
  if (!resources?.length) return true;
  if (resourceNames?.length && !resourceNames.includes(info.name)) return false;
  const name = info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`;
  return resources.some(
    (pattern) =>
      pattern === '*' ||
      pattern === name ||
      (info.subresource !== '' && (pattern === `*/${info.subresource}` || pattern === `${info.resource}/*`)),
  );
}

function fitsPath(pattern: string, path: string): boolean {
  return pattern === '*' || pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1)));
}
