import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BUILDABLE, buildImage, ensureEmptyImage, ensurePauseImage, imageProvider, listImages, loadImages } from '#images';
import { startImageMachine, type ImageMachine } from './container.ts';

const PAUSE = 'registry.k8s.io/pause:3.10.1';

let machine: ImageMachine;
let cacheDir: string;
let provide: (image: string) => Promise<boolean>;
const stages: string[] = [];

beforeAll(async () => {
  machine = await startImageMachine(PAUSE);
  cacheDir = join(machine.directory, 'cache');
  provide = imageProvider({ socket: machine.socket, cacheDir, onProgress: ({ image, stage }) => stages.push(`${image} ${stage}`) });
});

afterAll(async () => await machine.close());

const imageNames = async (): Promise<string[]> => (await listImages(machine.socket)).flatMap(({ repoTags }) => repoTags);

/** The page, once the server has begun to listen. */
async function page(id: string, url: string): Promise<string> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const { stdout, code } = await machine.exec(id, 'wget', '-qO-', '-T', '5', url);
    if (code === 0) return stdout;
  }
  throw new Error(`no page at ${url}`);
}

describe('the sandbox image', () => {
  test('is there at once, under the name asked for, and waits until it is told to end', async () => {
    await ensurePauseImage({ socket: machine.socket, ref: PAUSE });
    expect(await imageNames()).toContain(PAUSE);
    await machine.start(PAUSE, 'pause');
    expect(await machine.ctr('task', 'ls')).toMatch(/^pause-\d+ +\d+ +RUNNING/m);
    const exited = machine.ctr('task', 'wait', machine.idOf('pause')).catch(() => '');
    await machine.ctr('task', 'kill', '--signal', 'SIGTERM', machine.idOf('pause'));
    await exited;
  });

  test('is left as it is when there is one', async () => {
    const before = (await listImages(machine.socket)).find(({ repoTags }) => repoTags.includes(PAUSE));
    await ensurePauseImage({ socket: machine.socket, ref: PAUSE });
    expect((await listImages(machine.socket)).find(({ repoTags }) => repoTags.includes(PAUSE))).toEqual(before);
  });

  test('an empty image can be made in the same way', async () => {
    await ensureEmptyImage({ socket: machine.socket, ref: 'skiff.local/empty:1' });
    expect(await imageNames()).toContain('skiff.local/empty:1');
  });
});

