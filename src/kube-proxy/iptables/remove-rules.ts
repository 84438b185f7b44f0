import { isServiceChain } from '../chain-names.ts';
import { isFixedChain, JUMPS, type Table } from '../rules/index.ts';
import { runCommand, type RunCommand } from '../run-command.ts';
import { Iptables, type Backend } from './iptables.ts';
import { isJump, targetOf, type SavedRules } from './saved-rules.ts';
import { transaction, type TableChanges } from './transaction.ts';

const TABLES: readonly Table[] = ['mangle', 'filter', 'nat'];

/**
 * Takes away every rule and chain that a proxy, of this run or an earlier one, has put into the tables of this network
 * namespace; what others put there stays, and with it chains of ours that their rules lead to. Throws RestoreFailed.
 */
export async function removeRules(run: RunCommand = runCommand): Promise<void> {
  for (const family of ['IPv4', 'IPv6'] as const) {
    for (const backend of ['nft', 'legacy', ''] as Backend[]) await removeFrom(new Iptables(run, family, backend));
  }
}

async function removeFrom(iptables: Iptables): Promise<void> {
  // Not installed, or the kernel has no tables of this family: then nothing of ours is in them.
  const saved = await iptables.save().catch(() => undefined);
  const input = saved ? removal(saved) : '';
  if (input !== '') await iptables.restore(input);
}

/** The transaction that takes our rules out of these tables. */
function removal(saved: SavedRules): string {
  const changes: Partial<Record<Table, TableChanges>> = {};
  for (const table of TABLES) changes[table] = removalFrom(table, saved.get(table) ?? new Map<string, string[]>());
  return transaction(changes);
}

function removalFrom(table: Table, chains: ReadonlyMap<string, readonly string[]>): TableChanges {
  const own = new Set([...chains.keys()].filter((chain) => isFixedChain(table, chain) || (table === 'nat' && isServiceChain(chain))));
  const commands: string[] = [];
  const needed = new Set<string>();
  const shared = chains.get('KUBE-FIREWALL') ?? [];
  // A kubelet may use this chain as well.
  if (shared.some((rule) => !rule.includes('"block incoming localnet connections"'))) needed.add('KUBE-FIREWALL');
  for (const [chain, rules] of chains) {
    if (own.has(chain)) continue;
    for (const rule of rules) {
      const target = targetOf(rule) ?? '';
      if (!own.has(target) || needed.has(target)) continue;
      if (JUMPS.some((jump) => jump.table === table && isJump(rule, jump))) commands.push(rule.replace(/^-A/, '-D'));
      else keep(target, chains, own, needed);
    }
  }
  const remove = [...own].filter((chain) => !needed.has(chain));
  return { chains: new Map<string, string>(), commands, remove };
}

/** Somebody else's rule leads here: it stays, with all that it leads to. */
function keep(chain: string, chains: ReadonlyMap<string, readonly string[]>, own: ReadonlySet<string>, needed: Set<string>): void {
  if (!own.has(chain) || needed.has(chain)) return;
  needed.add(chain);
  for (const rule of chains.get(chain) ?? []) keep(targetOf(rule) ?? '', chains, own, needed);
}
