import {
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  isDns1123Label,
  isDns1123Subdomain,
  nameIsDnsSubdomain,
  root,
  validateByRule,
  validateReferenceName,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import { validateConditions } from './condition-validation.ts';
import type {
  FlowSchema,
  FlowSchemaSpec,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  Subject,
} from '../generated/flowcontrol-v1.ts';

const specPath = root.child('spec');
const MAX_PRECEDENCE = 10000;
const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch'];

/** What is wrong with a flow schema on its own. */
export function validateFlowSchema({ metadata, spec }: FlowSchema): FieldError[] {
  return [...validatePrecedence(metadata.name, spec), ...validateMethod(spec), ...validateRules(spec)];
}

/** The conditions of the status. */
export function validateFlowSchemaStatus({ status }: FlowSchema): FieldError[] {
  return validateConditions(status.conditions ?? [], root.child('status', 'conditions'));
}

function validatePrecedence(name: string, { matchingPrecedence }: FlowSchemaSpec): FieldError[] {
  const path = specPath.child('matchingPrecedence');
  if (matchingPrecedence <= 0) return [fieldInvalid(path, matchingPrecedence, 'must be a positive value')];
  if (matchingPrecedence > MAX_PRECEDENCE) return [fieldInvalid(path, matchingPrecedence, `must not be greater than ${MAX_PRECEDENCE}`)];
  if (matchingPrecedence === 1 && name !== 'exempt')
    return [fieldInvalid(path, matchingPrecedence, "only the schema named 'exempt' may have matchingPrecedence 1")];
  return [];
}

function validateMethod({ distinguisherMethod, priorityLevelConfiguration }: FlowSchemaSpec): FieldError[] {
  const errors: FieldError[] = [];
  const type = distinguisherMethod?.type;
  if (type !== undefined && type !== 'ByNamespace' && type !== 'ByUser') {
    errors.push(fieldNotSupported(specPath.child('distinguisherMethod').child('type'), type, ['ByNamespace', 'ByUser']));
  }
  const namePath = specPath.child('priorityLevelConfiguration', 'name');
  if (priorityLevelConfiguration.name) return [...errors, ...validateByRule(priorityLevelConfiguration.name, isDns1123Subdomain, namePath)];
  return [...errors, fieldRequired(namePath, 'must reference a priority level')];
}

function validateRules({ rules = [] }: FlowSchemaSpec): FieldError[] {
  return rules.flatMap((rule, i) => validateRule(rule, specPath.child('rules').index(i)));
}

function validateRule({ subjects, resourceRules = [], nonResourceRules = [] }: PolicyRulesWithSubjects, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  if (subjects.length === 0) errors.push(fieldRequired(path.child('subjects'), 'subjects must contain at least one value'));
  errors.push(...subjects.flatMap((subject, i) => validateSubject(subject, path.child('subjects').index(i))));
  if (resourceRules.length === 0 && nonResourceRules.length === 0) {
    errors.push(fieldRequired(path, 'at least one of resourceRules and nonResourceRules has to be non-empty'));
  }
  errors.push(...resourceRules.flatMap((rule, i) => validateResourceRule(rule, path.child('resourceRules').index(i))));
  return [...errors, ...nonResourceRules.flatMap((rule, i) => validateNonResourceRule(rule, path.child('nonResourceRules').index(i)))];
}

const SUBJECT_FIELDS = { ServiceAccount: 'serviceAccount', User: 'user', Group: 'group' } as const;

function validateSubject(subject: Subject, path: FieldPath): FieldError[] {
  const expected = SUBJECT_FIELDS[subject.kind as keyof typeof SUBJECT_FIELDS];
  if (expected === undefined) return [fieldNotSupported(path.child('kind'), subject.kind ?? '', ['Group', 'ServiceAccount', 'User'])];
  const errors: FieldError[] = [];
  if (subject[expected] === undefined)
    errors.push(fieldRequired(path.child(expected), `${expected} is required when subject kind is '${subject.kind}'`));
  for (const field of Object.values(SUBJECT_FIELDS)) {
    if (field !== expected && subject[field] !== undefined) {
      errors.push(fieldForbidden(path.child(field), `${field} is forbidden when subject kind is not '${kindOf(field)}'`));
    }
  }
  if (expected === 'serviceAccount' && subject.serviceAccount) {
    const { name, namespace } = subject.serviceAccount;
    if (name !== '*') errors.push(...validateReferenceName(name, nameIsDnsSubdomain, path.child('serviceAccount', 'name')));
    if (!namespace) errors.push(fieldRequired(path.child('serviceAccount', 'namespace'), 'must specify namespace for service account'));
    else errors.push(...validateByRule(namespace, isDns1123Label, path.child('serviceAccount', 'namespace')));
  } else if (expected !== 'serviceAccount' && subject[expected] && !subject[expected].name) {
    errors.push(fieldRequired(path.child(expected, 'name')));
  }
  return errors;
}

function kindOf(field: string): string {
  return Object.entries(SUBJECT_FIELDS).find(([, name]) => name === field)?.[0] ?? '';
}

function validateVerbs(verbs: readonly string[], path: FieldPath): FieldError[] {
  if (verbs.length === 0) return [fieldRequired(path, 'verbs must contain at least one value')];
  if (verbs.includes('*')) return verbs.length > 1 ? [fieldInvalid(path, verbs, "if '*' is present, must not specify other verbs")] : [];
  const unknown = verbs.filter((verb) => !VERBS.includes(verb));
  return unknown.length === 0 ? [] : [fieldNotSupported(path, verbs, VERBS)];
}

function validateWildcard(values: readonly string[], what: string, path: FieldPath): FieldError[] {
  if (values.length === 0) return [fieldRequired(path, `resource rules must supply at least one ${what}`)];
  if (values.length > 1 && values.includes('*')) return [fieldInvalid(path, values, `if '*' is present, must not specify other ${what}s`)];
  return [];
}

function validateResourceRule(
  { verbs, apiGroups, resources, namespaces, clusterScope }: ResourcePolicyRule,
  path: FieldPath,
): FieldError[] {
  const errors = [
    ...validateVerbs(verbs, path.child('verbs')),
    ...validateWildcard(apiGroups, 'api group', path.child('apiGroups')),
    ...validateWildcard(resources, 'resource', path.child('resources')),
  ];
  const namespacesPath = path.child('namespaces');
  if (namespaces.length === 0 && !clusterScope) {
    errors.push(fieldRequired(namespacesPath, 'resource rules that are not cluster scoped must supply at least one namespace'));
  }
  if (namespaces.includes('*')) {
    if (namespaces.length > 1)
      errors.push(fieldInvalid(namespacesPath, namespaces, "must not specify specific namespaces when '*' is present"));
    return errors;
  }
  return [...errors, ...namespaces.flatMap((namespace, i) => validateByRule(namespace, isDns1123Label, namespacesPath.index(i)))];
}

function validateNonResourceRule({ verbs, nonResourceURLs }: NonResourcePolicyRule, path: FieldPath): FieldError[] {
  const errors = validateVerbs(verbs, path.child('verbs'));
  const urlsPath = path.child('nonResourceURLs');
  if (nonResourceURLs.length === 0) errors.push(fieldRequired(urlsPath, 'nonResourceURLs must contain at least one value'));
  if (nonResourceURLs.includes('*')) {
    if (nonResourceURLs.length > 1)
      errors.push(fieldInvalid(urlsPath, nonResourceURLs, "if '*' is present, must not specify other non-resource URLs"));
    return errors;
  }
  return [...errors, ...nonResourceURLs.flatMap((url, i) => validateUrl(url, urlsPath.index(i)))];
}

function validateUrl(url: string, path: FieldPath): FieldError[] {
  const problem = urlProblem(url);
  return problem === undefined ? [] : [fieldInvalid(path, url, problem)];
}

function urlProblem(url: string): string | undefined {
  if (url === '') return 'must not be empty';
  if (!url.startsWith('/')) return 'must start with slash';
  if (url.includes(' ')) return 'must not contain white-space';
  if (url.includes('//')) return 'must not contain double slash';
  const star = url.indexOf('*');
  return star < 0 || (star === url.length - 1 && url.endsWith('/*')) ? undefined : 'wildcard can only do suffix matching';
}
