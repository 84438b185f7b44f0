import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a node's network needs of the kernel. */
const SETTINGS: Readonly<Record<string, string>> = {
  'net/ipv4/ip_forward': '1',
  // Services between pods of one bridge: their packets have to pass the rules.
  'net/bridge/bridge-nf-call-iptables': '1',
  // NodePorts on 127.0.0.1.
  'net/ipv4/conf/all/route_localnet': '1',
};

export interface SysctlChange {
  name: string;
  before: string;
}

/**
 * Sets what is not set yet. Resolves with what was changed, for `restoreSysctls`. Throws when a setting cannot be made, with
 * its name.
 */
export async function applySysctls(settings = SETTINGS): Promise<SysctlChange[]> {
  const changes: SysctlChange[] = [];
  for (const [name, value] of Object.entries(settings)) {
    const path = `/proc/sys/${name}`;
    let before = await readFile(path, 'utf8').catch(() => undefined);
    if (before === undefined && name.startsWith('net/bridge/')) {
      await run('modprobe', ['br_netfilter']).catch(() => {});
      before = await readFile(path, 'utf8').catch(() => undefined);
    }
    if (before?.trim() === value) continue;
    try {
      await writeFile(path, value);
    } catch (error) {
      throw new Error(`cannot set ${name.replaceAll('/', '.')} to ${value}: ${(error as Error).message}`, { cause: error });
    }
    changes.push({ name, before: before?.trim() ?? '' });
  }
  return changes;
}

/** Puts back what `applySysctls` changed. */
export async function restoreSysctls(changes: readonly SysctlChange[]): Promise<void> {
  for (const { name, before } of changes) if (before !== '') await writeFile(`/proc/sys/${name}`, before).catch(() => {});
}
