import { parseIP } from '#apimachinery';
import { isIP } from 'node:net';

/** The rule for an IPAddress's name: the address in its shortest form, lower case. */
export function isCanonicalAddress(name: string): string[] {
  if (isIP(name) === 0 || name.includes('%')) return ['must be a valid IP address'];
  const canonical = canonicalAddress(name);
  return canonical === name ? [] : [`must be a canonical form IP address: ${canonical}`];
}

/** An address as the API writes it: IPv6 compressed and in lower case. The address must be one. */
function canonicalAddress(address: string): string {
  if (parseIP(address)?.version !== 6) return address;
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}
