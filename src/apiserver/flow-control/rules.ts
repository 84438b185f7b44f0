import type { NonResourcePolicyRule, PolicyRulesWithSubjects, ResourcePolicyRule, Subject } from '#api/generated/flowcontrol-v1.ts';
import type { RequestInfo, UserInfo } from '../types.ts';

type Test = (info: RequestInfo) => boolean;

/** Some of the rules of a flow schema: whom they concern, and which requests of theirs. */
export interface FlowRule {
  concerns(user: UserInfo): boolean;
  readonly tests: readonly Test[];
}

/** Makes rules that are quick to ask. */
export function flowRule({ subjects, resourceRules = [], nonResourceRules = [] }: PolicyRulesWithSubjects): FlowRule {
  return {
    concerns: (user) => subjects.some((subject) => isSubject(subject, user)),
    tests: [...resourceRules.map(resourceTest), ...nonResourceRules.map(nonResourceTest)],
  };
}

const ACCOUNT_PREFIX = 'system:serviceaccount:';

function isSubject({ kind, user, group, serviceAccount }: Subject, { name, groups }: UserInfo): boolean {
  switch (kind) {
    case 'User':
      return user !== undefined && (user.name === '*' || user.name === name);
    case 'Group':
      return group !== undefined && (group.name === '*' || groups.includes(group.name));
    case 'ServiceAccount': {
      if (serviceAccount === undefined) return false;
      const prefix = `${ACCOUNT_PREFIX}${serviceAccount.namespace}:`;
      return serviceAccount.name === '*' ? name.startsWith(prefix) : name === prefix + serviceAccount.name;
    }
    default:
      return false;
  }
}

/** Undefined: any. */
function setOf(values: readonly string[]): ReadonlySet<string> | undefined {
  return values.includes('*') ? undefined : new Set(values);
}

function resourceTest(rule: ResourcePolicyRule): Test {
  const verbs = setOf(rule.verbs);
  const groups = setOf(rule.apiGroups);
  const resources = setOf(rule.resources);
  const namespaces = setOf(rule.namespaces ?? []);
  const clusterScope = rule.clusterScope === true;
  return ({ isResource, verb, group, resource, subresource, namespace }) => {
    if (!isResource || (namespace === '' ? !clusterScope : namespaces?.has(namespace) === false)) return false;
    if (verbs?.has(verb) === false || groups?.has(group) === false) return false;
    return resources === undefined || resources.has(subresource === '' ? resource : `${resource}/${subresource}`);
  };
}

function nonResourceTest(rule: NonResourcePolicyRule): Test {
  const verbs = setOf(rule.verbs);
  const urls = rule.nonResourceURLs;
  const any = urls.includes('*');
  const exact = new Set(urls);
  const prefixes = urls.filter((url) => url.endsWith('*')).map((url) => url.slice(0, -1));
  return ({ isResource, verb, path }) => {
    if (isResource || verbs?.has(verb) === false) return false;
    return any || exact.has(path) || prefixes.some((prefix) => path.startsWith(prefix));
  };
}
