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

/** Deletes them in one transaction. */
async function removeLeftovers(network: string): Promise<void> {
  const { stdout } = await run('iptables-save', ['-t', 'nat']).catch(() => ({ stdout: '' }));
  const { jumps, chains } = cniLeftovers(stdout.split('\n'), network);
  if (jumps.length === 0) return;
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
  const isThere = await run('ip', ['link', 'show', bridge]).then(() => true, () => false);
  if (isThere) await run('ip', ['link', 'delete', bridge]);
  await removeLeftovers(name);
  await rm(join(confDir, CNI_CONFIG_NAME), { force: true });
  await rm(dataDir, { recursive: true, force: true });
}
