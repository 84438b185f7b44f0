import {
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  isIPAddress,
  root,
  type FieldError,
} from '#apimachinery';
import type { ServiceSpec } from '../generated/core-v1.ts';
import { needsClusterIp } from './service-strategy.ts';

const SPEC = root.child('spec');
const CLUSTER_IPS = SPEC.child('clusterIPs');
const FAMILIES = SPEC.child('ipFamilies');
const POLICY = SPEC.child('ipFamilyPolicy');
const KNOWN_FAMILIES = ['IPv4', 'IPv6'];
const KNOWN_POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
const MAX_IPS = 2;

/** Checks a service's own addresses and their families. */
export function validateClusterIps(spec: ServiceSpec, errors: FieldError[]): void {
  const ips = spec.clusterIPs ?? [];
  if (!needsClusterIp(spec)) {
    if (spec.type !== 'ExternalName') return;
    if (spec.ipFamilies?.length) errors.push(fieldForbidden(FAMILIES, 'may not be set for ExternalName services'));
    if (spec.ipFamilyPolicy) errors.push(fieldForbidden(POLICY, 'may not be set for ExternalName services'));
    return;
  }
  validateFamilies(spec, errors);
  if (ips.length === 0) {
    if (spec.clusterIP) errors.push(fieldRequired(CLUSTER_IPS));
    return;
  }
  if ((spec.clusterIP ?? '') !== ips[0]) errors.push(fieldInvalid(CLUSTER_IPS, ips, 'first value must match `clusterIP`'));
  if (ips.length > MAX_IPS) errors.push(fieldInvalid(CLUSTER_IPS, ips, `may only hold up to ${MAX_IPS} values`));
  if (ips.length > 1 && ips.includes('None')) errors.push(fieldInvalid(CLUSTER_IPS, ips, "'None' must be the first and only value"));
  ips.forEach((ip, index) => {
    if (ip !== 'None') validateClusterIp(ip, index, spec, errors);
  });
}

function validateClusterIp(ip: string, index: number, spec: ServiceSpec, errors: FieldError[]): void {
  const path = CLUSTER_IPS.index(index);
  const texts = isIPAddress(ip);
  for (const text of texts) errors.push(fieldInvalid(path, ip, text));
  const family = spec.ipFamilies?.[index];
  if (texts.length > 0 || family === undefined) return;
  if (family !== (ip.includes(':') ? 'IPv6' : 'IPv4')) {
    errors.push(fieldInvalid(path, ip, `expected an ${family} value as indicated by \`ipFamilies[${index}]\``));
  }
}

/** The cluster has IPv4 alone; only a headless service without selector, for which nothing is allocated, may carry both. */
function validateFamilies(spec: ServiceSpec, errors: FieldError[]): void {
  const free = spec.clusterIP === 'None' && Object.keys(spec.selector ?? {}).length === 0;
  spec.ipFamilies?.forEach((family, index, all) => {
    const path = FAMILIES.index(index);
    if (!KNOWN_FAMILIES.includes(family)) errors.push(fieldNotSupported(path, family, KNOWN_FAMILIES));
    else if (all.indexOf(family) < index) errors.push(fieldDuplicate(path, family));
    else if (family === 'IPv6' && !free) errors.push(fieldInvalid(path, family, 'not configured on this cluster'));
  });
  const policy = spec.ipFamilyPolicy;
  if (policy && !KNOWN_POLICIES.includes(policy)) errors.push(fieldNotSupported(POLICY, policy, KNOWN_POLICIES));
  if (policy === 'RequireDualStack' && !free) {
    errors.push(fieldInvalid(POLICY, policy, 'this cluster is not configured for dual-stack services'));
  }
}

/** A service keeps its first address for as long as its type has one. */
export function validateClusterIpUpdate(spec: ServiceSpec, old: ServiceSpec, errors: FieldError[]): void {
  if (!needsClusterIp(spec) || !needsClusterIp(old)) return;
  const before = old.clusterIPs?.[0];
  if (before === undefined) return;
  const ips = spec.clusterIPs ?? [];
  if (ips.length === 0) errors.push(fieldInvalid(CLUSTER_IPS.index(0), spec.clusterIPs, 'primary clusterIP can not be unset'));
  else if (ips[0] !== before) errors.push(fieldInvalid(CLUSTER_IPS.index(0), ips, 'may not change once set'));
  const family = old.ipFamilies?.[0];
  if (family !== undefined && spec.ipFamilies?.[0] !== family) {
    errors.push(fieldInvalid(FAMILIES.index(0), spec.ipFamilies, 'may not change once set'));
  }
}
