import { mkdir, readdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import { skiff, trySkiff } from './skiff.ts';
import { TestCluster } from './cluster.ts';

describe('a whole cluster is saved in a file and comes back from it', () => {
  let cluster: TestCluster;
  let file: string;
  const here = () => ['--data-dir', cluster.dataDir];
  const configMaps = async (kubeconfig = cluster.kubeconfig) =>
    (await cluster.kubectl(['get', 'configmaps', '-o', 'name', '--kubeconfig', kubeconfig]))
      .split('\n')
      .filter((name) => name !== '' && !name.includes('kube-root'));

  beforeAll(async () => {
    cluster = await TestCluster.start({ arguments: ['--etcd-port', '0'] });
    file = join(cluster.home, 'saved.tar.gz');
    await cluster.kubectl(['create', 'configmap', 'before']);
    await cluster.kubectl(['create', 'deployment', 'web', '--image', 'nginx']);
    await eventually('the replica set', async () => (await cluster.kubectl(['get', 'replicasets', '-o', 'name'])) !== '');
    await skiff(cluster, ['snapshot', 'save', file, '--name', cluster.name, ...here()]);
  });
  afterAll(() => cluster.delete());

  test('only its owner may read the file, and a file that is there is not written over', async () => {
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const { code, stderr } = await trySkiff(cluster, ['snapshot', 'save', file, '--name', cluster.name, ...here()]);
    expect(code).toBe(1);
    expect(stderr).toContain(`${file} exists`);
  });

  test('a cluster that exists is replaced only on demand; then what came after the snapshot is gone, and watches start over', async () => {
    await cluster.kubectl(['delete', 'configmap', 'before']);
    await cluster.kubectl(['create', 'configmap', 'after']);
    await cluster.kubectl(['delete', 'deployment', 'web']);
    const seen = await cluster.kubectl(['get', 'configmap', 'after', '-o', 'jsonpath={.metadata.resourceVersion}']);
    expect((await trySkiff(cluster, ['snapshot', 'restore', file, ...here(), '--no-merge'])).stderr).toContain('--replace');
    await skiff(cluster, ['snapshot', 'restore', file, ...here(), '--no-merge', '--replace']);
    expect(await configMaps()).toEqual(['configmap/before']);
    expect(await cluster.kubectl(['get', '--raw', `/api/v1/configmaps?watch=1&resourceVersion=${seen}&timeoutSeconds=2`])).toContain(
      '"code":410',
    );
    await cluster.kubectl(['scale', 'deployment', 'web', '--replicas', '2']);
    await eventually(
      'the controllers to work',
      async () => (await cluster.kubectl(['get', 'pods', '-o', 'name'])).trim().split('\n').length === 2,
    );
  });

  test('under another name it runs beside the one that it was made of', async () => {
    const dir = join(cluster.home, 'twin');
    await skiff(cluster, ['snapshot', 'restore', file, '--name', 'twin', '--data-dir', dir, '--no-merge']);
    try {
      const twin = join(dir, 'admin.conf');
      expect(await configMaps(twin)).toEqual(['configmap/before']);
      await cluster.kubectl(['create', 'configmap', 'of-the-twin', '--kubeconfig', twin]);
      expect(await configMaps()).toEqual(['configmap/before']);
    } finally {
      await skiff(cluster, ['delete', 'twin', '--data-dir', dir, '--no-merge']);
    }
  });

  test('a damaged file is refused, and nothing is left of the attempt', async () => {
    const cut = join(cluster.home, 'cut.tar.gz');
    await skiff(cluster, ['snapshot', 'save', cut, '--name', cluster.name, ...here()]);
    await truncate(cut, (await stat(cut)).size - 100);
    const dir = join(cluster.home, 'never');
    const { code, stderr } = await trySkiff(cluster, ['snapshot', 'restore', cut, '--name', 'never', '--data-dir', dir, '--no-merge']);
    expect(code).toBe(1);
    expect(stderr).toContain('damaged');
    expect((await readdir(cluster.home)).filter((name) => name.startsWith('never'))).toEqual([]);
  });

  test('a stopped cluster is saved, too', async () => {
    await cluster.down();
    await skiff(cluster, ['snapshot', 'save', '--name', cluster.name, ...here()]);
    const listed = JSON.parse(await skiff(cluster, ['snapshot', 'list', cluster.name, ...here(), '-o', 'json'])) as {
      cluster: string;
      revision: number;
    }[];
    expect(listed).toMatchObject([{ cluster: cluster.name }]);
    expect(listed[0]?.revision).toBeGreaterThan(1_000_000_000);
  });

  test('on a schedule, and the old ones go', async () => {
    const folder = join(cluster.home, 'scheduled');
    await mkdir(folder);
    await skiff(cluster, [
      'up',
      cluster.name,
      ...here(),
      '--no-merge',
      '--snapshot-every',
      '1s',
      '--snapshot-keep',
      '2',
      '--snapshot-dir',
      folder,
    ]);
    const first = await eventually('a snapshot', async () => (await readdir(folder)).find((name) => name.endsWith('.tar.gz')));
    await eventually('the first to go', async () => !(await readdir(folder)).includes(first));
    expect((await readdir(folder)).filter((name) => name.endsWith('.tar.gz')).length).toBeLessThanOrEqual(3);
  });
});
