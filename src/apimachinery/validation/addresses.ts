import { isIP as ipVersion, isIPv4 } from 'node:net';
import { isPortNumber } from './names.ts';
import type { StringRule } from './name-rule.ts';

const IP_TEXT = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const CIDR_TEXT = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';
const LEADING_ZERO = /(^|\.)0+\d/;

function withoutLeadingZeros(address: string): string {
  return address.replace(/(^|[.:])0+(?=\d+(\.|$))/g, '$1');
}

/** 4, 6, or 0 for what is no address. A zone (`%eth0`) makes it none. */
function versionOf(address: string): 0 | 4 | 6 {
  return address.includes('%') ? 0 : (ipVersion(address) as 0 | 4 | 6);
}

const isMapped = (address: string): boolean =>
  /^[0:]+:ffff:\d+\.\d+\.\d+\.\d+$/i.test(address) || /^(0*:)*:?ffff:[0-9a-f]+:[0-9a-f]+$/i.test(address);

/** An IPv4 or IPv6 address, written without ambiguity. */
export const isIPAddress: StringRule = (value) => {
  if (versionOf(value) === 0) {
    return value.includes('.') && LEADING_ZERO.test(value) && versionOf(withoutLeadingZeros(value)) !== 0
      ? ['must not have leading 0s']
      : [IP_TEXT];
  }
  return versionOf(value) === 6 && isMapped(value) ? ['must not be an IPv4-mapped IPv6 address'] : [];
};

/** An IPv4 address. */
export const isIPv4Address: StringRule = (value) => (isIPv4(value) ? [] : ['must be a valid IPv4 address']);
/** An IPv6 address. */
export const isIPv6Address: StringRule = (value) => (versionOf(value) === 6 ? [] : ['must be a valid IPv6 address']);

/** An address range such as `10.0.0.0/8`, written as the network that it is. */
export const isCidr: StringRule = (value) => {
  const slash = value.lastIndexOf('/');
  const address = value.slice(0, slash);
  const length = value.slice(slash + 1);
  const plain = withoutLeadingZeros(address);
  const version = versionOf(plain);
  if (slash < 0 || version === 0 || !/^\d{1,5}$/.test(length) || Number(length) > (version === 4 ? 32 : 128)) return [CIDR_TEXT];
  if (plain !== address || (length !== '0' && length.startsWith('0'))) return ['must not have leading 0s in IP or prefix length'];
  if (version === 6 && isMapped(address)) return ['must not have an IPv4-mapped IPv6 address'];
  return hasHostBits(address, version, Number(length)) ? ['must not have bits set beyond the prefix length'] : [];
};

function hasHostBits(address: string, version: 4 | 6, length: number): boolean {
  const width = version === 4 ? 32n : 128n;
  return (parseIP(address)!.bits & ((1n << (width - BigInt(length))) - 1n)) !== 0n;
}

/** An address as a number of 32 or 128 bits. */
export interface IPAddress {
  version: 4 | 6;
  bits: bigint;
}

/** The address as a number; undefined for what is none. */
export function parseIP(address: string): IPAddress | undefined {
  const version = versionOf(address);
  if (version === 0) return undefined;
  return { version, bits: version === 4 ? bits4(address) : bits6(address) };
}

function bits4(address: string): bigint {
  return BigInt(address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0));
}

function bits6(address: string): bigint {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  const words = dotted ? `${dotted[1]}${(bits4(dotted[2]!) >> 16n).toString(16)}:${(bits4(dotted[2]!) & 0xffffn).toString(16)}` : address;
  const [head = '', tail] = words.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].reduce((sum, word) => (sum << 16n) | BigInt(`0x${word}`), 0n);
}

/** The one way to write an address: `2001:db8::1`. */
export function formatIP({ version, bits }: IPAddress): string {
  if (version === 4) return [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 0xffn).join('.');
  const words = Array.from({ length: 8 }, (_, index) => ((bits >> BigInt(112 - 16 * index)) & 0xffffn).toString(16)).join(':');
  const zeros = (words.match(/(?<![^:])0(:0)+(?![^:])/g) ?? []).reduce((longest, run) => (run.length > longest.length ? run : longest), '');
  return zeros === '' ? words : words.replace(new RegExp(`(^|:)${zeros}(:|$)`), '::');
}

const canonicalText = (canonical: string): string => `must be in canonical form (${JSON.stringify(canonical)})`;

/** An address in its one form: what newer fields and the names of IPAddress objects are. */
export const isCanonicalIPAddress: StringRule = (value) => {
  const problems = isIPAddress(value);
  if (problems.length > 0) return problems;
  const canonical = formatIP(parseIP(value)!);
  return value === canonical ? [] : [canonicalText(canonical)];
};

/** An address range in its one form. */
export const isCanonicalCidr: StringRule = (value) => {
  const problems = isCidr(value);
  if (problems.length > 0) return problems;
  const [address = '', length = ''] = value.split('/');
  const canonical = `${formatIP(parseIP(address)!)}/${length}`;
  return value === canonical ? [] : [canonicalText(canonical)];
};

/** `0.0.0.0:10254`, `[::]:10254`. */
export const isSocketAddress: StringRule = (value) => {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d+)$/.exec(value);
  const host = match?.[1] ?? match?.[2] ?? '';
  const fine = match && isPortNumber(Number(match[3])).length === 0 && (host === '' || versionOf(host) !== 0);
  return fine ? [] : ['must be a valid socket address format, (e.g. 0.0.0.0:10254 or [::]:10254)'];
};
