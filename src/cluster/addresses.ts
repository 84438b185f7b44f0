import { networkInterfaces } from 'node:os';
import { readFileSync } from 'node:fs';

/** The address by which others reach this machine: of the default route's link, else of any; loopback when there is none. */
export function machineAddress(): string {
  const links = Object.entries(networkInterfaces());
  const preferred = defaultLink();
  const all = links.flatMap(([name, addresses = []]) =>
    addresses.filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => ({ name, address })),
  );
  return (
    (all.find(({ name }) => name === preferred) ?? all.find(({ name }) => !/^(cni|docker|veth|br-|virbr)/.test(name)))?.address ??
    '127.0.0.1'
  );
}

/** The link of the default route, read from the kernel's routing table. */
function defaultLink(): string | undefined {
  try {
    const lines = readFileSync('/proc/net/route', 'utf8').split('\n').slice(1);
    return lines.map((line) => line.split('\t')).find(([, destination]) => destination === '00000000')?.[0];
  } catch {
    return undefined;
  }
}
