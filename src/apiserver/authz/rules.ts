import type { PolicyRule } from '#api/generated/rbac-v1.ts';
import type { AuthorizationAttributes } from '../types.ts';

/** Does one of the rules allow it? */
export function rulesAllow(rules: readonly PolicyRule[], attributes: AuthorizationAttributes): boolean {
  for (const rule of rules) {
    if (attributes.isResource ? allowsResource(rule, attributes) : allowsPath(rule, attributes)) return true;
  }
  return false;
}

function allowsResource(rule: PolicyRule, { verb, group, resource, subresource, name }: AuthorizationAttributes): boolean {
  return (
    matches(rule.verbs, verb) &&
    matches(rule.apiGroups, group) &&
    matchesResource(rule.resources, resource, subresource) &&
    (rule.resourceNames === undefined || rule.resourceNames.length === 0 || rule.resourceNames.includes(name))
  );
}

function matches(list: readonly string[] | undefined, value: string): boolean {
  return list !== undefined && (list.includes(value) || list.includes('*'));
}

/** `pods`, `pods/log`, `*` (everything, subresources too), or `*` + `/scale` (that subresource of everything). */
function matchesResource(list: readonly string[] | undefined, resource: string, subresource: string): boolean {
  if (list === undefined) return false;
  for (const item of list) {
    if (item === '*') return true;
    if (subresource === '') {
      if (item === resource) return true;
    } else if (item.length >= subresource.length && item.endsWith(subresource)) {
      const slash = item.length - subresource.length - 1;
      if (item[slash] === '/' && (item.slice(0, slash) === resource || item.slice(0, slash) === '*')) return true;
    }
  }
  return false;
}

function allowsPath(rule: PolicyRule, { verb, path }: AuthorizationAttributes): boolean {
  return matches(rule.verbs, verb) && (rule.nonResourceURLs ?? []).some((url) => coversPath(url, path));
}

/** A path is covered by itself, by `*`, and by a prefix that ends with `*`. */
function coversPath(pattern: string, path: string): boolean {
  return pattern === path || pattern === '*' || (pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1).replace(/\*+$/, '')));
}

/** Parts of `wanted` that no rule in `held` allows, each a rule with a single verb and a single resource or path. */
export function missingRules(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(breakdown).filter((part) => !held.some((rule) => covers(rule, part)));
}

function* combinations(rule: PolicyRule): Iterable<PolicyRule> {
  for (const verb of rule.verbs) {
    for (const apiGroup of rule.apiGroups ?? []) {
      for (const resource of rule.resources ?? []) {
        const part: PolicyRule = { verbs: [verb], apiGroups: [apiGroup], resources: [resource] };
        if (!rule.resourceNames?.length) yield part;
        for (const name of rule.resourceNames ?? []) yield { ...part, resourceNames: [name] };
      }
    }
    for (const url of rule.nonResourceURLs ?? []) yield { verbs: [verb], nonResourceURLs: [url] };
  }
}

function breakdown(rule: PolicyRule): PolicyRule[] {
  return [...combinations(rule)];
}

function covers(held: PolicyRule, part: PolicyRule): boolean {
  if (!matches(held.verbs, part.verbs[0] ?? '')) return false;
  const url = part.nonResourceURLs?.[0];
  if (url !== undefined) return (held.nonResourceURLs ?? []).some((pattern) => coversPath(pattern, url));
  const [resource = '', subresource = ''] = (part.resources?.[0] ?? '').split('/');
  const name = part.resourceNames?.[0];
  const names = held.resourceNames?.length ? held.resourceNames : undefined;
  return (
    matches(held.apiGroups, part.apiGroups?.[0] ?? '') &&
    matchesResource(held.resources, resource, subresource) &&
    (names === undefined || (name !== undefined && names.includes(name)))
  );
}

/** Single-verb rules for the same resource become one rule again, so that a message stays short. */
export function compactRules(rules: readonly PolicyRule[]): PolicyRule[] {
  const merged = new Map<string, PolicyRule>();
  for (const rule of rules) {
    const key = JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames, rule.nonResourceURLs]);
    const known = merged.get(key);
    if (known === undefined) merged.set(key, { ...rule, verbs: [...rule.verbs] });
    else known.verbs = [...new Set([...known.verbs, ...rule.verbs])];
  }
  return [...merged.values()];
}

/** `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`. */
export function describeRule(rule: PolicyRule): string {
  const parts: [string, readonly string[] | undefined][] = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['ResourceNames', rule.resourceNames],
    ['Verbs', rule.verbs],
  ];
  return `{${parts.flatMap(([name, values]) => (values?.length ? [`${name}:${quoteList(values)}`] : [])).join(', ')}}`;
}

/** `["a" "b"]`. */
export function quoteList(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(' ')}]`;
}
