import { spawn } from 'node:child_process';
import { access } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import type { ClusterConfig } from '../config.ts';
import { Failure } from '../failure.ts';
import type { Progress } from '../progress.ts';

/** A program that a node needs, and the Debian package that brings it. */
interface Need {
  program: string;
  package: string;
}

const NEEDS: readonly Need[] = [
  { program: 'containerd', package: 'containerd' },
  { program: 'runc', package: 'runc' },
  { program: '/usr/lib/cni/bridge', package: 'containernetworking-plugins' },
  { program: 'iptables-restore', package: 'iptables' },
  { program: 'conntrack', package: 'conntrack' },
  { program: 'ip', package: 'iproute2' },
  { program: 'mount', package: 'mount' },
];

const SEARCH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** Where a program is; undefined when it is not installed. */
export async function findProgram(program: string): Promise<string | undefined> {
  const path = (process.env['PATH'] ?? '').split(':').filter((dir) => dir !== '');
  const candidates = program.startsWith('/') ? [program] : [...new Set([...path, ...SEARCH])].map((dir) => `${dir}/${program}`);
  for (const candidate of candidates) {
    const there = await access(candidate).then(
      () => true,
      () => false,
    );
    if (there) return candidate;
  }
  return undefined;
}

/** The packages that this machine lacks for running a node. */
export async function missingPackages(config?: Pick<ClusterConfig, 'containerRuntimeEndpoint'>): Promise<string[]> {
  const needs =
    config?.containerRuntimeEndpoint === undefined ? NEEDS : NEEDS.filter(({ program }) => program !== 'containerd' && program !== 'runc');
  const found = await Promise.all(needs.map(async (need) => ((await findProgram(need.program)) === undefined ? [need.package] : [])));
  return [...new Set(found.flat())];
}

/** Installs what a node needs and the machine lacks. Asks first on a terminal. Throws Failure when it cannot. */
export async function installMissing(config: ClusterConfig, mayInstall: boolean, progress: Progress): Promise<void> {
  const missing = await missingPackages(config);
  if (missing.length === 0) return;
  const byHand = `install them yourself: apt-get install ${missing.join(' ')}`;
  const refused = (why: string, cause?: unknown): Failure =>
    new Failure(
      `this machine lacks ${missing.join(', ')}, which a node with real containers needs, and ${why}`,
      `${byHand}\n  or start a cluster without a node: skiff up --node-runtime none`,
      { cause },
    );
  if (!mayInstall) throw refused('--no-install was given');
  if ((await findProgram('apt-get')) === undefined) throw refused('there is no apt-get here');
  if (!(await agrees(missing))) throw refused('you did not want them installed');
  try {
    await progress.step(`Installing ${missing.join(', ')}`, async () => {
      await aptGet(['update', '-q']);
      await aptGet(['install', '-y', '-q', '--no-install-recommends', ...missing]);
    });
  } catch (error) {
    throw refused(`apt-get could not install them:\n  ${error instanceof Error ? error.message : String(error)}`, error);
  }
}

async function agrees(packages: readonly string[]): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return true;
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await prompt.question(`A node needs these Debian packages: ${packages.join(', ')}. Install them? [Y/n] `);
    return !/^n/i.test(answer.trim());
  } finally {
    prompt.close();
  }
}

function aptGet(args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('apt-get', args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
    });
    let output = '';
    const keep = (data: Buffer): void => {
      output = (output + data.toString()).slice(-4000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', reject);
    child.on('close', (code) => {
      const tail = output.trim().split('\n').slice(-4).join('\n  ');
      if (code === 0) resolve();
      else reject(new Error(tail === '' ? `apt-get ended with ${code}` : tail));
    });
  });
}
