import {
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  isDns1123Subdomain,
  isIPAddress,
  validateByRule,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import type { LoadBalancerIngress } from '../generated/core-v1.ts';

/** Checks an address that traffic is to be sent to: it must lead off this host, to one machine. */
export function validateReachableIp(ip: string, path: FieldPath, errors: FieldError[]): void {
  const texts = isIPAddress(ip);
  for (const text of texts.length > 0 ? texts : unreachableTexts(ip)) errors.push(fieldInvalid(path, ip, text));
}

function unreachableTexts(ip: string): string[] {
  const lower = ip.toLowerCase();
  if (ip === '0.0.0.0' || ip === '::') return [`may not be unspecified (${ip})`];
  if (ip.startsWith('127.') || ip === '::1') return ['may not be in the loopback range (127.0.0.0/8, ::1/128)'];
  if (ip.startsWith('169.254.') || /^fe[89ab]/.test(lower)) return ['may not be in the link-local range (169.254.0.0/16, fe80::/10)'];
  if (ip.startsWith('224.0.0.') || /^ff.2:/.test(lower)) return ['may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'];
  return [];
}

/** Checks what a load balancer announces, of a service or an ingress. */
export function validateLoadBalancerStatus(
  ingress: readonly LoadBalancerIngress[] | undefined,
  path: FieldPath,
  errors: FieldError[],
): void {
  ingress?.forEach((entry, index) => {
    const at = path.index(index);
    if (entry.ip) errors.push(...validateByRule(entry.ip, isIPAddress, at.child('ip')));
    validateIpMode(entry, at.child('ipMode'), errors);
    if (!entry.hostname) return;
    errors.push(...validateByRule(entry.hostname, isDns1123Subdomain, at.child('hostname')));
    if (isIPAddress(entry.hostname).length === 0) {
      errors.push(fieldInvalid(at.child('hostname'), entry.hostname, 'must be a DNS name, not an IP address'));
    }
  });
}

function validateIpMode({ ip, ipMode }: LoadBalancerIngress, path: FieldPath, errors: FieldError[]): void {
  if (ipMode === undefined) return;
  if (!ip) errors.push(fieldForbidden(path, 'may not be specified when `ip` is not set'));
  else if (ipMode !== 'VIP' && ipMode !== 'Proxy') errors.push(fieldNotSupported(path, ipMode, ['Proxy', 'VIP']));
}
