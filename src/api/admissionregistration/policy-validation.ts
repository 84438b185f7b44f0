import { checkOneOf } from '../checks.ts';
import {
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldRequired,
  isCIdentifier,
  isPathSegmentName,
  parseApiVersion,
  isDns1035Label,
  isDns1123Subdomain,
  validateByRule,
  validateEnum,
  validateLabelSelector,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import { validateNamedRule } from './rule-validation.ts';
import type { MatchResources, ParamKind, ParamRef, Variable } from '../generated/admissionregistration-v1.ts';

/** The kind of a policy's parameters. */
export function validateParamKind({ apiVersion, kind }: ParamKind, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const versionPath = path.child('apiVersion');
  if (!apiVersion) errors.push(fieldRequired(versionPath));
  else {
    const { group, version } = parseApiVersion(apiVersion);
    if (group !== '') errors.push(...validateByRule(group, isDns1123Subdomain, versionPath));
    errors.push(...validateByRule(version, isDns1035Label, versionPath));
  }
  if (!kind) errors.push(fieldRequired(path.child('kind')));
  else
    errors.push(
      ...isDns1035Label(kind.toLowerCase()).map((text) =>
        fieldInvalid(path.child('kind'), kind, `may have mixed case, but should otherwise match: ${text}`),
      ),
    );
  return errors;
}

/** What a policy or a binding is about; a policy has to name resources, a binding need not. */
export function validateMatchResources(match: MatchResources, rulesRequired: boolean, path: FieldPath): FieldError[] {
  const { resourceRules = [], excludeResourceRules = [], matchPolicy, namespaceSelector, objectSelector } = match;
  const errors: FieldError[] = [];
  if (rulesRequired && resourceRules.length === 0) errors.push(fieldRequired(path.child('resourceRules')));
  return [
    ...errors,
    ...checkOneOf(path.child('matchPolicy'), matchPolicy, ['Equivalent', 'Exact']),
    ...validateLabelSelector(namespaceSelector, path.child('namespaceSelector')),
    ...validateLabelSelector(objectSelector, path.child('objectSelector')),
    ...resourceRules.flatMap((rule, i) => validateNamedRule(rule, path.child('resourceRules').index(i))),
    ...excludeResourceRules.flatMap((rule, i) => validateNamedRule(rule, path.child('excludeResourceRules').index(i))),
  ];
}

/** Expressions that others refer to by name. */
export function validateVariables(variables: readonly Variable[], path: FieldPath): FieldError[] {
  const names = new Set<string>();
  return variables.flatMap(({ name, expression }, i) => {
    const at = path.index(i);
    const errors: FieldError[] = [];
    if (!name) errors.push(fieldRequired(at.child('name'), 'name is not specified'));
    else if (isCIdentifier(name).length > 0) errors.push(fieldInvalid(at.child('name'), name, 'name is not a valid CEL identifier'));
    if (name && names.has(name)) errors.push(fieldDuplicate(at.child('name'), name));
    names.add(name);
    if (!expression?.trim()) errors.push(fieldRequired(at.child('expression'), 'expression is not specified'));
    return errors;
  });
}

/** The parameters that a binding gives to its policy: by name or by selector. */
export function validateParamRef({ name = '', selector, parameterNotFoundAction }: ParamRef, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  if (name !== '') {
    errors.push(...isPathSegmentName(name, false).map((text) => fieldInvalid(path.child('name'), name, text)));
    if (selector !== undefined) errors.push(fieldForbidden(path.child('name'), 'name and selector are mutually exclusive'));
  }
  if (selector !== undefined) errors.push(...validateLabelSelector(selector, path.child('selector')));
  if (name === '' && selector === undefined) errors.push(fieldRequired(path, 'one of name or selector must be specified'));
  return [...errors, ...validateEnum(parameterNotFoundAction, ['Deny', 'Allow'], path.child('parameterNotFoundAction'))];
}
