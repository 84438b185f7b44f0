import { isMissingProgram, type CommandResult, type RunCommand } from '../run-command.ts';
import type { Backend } from './iptables.ts';

/** Chains by which kubelets and proxies mark the iptables that they use. */
const HINT = /^:(?:KUBE-IPTABLES-HINT|KUBE-KUBELET-CANARY|KUBE-PROXY-CANARY) /m;

/**
 * Which of the kernel's two sets of tables this machine uses: the one with Kubernetes' chains, else the one with more rules,
 * else what `iptables` stands for. Rules in both would be obeyed one after the other. Throws when there is no iptables at all.
 */
export async function detectBackend(run: RunCommand): Promise<Backend> {
  const [nft, legacy, plain] = await Promise.all([
    savedText(run, 'iptables-nft-save'),
    savedText(run, 'iptables-legacy-save'),
    run('iptables', ['--version']).catch(expectMissing),
  ]);
  if (nft === undefined || legacy === undefined) {
    if (plain) return '';
    if (nft ?? legacy) return nft === undefined ? 'legacy' : 'nft';
    throw new Error('iptables is not installed: install the package "iptables"');
  }
  const chosen = choose(nft, legacy);
  // Say `iptables` where that is the same, as the CNI plugins do.
  return !chosen || plain?.stdout.includes(chosen === 'nft' ? 'nf_tables' : 'legacy') ? (plain ? '' : 'nft') : chosen;
}

function choose(nft: string, legacy: string): Backend {
  if (HINT.test(nft)) return 'nft';
  if (HINT.test(legacy)) return 'legacy';
  const difference = countRules(nft) - countRules(legacy);
  return difference > 0 ? 'nft' : difference < 0 ? 'legacy' : '';
}

/** All tables that exist. To name one would make the kernel load it. Undefined: there is no such program. */
async function savedText(run: RunCommand, program: string): Promise<string | undefined> {
  return (await run(program, []).catch(expectMissing))?.stdout;
}

function expectMissing(error: unknown): CommandResult | undefined {
  if (isMissingProgram(error)) return undefined;
  throw error;
}

function countRules(saved: string): number {
  return saved.match(/^-A /gm)?.length ?? 0;
}
