import type { IpFamily } from '../options.ts';
import type { CommandResult, RunCommand } from '../run-command.ts';
import { JUMPS } from '../rules/index.ts';
import { parseSavedRules, type SavedRules } from './saved-rules.ts';

/** `''` is the one that the machine has set up as `iptables`, whichever it is. */
export type Backend = 'nft' | 'legacy' | '';

/** iptables-restore refused a transaction or could not carry it out. */
export class RestoreFailed extends Error {
  constructor(result: CommandResult, input: string) {
    const line = Number(/(?:line|Error occurred at line:) ?(\d+)/.exec(result.stderr)?.[1] ?? 0);
    const context =
      line > 0
        ? `\n${input
            .split('\n')
            .slice(Math.max(0, line - 4), line + 3)
            .join('\n')}`
        : '';
    super(`iptables-restore failed (exit code ${result.code}): ${result.stderr.trim()}${context}`);
    this.name = 'RestoreFailed';
  }
}

/** Seconds to wait for another program that holds the lock. */
const LOCK_SECONDS = '5';

/** The iptables programs of one family and one backend. */
export class Iptables {
  readonly #run: RunCommand;
  readonly #name: string;

  constructor(run: RunCommand, family: IpFamily, backend: Backend) {
    this.#run = run;
    this.#name = `${family === 'IPv6' ? 'ip6tables' : 'iptables'}${backend && `-${backend}`}`;
  }

  /** All tables, or one. Throws when they cannot be read. */
  async save(table?: string): Promise<SavedRules> {
    const result = await this.#run(`${this.#name}-save`, table ? ['-t', table] : []);
    if (result.code !== 0) throw new Error(`${this.#name}-save failed (exit code ${result.code}): ${result.stderr.trim()}`);
    return parseSavedRules(result.stdout);
  }

  /** Carries out one transaction; other rules stay as they are. Throws RestoreFailed. */
  async restore(input: string): Promise<void> {
    const result = await this.#run(`${this.#name}-restore`, ['-w', LOCK_SECONDS, '--noflush', '--counters'], input);
    if (result.code !== 0) throw new RestoreFailed(result, input);
  }

  /** Whether the rules that lead to all others are in place: whoever flushes or reloads the tables takes them away. */
  async isInPlace(): Promise<boolean> {
    for (const table of ['nat', 'filter']) {
      const { from, to, match } = JUMPS.findLast((jump) => jump.table === table && jump.comment !== '')!;
      const args = ['-w', LOCK_SECONDS, '-t', table, '-C', from, ...splitArguments(match), '-j', to];
      if ((await this.#run(this.#name, args)).code !== 0) return false;
    }
    return true;
  }
}

function splitArguments(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
}
