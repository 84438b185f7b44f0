import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestCluster } from './cluster.ts';

let cluster: TestCluster;
let chart: string;

beforeAll(async () => {
  cluster = await TestCluster.start();
  await cluster.helm(['create', 'web'], { cwd: cluster.home });
  chart = join(cluster.home, 'web');
});
afterAll(async () => await cluster.delete());

const NGINX = ['--set', 'image.repository=nginx', '--set', 'image.tag=latest'];

test('helm installs, upgrades, rolls back and uninstalls the chart that it creates', async () => {
  const installed = await cluster.helm(['install', 'shop', chart, ...NGINX]);
  expect(installed).toMatch(/^STATUS: deployed$/m);
  expect(installed).toMatch(/^REVISION: 1$/m);
  expect(
    await cluster.kubectl(['get', 'deployment', 'shop-web', '-o', 'jsonpath={.spec.replicas}/{.spec.template.spec.containers[0].image}']),
  ).toBe('1/nginx:latest');
  expect(await cluster.kubectl(['get', 'secrets', '-l', 'owner=helm', '-o', 'jsonpath={.items[*].type}'])).toBe('helm.sh/release.v1');

  const upgraded = await cluster.helm(['upgrade', 'shop', chart, ...NGINX, '--set', 'replicaCount=3']);
  expect(upgraded).toContain('has been upgraded');
  expect(await cluster.kubectl(['get', 'deployment', 'shop-web', '-o', 'jsonpath={.spec.replicas}'])).toBe('3');

  expect(await cluster.helm(['rollback', 'shop', '1'])).toContain('Rollback was a success');
  expect(await cluster.kubectl(['get', 'deployment', 'shop-web', '-o', 'jsonpath={.spec.replicas}'])).toBe('1');

  const history = JSON.parse(await cluster.helm(['history', 'shop', '-o', 'json'])) as {
    revision: number;
    status: string;
    description: string;
  }[];
  expect(history.map(({ revision, status }) => `${revision} ${status}`)).toEqual(['1 superseded', '2 superseded', '3 deployed']);
  expect(history[2]?.description).toBe('Rollback to 1');
  const list = JSON.parse(await cluster.helm(['list', '-o', 'json'])) as { name: string; revision: string; status: string }[];
  expect(list).toMatchObject([{ name: 'shop', revision: '3', status: 'deployed' }]);
  expect(await cluster.helm(['get', 'manifest', 'shop'])).toContain('kind: Deployment');

  expect(await cluster.helm(['uninstall', 'shop'])).toContain('release "shop" uninstalled');
  expect(JSON.parse(await cluster.helm(['list', '-o', 'json']))).toEqual([]);
  for (const kind of ['deployment', 'service', 'serviceaccount'])
    expect(await cluster.kubectl(['get', kind, 'shop-web', '--ignore-not-found'])).toBe('');
});

test('helm says why it cannot install', async () => {
  await expect(cluster.helm(['install', 'broken', chart, '--set', 'service.port=70000'])).rejects.toThrow(
    /spec\.ports\[0\]\.port: Invalid value: 70000/,
  );
  await expect(cluster.helm(['install', 'lost', chart, '--namespace', 'nowhere'])).rejects.toThrow(/namespaces "nowhere" not found/);
  await cluster.helm(['install', 'lost', chart, '--namespace', 'nowhere', '--create-namespace', ...NGINX]);
  expect(await cluster.kubectl(['get', 'deployment', 'lost-web', '-n', 'nowhere', '-o', 'name'])).toBe('deployment.apps/lost-web\n');
  await rm(chart, { recursive: true });
});
