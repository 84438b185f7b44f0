import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestCluster } from '../cluster.ts';
import { eventually } from '../eventually.ts';
import { Kubectl } from '../kubectl.ts';
import { added, traces, type Traces } from '../machine.ts';
import { FOREVER, nodeAddress, page, readyPod, scriptPod } from '../node-cluster.ts';

let before: Traces;
let cluster: TestCluster;
let k: Kubectl;
let url: string;

beforeAll(async () => {
  before = await traces();
  cluster = await TestCluster.start({ nodeRuntime: 'containerd' });
  k = new Kubectl(cluster, '1.36', 'default');
  await k.do('create deployment web --image=nginx --replicas=2');
  await k.do('expose deployment web --port=80 --type=NodePort');
  await readyPod(k, scriptPod('shell', FOREVER));
  await k.do('rollout status deployment/web --timeout=120s', { timeoutMs: 130_000 });
  url = `http://${await nodeAddress(k)}:${await k.do('get service web -o jsonpath={.spec.ports[0].nodePort}')}`;
  await eventually('the page', async () => await page(url));
}, 300_000);
afterAll(async () => await cluster?.delete());

/** Which containers run, with how often they were started again. */
async function containers(): Promise<string[]> {
  const rows = await k.do([
    'get',
    'pods',
    '-o',
    'jsonpath={range .items[*].status.containerStatuses[*]}{.containerID} {.restartCount}{"\\n"}{end}',
  ]);
  return rows.split('\n').sort();
}

async function containerdPid(): Promise<number> {
  const node = await k.do('get nodes -o jsonpath={.items[0].metadata.name}');
  return (JSON.parse(await readFile(join(cluster.dataDir, 'nodes', node, 'containerd/containerd.pid'), 'utf8')) as { pid: number }).pid;
}

async function works(): Promise<void> {
  await eventually('exec', async () => (await k.do(['exec', 'shell', '--', 'echo', 'alive'])) === 'alive');
  expect(await page(url)).toContain('Welcome to nginx!');
  await k.do('scale deployment web --replicas=3');
  await k.do('rollout status deployment/web --timeout=60s', { timeoutMs: 70_000 });
  await k.do('scale deployment web --replicas=2');
  await eventually('two pods', async () => (await k.do('get pods -l app=web -o name')).split('\n').length === 2);
}

test("the agent's kill -9 leaves the containers running, and the next agent finds them", async () => {
  const running = await containers();
  process.kill(await cluster.pid('agent'), 'SIGKILL');
  expect(await page(url)).toContain('Welcome to nginx!');
  await cluster.up();
  await eventually('exec', async () => (await k.do(['exec', 'shell', '--', 'echo', 'alive'])) === 'alive');
  expect(await containers()).toEqual(running);
  await works();
});

test("the control plane's kill -9 loses nothing, and the node goes on", async () => {
  const running = await containers();
  await k.do('create configmap written --from-literal=a=1');
  process.kill(await cluster.pid('control-plane'), 'SIGKILL');
  expect(await page(url)).toContain('Welcome to nginx!');
  await cluster.up();
  expect(await k.do('get configmap written -o jsonpath={.data.a}')).toBe('1');
  expect(await containers()).toEqual(running);
  await works();
});

test("containerd's kill -9 leaves the containers running, and it is started again", async () => {
  const running = await containers();
  const killed = await containerdPid();
  process.kill(killed, 'SIGKILL');
  expect(await page(url)).toContain('Welcome to nginx!');
  await eventually('another containerd', async () => (await containerdPid()) !== killed);
  await eventually('exec', async () => (await k.do(['exec', 'shell', '--', 'echo', 'alive'])) === 'alive');
  expect(await containers()).toEqual(running);
  await works();
});

test('all three killed at once: up finds the same containers', async () => {
  const running = await containers();
  for (const pid of [await containerdPid(), await cluster.pid('agent'), await cluster.pid('control-plane')]) process.kill(pid, 'SIGKILL');
  expect(await page(url)).toContain('Welcome to nginx!');
  await cluster.up();
  await eventually('exec', async () => (await k.do(['exec', 'shell', '--', 'echo', 'alive'])) === 'alive');
  expect(await containers()).toEqual(running);
});

test('down stops the containers, up brings them back with all data', async () => {
  const uid = await k.do('get namespace default -o jsonpath={.metadata.uid}');
  await cluster.down();
  await expect(page(url)).rejects.toThrow(/fetch failed|timeout/);
  expect((await traces()).processes.filter((line) => line.includes(cluster.dataDir))).toEqual([]);
  await cluster.up();
  expect(await k.do('get namespace default -o jsonpath={.metadata.uid}')).toBe(uid);
  expect(await k.do('get configmap written -o jsonpath={.data.a}')).toBe('1');
  await k.do('rollout status deployment/web --timeout=60s', { timeoutMs: 70_000 });
  await eventually('the page', async () => (await page(url)).includes('Welcome to nginx!'));
});

test('delete leaves nothing on the machine', async () => {
  await readyPod(
    k,
    scriptPod('volumes', FOREVER, {
      container: { volumeMounts: [{ name: 'memory', mountPath: '/memory' }] },
      spec: { volumes: [{ name: 'memory', emptyDir: { medium: 'Memory' } }] },
    }),
  );
  const { home } = cluster;
  await cluster.delete();
  expect(existsSync(home)).toBe(false);
  await eventually('everything gone', async () => Object.keys(added(before, await traces())).length === 0, 10_000).catch(() => undefined);
  expect(added(before, await traces())).toEqual({});
});
