import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { familyOf, type IpFamily } from './options.ts';

/** The addresses of the node on which NodePorts answer; undefined: all. `wanted` are addresses and ranges, or `['primary']`. */
export function nodePortIPs(family: IpFamily, nodeAddresses: readonly string[], wanted: readonly string[] = []): string[] | undefined {
  if (wanted.length === 0 || wanted.some((range) => range.endsWith('/0') && familyOf(range) === family)) return undefined;
  if (wanted.includes('primary')) return nodeAddresses.filter((address) => familyOf(address) === family).slice(0, 1);
  const list = new BlockList();
  for (const range of wanted) {
    const [address = '', prefix = isIP(address) === 6 ? '128' : '32'] = range.split('/');
    if (isIP(address) !== 0) list.addSubnet(address, Number(prefix), blockFamily(address));
  }
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses?.map(({ address }) => address) ?? []);
  return own.filter((address) => familyOf(address) === family && list.check(address, blockFamily(address)) && address !== '::1');
}

function blockFamily(address: string): 'ipv4' | 'ipv6' {
  return familyOf(address) === 'IPv6' ? 'ipv6' : 'ipv4';
}
