import { fieldInvalid, fieldRequired, isCidr, root, validateByRule, type FieldError } from '#apimachinery';
import type { ServiceCIDR } from '../generated/networking-v1.ts';

const cidrsPath = root.child('spec', 'cidrs');
const isIPv6 = (cidr: string): boolean => cidr.includes(':');

/** What is wrong with a range of service addresses on its own: one range, or one of each family. */
export function validateServiceCIDR({ spec }: ServiceCIDR): FieldError[] {
  const cidrs = spec.cidrs ?? [];
  const [first, second] = cidrs;
  if (first === undefined) return [fieldRequired(cidrsPath, 'at least one CIDR required')];
  const errors: FieldError[] = [];
  if (cidrs.length > 2) errors.push(fieldInvalid(cidrsPath, cidrs, 'may only hold up to 2 values'));
  else if (second !== undefined && isIPv6(first) === isIPv6(second)) {
    errors.push(fieldInvalid(cidrsPath, cidrs, 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64'));
  }
  return [...errors, ...cidrs.flatMap((cidr, i) => validateByRule(cidr, isCidr, cidrsPath.index(i)))];
}

/** Ranges stay as they are, but a second one may be added to a first. */
export function validateServiceCIDRUpdate({ spec }: ServiceCIDR, old: ServiceCIDR): FieldError[] {
  const cidrs = spec.cidrs ?? [];
  const oldCidrs = old.spec.cidrs ?? [];
  const kept = oldCidrs.every((cidr, i) => cidr === cidrs[i]);
  const upgraded = oldCidrs.length === 1 && cidrs.length === 2;
  return kept && (upgraded || cidrs.length === oldCidrs.length) ? [] : [fieldInvalid(cidrsPath, cidrs, 'field is immutable')];
}
