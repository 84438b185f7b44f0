import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { KUBECTL_VERSIONS } from '../../tools/index.ts';
import { Kubectl } from '../kubectl.ts';
import { FOREVER, nodeCluster, page, readyPod, scriptPod } from '../node-cluster.ts';

const node = nodeCluster();

beforeAll(async () => {
  const { k } = node();
  await Promise.all([
    readyPod(k, scriptPod('shell', FOREVER)),
    readyPod(k, scriptPod('counter', 'trap exit TERM; i=0; while :; do echo line $i; i=$((i+1)); sleep 0.2; done')),
    readyPod(k, scriptPod('echo', 'echo ready; cat', { container: { stdin: true } })),
    k.do('run web --image=nginx').then(async () => await k.do('wait --for=condition=Ready pod/web --timeout=120s', { timeoutMs: 130_000 })),
  ]);
  await k.do('expose pod web --port=80');
}, 200_000);

describe.each(KUBECTL_VERSIONS)('kubectl %s', (version) => {
  const kubectl = (): Kubectl => new Kubectl(node().cluster, version, 'default');

  test('logs shows the lines, the last of them, and follows', async () => {
    const k = kubectl();
    expect(await k.do('logs counter')).toMatch(/^line 0\nline 1\n/);
    expect(await k.do('logs counter --tail=1')).toMatch(/^line \d+$/);
    expect(await k.do('logs counter --tail=1 --timestamps')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|[+-]\d\d:\d\d) line \d+$/);
    await using logs = await k.start('logs -f counter --tail=1');
    const first = Number(/line (\d+)/.exec(await logs.until(/line \d+\n/))?.[1]);
    await logs.until(`line ${first + 5}\n`);
    expect(await k.refused('logs counter -c nothing')).toMatch(/container nothing is not valid for pod counter/);
  });

  test('exec hands over output, errors, input and the exit code', async () => {
    const k = kubectl();
    expect(await k.do(['exec', 'shell', '--', 'echo', 'hello'])).toBe('hello');
    const failed = await k.try(['exec', 'shell', '--', 'sh', '-c', 'echo out; echo err >&2; exit 7']);
    expect(failed).toEqual({ code: 7, stdout: 'out\n', stderr: 'err\ncommand terminated with exit code 7\n' });
    expect(await k.do(['exec', '-i', 'shell', '--', 'cat'], { stdin: 'typed' })).toBe('typed');
    const megabytes = randomBytes(2 ** 20).toString('hex');
    expect(await k.do(['exec', '-i', 'shell', '--', 'wc', '-c'], { stdin: megabytes })).toBe(String(megabytes.length));
    expect((await k.do(['exec', 'shell', '--', 'sh', '-c', 'head -c 3000000 /dev/zero | tr "\\0" x'])).length).toBe(3_000_000);
    expect((await k.try(['exec', 'shell', '--', 'no-such-program'])).stderr).toMatch(/no-such-program/);
  });

  test('exec -it is a terminal', async () => {
    const k = kubectl();
    await using terminal = await k.onTerminal(['exec', '-it', 'shell', '--', 'sh']);
    await terminal.until(/[#$] /);
    terminal.type('tty\n');
    await terminal.until('/dev/pts/');
    terminal.type('echo $((20+3))\n');
    await terminal.until(/\b23\b/);
    terminal.type('exit 3\n');
    expect(await terminal.exit()).toBe(3);
  });

  test('attach joins a running container', async () => {
    const k = kubectl();
    await using attached = await k.start('attach -i echo');
    attached.type(`hello from ${version}\n`);
    expect(await attached.until(`hello from ${version}\n`)).toContain(version);
  });

  test('run -it opens a shell', async () => {
    const k = kubectl();
    const name = `shell-${version.replace('.', '-')}`;
    await using terminal = await k.onTerminal([
      'run',
      name,
      '--image=busybox',
      '--image-pull-policy=IfNotPresent',
      '-it',
      '--restart=Never',
      '--',
      '/bin/sh',
    ]);
    await terminal.until(/If you don't see a command prompt, try pressing enter\.|[#$] /, 60_000);
    terminal.type('\necho $((40+2))\n');
    await terminal.until(/\b42\b/);
    terminal.type('exit\n');
    expect(await terminal.exit(60_000)).toBe(0);
    await k.do(`delete pod ${name}`);
  });

  test('port-forward leads to a pod, and to a service', async () => {
    const k = kubectl();
    for (const target of ['pod/web', 'service/web']) {
      await using forward = await k.start(`port-forward ${target} :80`);
      const port = /127\.0\.0\.1:(\d+)/.exec(await forward.until(/Forwarding from 127\.0\.0\.1:\d+ -> 80/))?.[1];
      const pages = await Promise.all(Array.from({ length: 5 }, async () => await page(`http://127.0.0.1:${port}`)));
      for (const body of pages) expect(body).toContain('Welcome to nginx!');
    }
  });

  test('cp copies files and folders, both ways', async () => {
    const k = kubectl();
    const dir = join(node().cluster.home, `copy-${version}`);
    await mkdir(join(dir, 'folder'), { recursive: true });
    const content = randomBytes(500_000);
    await writeFile(join(dir, 'folder/data.bin'), content);
    await writeFile(join(dir, 'folder/note.txt'), 'note');
    await k.do(['cp', join(dir, 'folder'), `shell:/tmp/copy-${version}`]);
    expect(await k.do(['exec', 'shell', '--', 'cat', `/tmp/copy-${version}/note.txt`])).toBe('note');
    await k.do(['cp', `shell:/tmp/copy-${version}/data.bin`, join(dir, 'back.bin')]);
    expect((await readFile(join(dir, 'back.bin'))).equals(content)).toBe(true);
  });

  test('describe tells what happened to a pod, and what a node has', async () => {
    const k = kubectl();
    const pod = await k.do('describe pod shell');
    for (const reason of ['Scheduled', 'Pulled', 'Created', 'Started']) expect(pod).toMatch(new RegExp(`Normal\\s+${reason}\\s`));
    expect(pod).toMatch(/^Status:\s+Running$/m);
    expect(pod).toMatch(/Container ID:\s+containerd:\/\/[0-9a-f]{64}/);
    const described = await k.do(['describe', 'node']);
    expect(described).toMatch(/^\s+Ready\s+True\s/m);
    expect(described).toMatch(/^\s+default\s+shell\s/m);
  });
});
