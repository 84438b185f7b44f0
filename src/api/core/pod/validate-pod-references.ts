import {
  fieldInvalid,
  fieldRequired,
  isDns1123Label,
  isDns1123Subdomain,
  validateByRule,
  validateNamespaceName,
  fieldDuplicate,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import type { PodSpec } from '../../generated/core-v1.ts';

const NAMES = ['serviceAccountName', 'nodeName', 'priorityClassName', 'runtimeClassName'] as const;

/** Checks the names of other objects that a pod refers to. */
export function validatePodReferences(spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  for (const field of NAMES) {
    const name = spec[field];
    if (name) for (const text of isDns1123Subdomain(name)) errors.push(fieldInvalid(path.child(field), name, text));
  }
  if (spec.resourceClaims) validateResourceClaims(spec, path.child('resourceClaims'), errors);
}

function validateResourceClaims({ resourceClaims = [] }: PodSpec, path: FieldPath, errors: FieldError[]): void {
  const names = new Set<string>();
  resourceClaims.forEach((claim, index) => {
    const at = path.index(index);
    if (!claim.name) errors.push(fieldRequired(at.child('name')));
    else if (names.has(claim.name)) errors.push(fieldDuplicate(at.child('name'), claim.name));
    else {
      errors.push(...validateByRule(claim.name, isDns1123Label, at.child('name')));
      names.add(claim.name);
    }
    const { resourceClaimName, resourceClaimTemplateName } = claim;
    if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) {
      errors.push(fieldInvalid(at, claim, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'));
    }
    if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) {
      errors.push(fieldInvalid(at, claim, 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'));
    }
    for (const field of ['resourceClaimName', 'resourceClaimTemplateName'] as const) {
      const name = claim[field];
      if (name !== undefined) errors.push(...validateByRule(name, isDns1123Subdomain, at.child(field)));
    }
  });
}

/** Checks names of namespaces. */
export function validateNamespaceNames(names: readonly string[] | undefined, path: FieldPath, errors: FieldError[]): void {
  for (const name of names ?? []) {
    for (const text of validateNamespaceName(name, false)) errors.push(fieldInvalid(path, name, text));
  }
}
