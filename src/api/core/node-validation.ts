import {
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldRequired,
  isCidr,
  isLabelValue,
  isQualifiedName,
  objectEqual,
  root,
  validateByRule,
  FieldError,
  type FieldPath,
} from '#apimachinery';
import type { Node, Taint } from '../generated/core-v1.ts';
import { validateAmount } from './pod/validate-resources.ts';
import { validateTaintEffect } from './pod/validate-scheduling.ts';

const SPEC = root.child('spec');
const STATUS = root.child('status');

/** Checks a node by itself. */
export function validateNode(node: Node): FieldError[] {
  const errors: FieldError[] = [];
  if (node.spec.taints) validateTaints(node.spec.taints, SPEC.child('taints'), errors);
  validatePodCidrs(node.spec.podCIDRs ?? [], errors);
  for (const field of ['capacity', 'allocatable'] as const) {
    const list = node.status.allocatable === undefined ? undefined : node.status[field];
    for (const name in list) validateAmount(name, list[name], STATUS.child(field).key(name), errors);
  }
  return errors;
}

/** Checks what an update may not do to a node. */
export function validateNodeUpdate(node: Node, old: Node): FieldError[] {
  const errors: FieldError[] = [];
  if (old.spec.podCIDRs?.length && !objectEqual(node.spec.podCIDRs, old.spec.podCIDRs)) {
    errors.push(fieldForbidden(SPEC.child('podCIDRs'), 'node updates may not change podCIDR except from "" to valid'));
  }
  if (old.spec.providerID && node.spec.providerID !== old.spec.providerID) {
    errors.push(fieldForbidden(SPEC.child('providerID'), 'node updates may not change providerID except from "" to valid'));
  }
  const seen = new Set<string>();
  node.status.addresses?.forEach((address, index) => {
    const key = `${address.type}/${address.address}`;
    if (seen.has(key)) errors.push(fieldDuplicate(STATUS.child('addresses').index(index), address));
    seen.add(key);
  });
  return errors;
}

function validatePodCidrs(cidrs: readonly string[], errors: FieldError[]): void {
  const path = SPEC.child('podCIDRs');
  cidrs.forEach((cidr, index) => errors.push(...validateByRule(cidr, isCidr, path.index(index))));
  const families = new Set(cidrs.map((cidr) => cidr.includes(':')));
  if (families.size < cidrs.length) errors.push(fieldInvalid(path, cidrs, 'may specify no more than one CIDR for each IP family'));
}

function validateTaints(taints: readonly Taint[], path: FieldPath, errors: FieldError[]): void {
  const seen = new Set<string>();
  taints.forEach((taint, index) => {
    const at = path.index(index);
    errors.push(...validateByRule(taint.key ?? '', isQualifiedName, at.child('key')));
    const texts = isLabelValue(taint.value ?? '');
    if (texts.length > 0) errors.push(fieldInvalid(at.child('value'), taint.value, texts.join(';')));
    if (!taint.effect) errors.push(fieldRequired(at.child('effect')));
    else validateTaintEffect(taint.effect, at.child('effect'), errors);
    const key = `${taint.key}/${taint.effect}`;
    if (seen.has(key)) {
      errors.push(new FieldError('FieldValueDuplicate', at, JSON.stringify(taint), 'taints must be unique by key and effect pair'));
    }
    seen.add(key);
  });
}
