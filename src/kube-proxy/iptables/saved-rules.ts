import { isServiceChain } from '../chain-names.ts';
import { JUMPS, type Jump, type Table } from '../rules/index.ts';

/** What iptables-save printed: for each table its chains, in order, each with its rules (`-A CHAIN …`). */
export type SavedRules = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

export function parseSavedRules(text: string): SavedRules {
  const tables = new Map<string, Map<string, string[]>>();
  let table = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) tables.set(line.slice(1), (table = new Map()));
    else if (line.startsWith(':')) table.set(line.slice(1, line.indexOf(' ')), []);
    else if (line.startsWith('-A ')) table.get(line.slice(3, line.indexOf(' ', 3)))?.push(line);
  }
  return tables;
}

/** Where a rule leads: `-j CHAIN`, `-g CHAIN`. */
export function targetOf(rule: string): string | undefined {
  return / -[jg] (\S+)/.exec(rule.replace(/"(?:[^"\\]|\\.)*"/g, '""'))?.[1];
}

/** Whether a saved rule is this jump, however iptables has ordered its parts. */
export function isJump(rule: string, { from, to, comment }: Jump): boolean {
  if (!rule.startsWith(`-A ${from} `) || targetOf(rule) !== to) return false;
  return comment === '' ? !rule.includes('--comment') : rule.includes(`"${comment}"`);
}

/** The jumps that the table lacks, as commands that put them at the head of their chains. */
export function missingJumps(saved: SavedRules, table: Table): string[] {
  return JUMPS.filter((jump) => {
    const rules = saved.get(table)?.get(jump.from) ?? [];
    return jump.table === table && !rules.some((rule) => isJump(rule, jump));
  }).map((jump) => ['-I', jump.from, jump.match, '-j', jump.to].filter(Boolean).join(' '));
}

/** The chains of services and endpoints that are in the nat table now. */
export function savedServiceChains(saved: SavedRules): string[] {
  return [...(saved.get('nat')?.keys() ?? [])].filter(isServiceChain);
}
