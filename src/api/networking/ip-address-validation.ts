import { checkUnchanged } from '../checks.ts';
import {
  fieldInvalid,
  fieldRequired,
  isDns1123Subdomain,
  isPathSegmentName,
  root,
  validateByRule,
  validateReferenceName,
  type FieldError,
} from '#apimachinery';
import type { IPAddress } from '../generated/networking-v1.ts';

const parentPath = root.child('spec', 'parentRef');

/** What is wrong with an address on its own; its name is checked by the name rule. */
export function validateIPAddress({ spec }: IPAddress): FieldError[] {
  const parent = spec.parentRef;
  if (parent === undefined) return [fieldRequired(parentPath)];
  const errors: FieldError[] = [];
  if (parent.group) errors.push(...validateByRule(parent.group, isDns1123Subdomain, parentPath.child('group')));
  errors.push(...validateReferenceName(parent.resource, isPathSegmentName, parentPath.child('resource')));
  errors.push(...validateReferenceName(parent.name, isPathSegmentName, parentPath.child('name')));
  if (parent.namespace) {
    const path = parentPath.child('namespace');
    errors.push(...isPathSegmentName(parent.namespace, false).map((text) => fieldInvalid(path, parent.namespace, text)));
  }
  return errors;
}

/** An address never changes hands. */
export function validateIPAddressUpdate({ spec }: IPAddress, old: IPAddress): FieldError[] {
  return checkUnchanged(parentPath, spec.parentRef, old.spec.parentRef, 'field is immutable');
}
