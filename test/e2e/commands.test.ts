import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { kubectlPath } from '../tools/index.ts';
import { Background } from './background.ts';
import { SKIFF } from './cluster.ts';
import { output, run, type Result } from './run.ts';

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'skiff-commands-'));
});
afterEach(async () => {
  await skiff('delete', 'lab', ...dataDir());
  await rm(home, { recursive: true, force: true });
});

const env = (): NodeJS.ProcessEnv => ({ PATH: process.env['PATH'], HOME: home });
const dataDir = (): string[] => ['--data-dir', join(home, 'lab')];
const up = (...args: string[]): string[] => ['up', 'lab', ...dataDir(), '--node-runtime', 'none', '--port', '0', ...args];

async function skiff(...args: string[]): Promise<Result> {
  return await run(SKIFF, args, { env: env(), timeoutMs: 120_000 });
}

async function kubectl(...args: string[]): Promise<string> {
  return await output(await kubectlPath('1.36'), args, { env: env() });
}

test('up tells each step with its time, and how to go on; a second up finds the cluster running', async () => {
  const { code, stderr } = await skiff(...up());
  expect(code).toBe(0);
  expect(stderr).toMatch(/^✓ Control plane: .* \(\d+\.\d s\)$/m);
  expect(stderr).toMatch(/^Cluster lab is up after \d+\.\d s: https:\/\/127\.0\.0\.1:\d+$/m);
  expect(stderr).toContain(`export KUBECONFIG=${join(home, 'lab/admin.conf')}`);
  expect(stderr.slice(stderr.indexOf('Try:')).match(/^ {2}kubectl /gm)).toHaveLength(3);
  expect((await skiff(...up())).stderr).toContain('running already');
});

test("up makes the cluster kubectl's context, delete takes it out and leaves the others", async () => {
  await kubectl('config', 'set-context', 'mine', '--cluster=other', '--user=me');
  await kubectl('config', 'use-context', 'mine');
  expect(await skiff(...up())).toMatchObject({ code: 0 });
  expect((await kubectl('config', 'current-context')).trim()).toBe('skiff-lab');
  expect(await kubectl('get', 'namespaces', '-o', 'name')).toContain('namespace/default');
  expect(await skiff('delete', 'lab', ...dataDir())).toMatchObject({ code: 0 });
  expect((await kubectl('config', 'get-contexts', '-o', 'name')).trim()).toBe('mine');
  expect(await readFile(join(home, '.kube/config'), 'utf8')).not.toContain('skiff');
});

test('status, list, kubeconfig, logs and doctor speak to people and to programs', async () => {
  const started = JSON.parse((await skiff(...up('-o', 'json'))).stdout) as { name: string; server: string; kubeconfig: string };
  expect(started).toMatchObject({ name: 'lab', kubeconfig: join(home, 'lab/admin.conf') });
  const status = await skiff('status', 'lab', ...dataDir(), '-o', 'json');
  expect(JSON.parse(status.stdout)).toMatchObject({
    name: 'lab',
    state: 'running',
    server: started.server,
    components: [{ name: 'control-plane', running: true }],
  });
  expect((await skiff('status', 'lab', ...dataDir())).stdout).toMatch(/^Cluster lab: running$/m);
  expect((await skiff('kubeconfig', 'lab', ...dataDir(), '--path')).stdout.trim()).toBe(started.kubeconfig);
  expect((await skiff('kubeconfig', 'lab', ...dataDir())).stdout).toContain(started.server);
  expect(await skiff('logs', '--name', 'lab', ...dataDir())).toMatchObject({ code: 0 });
  const findings = JSON.parse((await skiff('doctor', '-o', 'json')).stdout) as { name: string; severity: string }[];
  expect(findings.length).toBeGreaterThan(3);
  for (const { severity } of findings) expect(['ok', 'warning', 'problem']).toContain(severity);
});

test('down keeps the data, up goes on with it, on the same port', async () => {
  const first = JSON.parse((await skiff(...up('-o', 'json'))).stdout) as { server: string; kubeconfig: string };
  const admin = ['--kubeconfig', first.kubeconfig];
  await kubectl(...admin, 'create', 'configmap', 'kept', '--from-literal=a=1');
  const revision = Number(await kubectl(...admin, 'get', 'configmap', 'kept', '-o', 'jsonpath={.metadata.resourceVersion}'));
  expect((await skiff('down', 'lab', ...dataDir())).stderr).toContain('Cluster lab is stopped');
  const stopped = await skiff('status', 'lab', ...dataDir(), '-o', 'json');
  expect(stopped.code).toBe(1);
  expect(JSON.parse(stopped.stdout)).toMatchObject({ state: 'stopped' });
  expect((await skiff('down', 'lab', ...dataDir())).stderr).toContain('was not running');
  const again = JSON.parse((await skiff(...up('-o', 'json'))).stdout) as { server: string };
  expect(again.server).toBe(first.server);
  expect(await kubectl(...admin, 'get', 'configmap', 'kept', '-o', 'jsonpath={.data.a}')).toBe('1');
  await kubectl(...admin, 'create', 'configmap', 'later');
  expect(Number(await kubectl(...admin, 'get', 'configmap', 'later', '-o', 'jsonpath={.metadata.resourceVersion}'))).toBeGreaterThan(
    revision,
  );
});

test('up --foreground stays, and stops the cluster on Ctrl-C', async () => {
  await using staying = new Background(SKIFF, up('--foreground'), env());
  await staying.until('Cluster lab is up', 60_000);
  staying.child.kill('SIGINT');
  expect(await staying.exit(60_000)).toBe(0);
  expect(JSON.parse((await skiff('status', 'lab', ...dataDir(), '-o', 'json')).stdout)).toMatchObject({ state: 'stopped' });
});

test('two clusters with different names live side by side', async () => {
  const other = ['--data-dir', join(home, 'other'), '--no-merge'];
  try {
    const [one, two] = await Promise.all([
      skiff(...up('-o', 'json')),
      skiff('up', 'other', ...other, '--node-runtime', 'none', '--port', '0', '-o', 'json'),
    ]);
    const servers = [one, two].map(({ stdout }) => (JSON.parse(stdout) as { server: string }).server);
    expect(new Set(servers).size).toBe(2);
    const strangers = await run(
      await kubectlPath('1.36'),
      ['--kubeconfig', join(home, 'lab/admin.conf'), '--server', servers[1] ?? '', 'get', 'pods'],
      { env: env() },
    );
    expect(strangers.code).not.toBe(0);
  } finally {
    await skiff('delete', 'other', ...other);
  }
});
