import { expect, test } from 'vitest';
import type { RunCommand } from '../run-command.ts';
import { detectBackend } from './index.ts';

/** A machine with these programs, each with what it prints. */
function machine(programs: Record<string, string>): RunCommand {
  return (command) => {
    const stdout = programs[command];
    if (stdout === undefined) return Promise.reject(Object.assign(new Error(`spawn ${command} ENOENT`), { code: 'ENOENT' }));
    return Promise.resolve({ code: 0, stdout, stderr: '' });
  };
}

const NFT = 'iptables v1.8.9 (nf_tables)';
const HINT = '*mangle\n:KUBE-KUBELET-CANARY - [0:0]\nCOMMIT\n';
const RULES = '*filter\n-A INPUT -j DROP\n-A INPUT -j DROP\nCOMMIT\n';

test.for([
  ['nothing is there: what the machine calls iptables', { 'iptables-nft-save': '', 'iptables-legacy-save': '', iptables: NFT }, ''],
  ['the kubelet uses legacy', { 'iptables-nft-save': RULES, 'iptables-legacy-save': HINT, iptables: NFT }, 'legacy'],
  ['the kubelet uses nft', { 'iptables-nft-save': HINT, 'iptables-legacy-save': RULES, iptables: 'iptables v1.8.9 (legacy)' }, 'nft'],
  ['nft is what the machine calls iptables', { 'iptables-nft-save': HINT, 'iptables-legacy-save': '', iptables: NFT }, ''],
  ['more rules are in legacy', { 'iptables-nft-save': '', 'iptables-legacy-save': RULES, iptables: NFT }, 'legacy'],
  ['an old iptables without variants', { iptables: 'iptables v1.6.1' }, ''],
] as const)('%s', async ([, programs, backend]) => {
  expect(await detectBackend(machine(programs))).toBe(backend);
});

test('without iptables there is a message that says what to install', async () => {
  await expect(detectBackend(machine({}))).rejects.toThrow('iptables is not installed: install the package "iptables"');
});
