import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Background } from './background.ts';
import { SKIFF } from './cluster.ts';
import { run, type Result } from './run.ts';

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'skiff-bad-'));
});
afterEach(async () => {
  await skiff(['delete', 'bad', '--data-dir', join(home, 'data'), '--no-merge']);
  await rm(home, { recursive: true, force: true });
});

const env = (): NodeJS.ProcessEnv => ({ PATH: process.env['PATH'], HOME: home });

async function skiff(args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<Result> {
  return await run(SKIFF, args, { env: { ...env(), ...more }, timeoutMs: 120_000 });
}

const up = (...args: string[]): string[] => [
  'up',
  'bad',
  '--data-dir',
  join(home, 'data'),
  '--no-merge',
  '--node-runtime',
  'none',
  ...args,
];

/** Whether a process runs that was started for the cluster of this test. */
async function running(): Promise<string[]> {
  const { stdout } = await run('ps', ['-eo', 'args=']);
  return stdout.split('\n').filter((line) => line.includes(`--data-dir ${home}`));
}

/** What a command complained about. Throws when it succeeded, or answered with a stack: a person reads this. */
function refusal({ code, stdout, stderr }: Result): string {
  if (code === 0) throw new Error(`expected a refusal, but it went through: ${stdout}${stderr}`);
  if (/^\s+at .*[:(]\d+/m.test(stderr)) throw new Error(`a stack is no message: ${stderr}`);
  return stderr;
}

describe('up', () => {
  test('says that a port is taken, and by whom if it can, and leaves nothing running', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      expect(refusal(await skiff(up('--port', String(port))))).toMatch(
        new RegExp(`port ${port}\\b.* (taken|in use)|${port}\\b.*already in use`),
      );
      expect(await running()).toEqual([]);
    } finally {
      server.close();
    }
    // Once the port is free, the same command works: nothing half-made is in its way.
    expect((await skiff(up('--port', String(port)))).code).toBe(0);
  });

  test('says that a node needs root', async ({ skip }) => {
    if (process.getuid?.() !== 0) skip();
    await run('chmod', ['777', home]);
    const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups', SKIFF];
    const refused = await run('setpriv', [...nobody, 'up', 'bad', '--port', '0', '--no-merge', '--data-dir', join(home, 'mine')], {
      env: env(),
    });
    expect(refusal(refused)).toMatch(/needs root/);
    expect(refused.stderr).toContain('--node-runtime none');
  });

  test('needs no root without a node', async ({ skip }) => {
    if (process.getuid?.() !== 0) skip();
    await run('chmod', ['777', home]);
    const nobody = (...args: string[]): Promise<Result> =>
      run('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', SKIFF, ...args], { env: env(), timeoutMs: 120_000 });
    expect(await nobody('up', 'mine', '--node-runtime', 'none', '--port', '0', '--no-merge')).toMatchObject({ code: 0 });
    expect((await nobody('list')).stdout).toMatch(/^mine\s+running/m);
    expect((await readdir(join(home, '.local/share/skiff'))).sort()).toEqual(['mine']);
    expect(await nobody('delete', 'mine', '--no-merge')).toMatchObject({ code: 0 });
  });

  test('names the packages that are missing when it may not install them', async ({ skip }) => {
    if (process.getuid?.() !== 0) skip();
    // An empty folder over the CNI plugins: what a machine without them looks like.
    const { code, stderr } = await run(
      'unshare',
      ['--mount', 'sh', '-c', `mkdir -p ${home}/none /usr/lib/cni && mount --bind ${home}/none /usr/lib/cni && exec "$@"`, 'sh'].concat([
        SKIFF,
        'up',
        'bad',
        '--data-dir',
        join(home, 'data'),
        '--port',
        '0',
        '--no-merge',
        '--no-install',
      ]),
      { env: env(), timeoutMs: 60_000 },
    );
    expect(stderr).toContain('containernetworking-plugins');
    expect(stderr).toContain('apt-get install');
    expect(code).not.toBe(0);
    expect(await running()).toEqual([]);
  });

  test("does not touch another version's data, nor somebody else's folder", async () => {
    await mkdir(join(home, 'data'));
    await writeFile(join(home, 'data/cluster.json'), JSON.stringify({ format: 99, name: 'bad' }));
    expect(refusal(await skiff(up('--port', '0')))).toMatch(/another version of Skiff \(format 99/);
    await rm(join(home, 'data/cluster.json'));
    await writeFile(join(home, 'data/thesis.odt'), 'precious');
    expect(refusal(await skiff(up('--port', '0')))).toMatch(/thesis\.odt, which is not Skiff's/);
    expect(await readdir(join(home, 'data'))).toContain('thesis.odt');
    await rm(join(home, 'data/thesis.odt'));
  });

  test('says that a configuration is damaged', async () => {
    await mkdir(join(home, 'data'));
    await writeFile(join(home, 'data/cluster.json'), '{"format": 1, "na');
    expect(refusal(await skiff(up('--port', '0')))).toMatch(/cluster\.json is damaged/);
  });

  test('goes on where a start broke off half-way', async () => {
    const first = await skiff(up('--port', '0'));
    expect(first.code).toBe(0);
    expect((await skiff(['down', 'bad', '--data-dir', join(home, 'data')])).code).toBe(0);
    // What a machine looks like that lost its power while the certificates were written.
    await rm(join(home, 'data/cluster.json'));
    await rm(join(home, 'data/admin.conf'));
    await writeFile(join(home, 'data/pki/apiserver.crt'), '');
    const again = await skiff(up('--port', '0'));
    expect(again).toMatchObject({ code: 0 });
  });

  test('run twice at the same time makes one cluster', async () => {
    const both = await Promise.all([skiff(up('--port', '0')), skiff(up('--port', '0'))]);
    expect(both.filter(({ code }) => code === 0).length).toBeGreaterThanOrEqual(1);
    for (const result of both.filter(({ code }) => code !== 0))
      expect(refusal(result)).toMatch(/another skiff command .* is working on this cluster/);
    expect((await running()).filter((line) => line.includes('run control-plane'))).toHaveLength(1);
    const third = await skiff(up('--port', '0'));
    expect(third).toMatchObject({ code: 0, stderr: expect.stringContaining('running already') as unknown });
  });

  test('refuses names that cannot be, options that contradict the cluster, and options that do not exist', async () => {
    expect(refusal(await skiff(['up', 'No_Name', '--node-runtime', 'none', '--data-dir', join(home, 'data')]))).toMatch(
      /"No_Name" cannot be a cluster's name/,
    );
    expect((await skiff(up('--port', '0'))).code).toBe(0);
    expect(refusal(await skiff(up('--port', '1')))).toMatch(/exists with port \d+, not 1/);
    expect(refusal(await skiff(['up', '--nonsense']))).toMatch(/unknown option '--nonsense'/);
    expect(refusal(await skiff(['up', '--port', 'many']))).toMatch(/whole number/);
    expect(refusal(await skiff(['nonsense']))).toMatch(/unknown command 'nonsense'/);
  });

  test('leaves nothing running when it is interrupted', async () => {
    await using starting = new Background(SKIFF, up('--port', '0'), env());
    await starting.until('Certificates');
    starting.child.kill('SIGINT');
    await starting.exit();
    // Either it was through already, and everything stands; or nothing runs.
    const { stdout } = await skiff(['status', 'bad', '--data-dir', join(home, 'data'), '-o', 'json']);
    const processes = stdout.includes('"state": "running"') ? 1 : 0;
    await expect.poll(running, { timeout: 10_000 }).toHaveLength(processes);
  });
});

describe('other commands', () => {
  test('say that there is no such cluster', async () => {
    for (const command of ['down', 'delete', 'status', 'kubeconfig'])
      expect(refusal(await skiff([command, 'bad', '--data-dir', join(home, 'data')]))).toMatch(/there is no cluster/);
    expect(refusal(await skiff(['logs', '--name', 'bad', '--data-dir', join(home, 'data')]))).toMatch(/has no logs/);
  });

  test('every command explains itself, with examples', async () => {
    for (const command of ['up', 'down', 'delete', 'status', 'list', 'logs', 'kubeconfig', 'doctor']) {
      const { code, stdout } = await skiff([command, '--help']);
      expect(code).toBe(0);
      expect(stdout).toContain('Examples:');
    }
  });

  test('delete removes a cluster whose configuration is damaged', async () => {
    expect((await skiff(up('--port', '0'))).code).toBe(0);
    await writeFile(join(home, 'data/cluster.json'), 'garbage');
    expect(await skiff(['delete', 'bad', '--data-dir', join(home, 'data'), '--no-merge'])).toMatchObject({ code: 0 });
    expect(await running()).toEqual([]);
    expect(await readdir(home)).not.toContain('data');
  });
});
