import { readFile, writeFile } from 'node:fs/promises';

/** Reads and sets kernel parameters: `net/ipv4/ip_forward`. Both throw when the kernel has none of that name. */
export interface SysctlAccess {
  read(name: string): Promise<string>;
  write(name: string, value: string): Promise<void>;
}

export const kernelSysctls: SysctlAccess = {
  read: async (name) => (await readFile(`/proc/sys/${name}`, 'utf8')).trim(),
  write: (name, value) => writeFile(`/proc/sys/${name}`, value),
};

interface Setting {
  name: string;
  without: string;
}

const FORWARD: Setting = { name: 'net/ipv4/ip_forward', without: 'this node passes no packets on' };
const BRIDGE: Setting = {
  name: 'net/bridge/bridge-nf-call-iptables',
  without: 'pods may not reach Services whose endpoints are on the same bridge (load the module br_netfilter)',
};
const LOCALNET: Setting = { name: 'net/ipv4/conf/all/route_localnet', without: 'NodePorts do not answer on 127.0.0.1' };

/** Sets what the rules need of the kernel. What cannot be set is logged, with what will not work. */
export async function ensureSysctls(
  access: SysctlAccess,
  localhostNodePorts: boolean,
  log: (message: string, error?: unknown) => void,
): Promise<void> {
  for (const { name, without } of localhostNodePorts ? [FORWARD, BRIDGE, LOCALNET] : [FORWARD, BRIDGE]) {
    try {
      if ((await access.read(name)) !== '1') await access.write(name, '1');
    } catch (error) {
      log(`cannot set ${name.replaceAll('/', '.')} to 1: ${without}`, error);
    }
  }
}

/** Whether the kernel has been told to let TCP packets pass that fit no window. */
export async function isTcpLiberal(access: SysctlAccess): Promise<boolean> {
  return (await access.read('net/netfilter/nf_conntrack_tcp_be_liberal').catch(() => '0')) !== '0';
}