describe('nginx', () => {
  test('is built once for two that ask at the same time, and serves its welcome page', async () => {
    expect(await Promise.all([provide('nginx'), provide('nginx:1.25')])).toEqual([true, true]);
    expect(stages.filter((stage) => stage.endsWith('building'))).toHaveLength(1);
    expect(await imageNames()).toEqual(expect.arrayContaining(['docker.io/library/nginx:latest', 'docker.io/library/nginx:1.25']));
    await machine.start('docker.io/library/nginx:latest', 'nginx');
    expect(await page('nginx', 'http://127.0.0.1/')).toContain('<h1>Welcome to nginx!</h1>');
  });

  test('is laid out like the official one, with a shell and curl', async () => {
    expect((await machine.exec('nginx', 'curl', '-sI', 'http://localhost')).stdout).toMatch(/^HTTP\/1.1 200 OK\r\nServer: nginx\//);
    expect((await machine.exec('nginx', 'bash', '-c', 'echo hello > /usr/share/nginx/html/index.html && curl -s localhost')).stdout).toBe(
      'hello\n',
    );
    const files = await machine.exec(
      'nginx',
      'ls',
      '/etc/nginx/conf.d',
      '/docker-entrypoint.sh',
      '/docker-entrypoint.d',
      '/var/cache/nginx',
    );
    expect(files).toMatchObject({ code: 0, stdout: expect.stringContaining('default.conf') });
    expect((await machine.exec('nginx', 'nginx', '-v')).stderr).toMatch(/^nginx version: nginx\/1\./);
    expect((await machine.exec('nginx', 'sh', '-c', 'test "nginx/$NGINX_VERSION" = "$(nginx -v 2>&1 | sed "s/.*: //")"')).code).toBe(0);
  });

  test('is imported from the cache when another name is asked for', async () => {
    stages.length = 0;
    expect(await provide('nginx:1.16.1')).toBe(true);
    expect(stages).toEqual(['nginx:1.16.1 importing']);
    stages.length = 0;
    expect(await provide('nginx:1.16.1')).toBe(true);
    expect(stages).toEqual([]);
  });

  test('is the same image when it is built again, and only then stands in for a digest', async () => {
    const { digest, archive } = await buildImage('nginx', { cacheDir });
    await rm(archive);
    expect((await buildImage('nginx', { cacheDir })).digest).toBe(digest);
    expect((await stat(archive)).size).toBeGreaterThan(1e6);
    expect(await provide(`nginx@${digest}`)).toBe(true);
    expect(await provide(`nginx@sha256:${'0'.repeat(64)}`)).toBe(false);
  });

  test('a tag that the real one does not have is not provided', async () => {
    expect(await provide('nginx:1.161')).toBe(false);
    expect(await provide('example.com/nginx')).toBe(false);
  });
});

test('httpd serves its page from its own layout', async () => {
  expect(await provide('httpd:2.4')).toBe(true);
  await machine.start('docker.io/library/httpd:2.4', 'httpd');
  expect(await page('httpd', 'http://127.0.0.1/')).toBe('<html><body><h1>It works!</h1></body></html>\n');
  expect((await machine.exec('httpd', 'sh', '-c', 'cd htdocs && pwd && cat ../logs/httpd.pid')).stdout).toBe(
    '/usr/local/apache2/htdocs\n1\n',
  );
  expect((await machine.exec('httpd', 'httpd', '-t')).stderr).toContain('Syntax OK');
});

test.each([
  ['redis:7', 'redis-cli ping', 'PONG\n'],
  ['registry:2', 'wget -qO- http://127.0.0.1:5000/v2/_catalog', '{"repositories":[]}\n'],
])('%s answers', async (image, question, answer) => {
  expect(await provide(image)).toBe(true);
  await machine.start(`docker.io/library/${image}`, image.replace(':', '-'));
  const untilAnswer = `for i in $(seq 50); do ${question} && exit; sleep 0.1; done 2>/dev/null`;
  expect((await machine.exec(image.replace(':', '-'), 'sh', '-c', untilAnswer)).stdout).toBe(answer);
});

describe('busybox', () => {
  beforeAll(async () => {
    await provide('busybox:1.28');
    await machine.start('docker.io/library/busybox:1.28', 'busybox', [
      'sh',
      '-c',
      'mkdir -p /www && echo page > /www/index.html && httpd -p 8080 -h /www && exec sleep 100000',
    ]);
  });

  test.each([
    ['wget', '-qO-', 'http://127.0.0.1:8080'],
    ['wget', '-q', '-O', '-', '-T', '2', 'http://127.0.0.1:8080'],
    ['sh', '-c', 'wget -T2 -qO- http://127.0.0.1:8080'],
    ['wget', '--timeout=2', '-qO-', 'http://127.0.0.1:8080'],
    ['wget', '-qT', '2', '-O-', 'http://127.0.0.1:8080'],
    ['wget', '--timeout', '2', '--tries=1', '--quiet', '--output-document=-', 'http://127.0.0.1:8080'],
  ])('fetches a page: %s %s %s %s', async (...command) => {
    await page('busybox', 'http://127.0.0.1:8080');
    expect(await machine.exec('busybox', ...command)).toEqual({ stdout: 'page\n', stderr: '', code: 0 });
  });

  test('wget gives up in time', async () => {
    await machine.exec('busybox', 'sh', '-c', 'nc -l -p 8081 -e sleep 30 >/dev/null 2>&1 &');
    expect(await machine.exec('busybox', 'wget', '-qO-', '-T', '1', 'http://127.0.0.1:8081')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('wget: download timed out'),
    });
    expect(await machine.exec('busybox', 'wget', '--spider', '--timeout=1', 'http://127.0.0.1:9')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Connection refused'),
    });
  });

  test('nc looks whether a port is open', async () => {
    expect(await machine.exec('busybox', 'nc', '-zv', '-w', '2', '127.0.0.1', '8080')).toMatchObject({
      code: 0,
      stderr: '127.0.0.1 (127.0.0.1:8080) open\n',
    });
    expect(await machine.exec('busybox', 'nc', '-z', '-w2', '127.0.0.1', '9')).toMatchObject({ code: 1 });
    expect((await machine.exec('busybox', 'sh', '-c', 'printf "GET / HTTP/1.0\\r\\n\\r\\n" | nc -w 2 127.0.0.1 8080')).stdout).toContain(
      'page',
    );
  });

  test('has its shell and tools', async () => {
    expect((await machine.exec('busybox', 'sh', '-c', 'vi --help 2>&1 | head -1; id -u; /usr/bin/env true && echo ok')).stdout).toMatch(
      /^BusyBox v1\..*\n0\nok\n$/,
    );
  });
});

describe('images from files', () => {
  test('are loaded under their name and used where no registry answers', async () => {
    const { archive } = await buildImage('busybox', { cacheDir });
    expect(await loadImages({ socket: machine.socket, files: [archive], name: 'example.com/team/app:v1' })).toEqual([
      'example.com/team/app:v1',
    ]);
    expect(await imageNames()).toContain('example.com/team/app:v1');
    expect(await provide('example.com/team/app:v1')).toBe(true);
    expect(await provide('example.com/team/app:v2')).toBe(false);
  });

  test('what was saved elsewhere is loaded under the names in it, compressed or not', async () => {
    const file = join(machine.directory, 'saved.tar');
    await machine.ctr('images', 'tag', 'docker.io/library/busybox:1.28', 'docker.io/team/saved:3');
    await machine.ctr('images', 'export', file, 'docker.io/team/saved:3');
    await writeFile(`${file}.gz`, gzipSync(await readFile(file), { level: 1 }));
    await machine.ctr('images', 'rm', 'docker.io/team/saved:3');
    expect(await loadImages({ socket: machine.socket, files: [file] })).toEqual(['docker.io/team/saved:3']);
    await machine.ctr('images', 'rm', 'docker.io/team/saved:3');
    expect(await loadImages({ socket: machine.socket, files: [`${file}.gz`] })).toEqual(['docker.io/team/saved:3']);
  });

  test('what is no archive is refused by its name', async () => {
    const file = join(machine.directory, 'nonsense.tar');
    await writeFile(file, 'nonsense');
    await expect(loadImages({ socket: machine.socket, files: [file] })).rejects.toThrow(`cannot load ${file}: `);
  });
});

test('without packages, an image is not available and says why', async () => {
  const path = process.env.PATH;
  process.env.PATH = '/nonexistent';
  try {
    await expect(buildImage('redis', { cacheDir: join(machine.directory, 'none') })).rejects.toThrow(
      'redis is not available offline: this machine has no apt-get to take packages from',
    );
  } finally {
    process.env.PATH = path;
  }
});

test('every recipe is about an image that can be built by name', () => {
  expect(BUILDABLE).toEqual(expect.arrayContaining(['nginx', 'httpd', 'busybox']));
});
