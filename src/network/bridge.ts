import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CNI_CONFIG_NAME, type CniOptions } from './cni-config.ts';

const run = promisify(execFile);

interface Leftovers {
  /** Rules that jump to the network's chains. */
  jumps: string[];
  chains: string[];
}

/** What the bridge and portmap plugins left behind of one network: pods that were not taken down in good order. */
export function cniLeftovers(rules: readonly string[], network: string): Leftovers {
  // Every such rule is marked with the network's name: `--comment "name: \"skiff\" id: …"`, `--comment "dnat name: …"`.
  const mark = `name: \\"${network}\\" id: `;
  const jumps = rules.filter((rule) => rule.startsWith('-A') && rule.includes(mark) && / -j CNI-/.test(rule));
  const chains = new Set(jumps.map((rule) => / -j (CNI-\S+)/.exec(rule)?.[1] ?? ''));
  return { jumps, chains: [...chains].filter((chain) => /^CNI-(?:[0-9a-f]{24}|DN-[0-9a-f]+)$/.test(chain)) };
}

/** The chains that the portmap plugin makes once and for all networks. */
const HOST_PORT_CHAINS = ['CNI-HOSTPORT-DNAT', 'CNI-HOSTPORT-MASQ', 'CNI-HOSTPORT-SETMARK'];

/** The host ports' common chains, if no network has a host port any more. */
export function hostPortLeftovers(rules: readonly string[]): Leftovers {
  const chains = HOST_PORT_CHAINS.filter((chain) => rules.some((rule) => rule.startsWith(`:${chain} `)));
  if (rules.some((rule) => rule.startsWith('-A CNI-HOSTPORT-DNAT '))) return { jumps: [], chains: [] };
  const jumps = rules.filter((rule) => / -j (?:CNI-HOSTPORT-\w+)$/.test(rule) && !rule.startsWith('-A CNI-'));
  return { jumps, chains };
}

/** Deletes them in one transaction. */
async function removeLeftovers(network: string): Promise<void> {
  const { stdout } = await run('iptables-save', ['-t', 'nat']).catch(() => ({ stdout: '' }));
  const rules = stdout.split('\n');
  const own = cniLeftovers(rules, network);
  const shared = hostPortLeftovers(rules.filter((rule) => !own.jumps.includes(rule)));
  const chains = [...own.chains, ...shared.chains];
  // The chains that go are emptied first: what was in them needs no deleting.
  const jumps = [...own.jumps, ...shared.jumps].filter((rule) => !chains.some((chain) => rule.startsWith(`-A ${chain} `)));
  if (jumps.length + chains.length === 0) return;
  const lines = [
    '*nat',
    ...chains.map((chain) => `:${chain} - [0:0]`),
    ...jumps.map((rule) => rule.replace(/^-A/, '-D')),
    ...chains.map((chain) => `-X ${chain}`),
    'COMMIT',
    '',
  ];
  const restoring = run('iptables-restore', ['--noflush']);
  restoring.child.stdin?.end(lines.join('\n'));
  await restoring;
}

/** Takes the pods' network off the node: the bridge, its configuration, its addresses, the plugins' rules. The pods must be gone. */
export async function removePodNetwork({
  name = 'skiff',
  bridge = 'cni0',
  confDir,
  dataDir,
}: Pick<CniOptions, 'name' | 'bridge' | 'confDir' | 'dataDir'>): Promise<void> {
  // Asked of the kernel itself: /sys may show another network namespace's links.
  const isThere = await run('ip', ['link', 'show', bridge]).then(
    () => true,
    () => false,
  );
  if (isThere) await run('ip', ['link', 'delete', bridge]);
  await removeLeftovers(name);
  await rm(join(confDir, CNI_CONFIG_NAME), { force: true });
  await rm(dataDir, { recursive: true, force: true });
}
