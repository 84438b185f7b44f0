import type { Table } from '../rules/index.ts';

/** What one transaction does to a table, in this order. */
export interface TableChanges {
  /** Chains that shall hold these rules and nothing else, made where they do not exist: name → lines `-A NAME …\n`. */
  chains: ReadonlyMap<string, string>;
  /** Single lines on chains that are not ours: `-I INPUT …`, `-D INPUT …`. */
  commands?: readonly string[];
  /** Chains to delete. Nothing may lead to them. */
  remove?: readonly string[];
}

const ORDER: readonly Table[] = ['mangle', 'filter', 'nat'];

/** The input of `iptables-restore --noflush`. `''` when there is nothing to do. */
export function transaction(changes: Partial<Record<Table, TableChanges>>): string {
  const parts: string[] = [];
  for (const table of ORDER) {
    const { chains = new Map<string, string>(), commands = [], remove = [] } = changes[table] ?? {};
    if (chains.size + commands.length + remove.length === 0) continue;
    parts.push(`*${table}\n`);
    // A chain's declaration makes it or empties it.
    for (const chain of chains.keys()) parts.push(`:${chain} - [0:0]\n`);
    for (const chain of remove) parts.push(`:${chain} - [0:0]\n`);
    for (const rules of chains.values()) parts.push(rules);
    for (const command of commands) parts.push(command, '\n');
    for (const chain of remove) parts.push(`-X ${chain}\n`);
    parts.push('COMMIT\n');
  }
  return parts.join('');
}
