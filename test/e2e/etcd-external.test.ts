import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { kubeconfigClient, resources, type Client } from '#client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificates, type TestCertificates } from '../etcd/certificates.ts';
import { Etcdctl } from '../etcd/etcdctl.ts';
import { type RealEtcd, startRealEtcd } from '../etcd/real-etcd.ts';
import { eventually } from './eventually.ts';
import { skiff, trySkiff } from './skiff.ts';
import { TestCluster } from './cluster.ts';

const flags = (members: readonly RealEtcd[], { files }: TestCertificates, prefix = '--etcd-servers') => [
  prefix,
  members.map(({ endpoint }) => endpoint).join(','),
  '--etcd-cafile',
  files.ca,
  '--etcd-certfile',
  files.clientCert,
  '--etcd-keyfile',
  files.clientKey,
];

describe("a cluster on three members of upstream's etcd", () => {
  let certificates: TestCertificates;
  let members: RealEtcd[];
  let cluster: TestCluster;
  let second: string;
  let first: Client;
  let other: Client;

  beforeAll(async () => {
    certificates = await makeCertificates();
    members = await startRealEtcd(certificates, 3);
    cluster = await TestCluster.start({ arguments: flags(members, certificates) });
    second = join(cluster.home, 'second');
    // Another control plane of the same cluster has the same certificates and keys.
    await cp(join(cluster.dataDir, 'pki'), join(second, 'pki'), { recursive: true });
    await skiff(cluster, [
      'up',
      'second',
      '--data-dir',
      second,
      '--node-runtime',
      'none',
      '--port',
      '0',
      '--no-merge',
      ...flags(members, certificates),
    ]);
    first = await kubeconfigClient(cluster.kubeconfig);
    other = await kubeconfigClient(join(second, 'admin.conf'));
  });

  afterAll(async () => {
    await Promise.all([first.close(), other.close()]);
    await skiff(cluster, ['delete', 'second', '--data-dir', second, '--no-merge']);
    await cluster.delete();
    await Promise.all(members.map((member) => member.dispose()));
    await certificates.dispose();
  });

  const configMap = (name: string, n: string) => ({ metadata: { name, namespace: 'default' }, data: { n } });

  test('what one API server has written the other one reads at once: by name, in lists, and after an update and a deletion', async () => {
    const [a, b] = [first.resource(resources.configMaps), other.resource(resources.configMaps)];
    for (let round = 0; round < 25; round++) {
      const [writer, reader] = round % 2 === 0 ? [a, b] : [b, a];
      const made = await writer.create(configMap(`round-${round}`, '1'));
      const read = await reader.get({ name: `round-${round}`, namespace: 'default' });
      expect(read.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
      await reader.update({ ...read, data: { n: '2' } });
      const { items } = await writer.list({ namespace: 'default' });
      expect(items.find(({ metadata }) => metadata.name === `round-${round}`)?.data).toEqual({ n: '2' });
      await writer.delete({ name: `round-${round}`, namespace: 'default' });
      await expect(reader.get({ name: `round-${round}`, namespace: 'default' })).rejects.toThrow('not found');
    }
  });

  test('controllers and scheduler run in one of them at a time', async () => {
    const holder = async (name: string) =>
      (await first.resource(resources.leases).get({ name, namespace: 'kube-system' })).spec?.holderIdentity;
    for (const name of ['kube-controller-manager', 'kube-scheduler'])
      expect(await eventually(`the leader of ${name}`, async () => (await holder(name)) || undefined)).toMatch(/_/);
    await cluster.kubectl(['create', 'deployment', 'web', '--image', 'nginx', '--replicas', '3']);
    await eventually('three pods', async () => (await cluster.kubectl(['get', 'pods', '-o', 'name'])).trim().split('\n').length === 3);
    expect((await cluster.kubectl(['get', 'replicasets', '-o', 'name'])).trim().split('\n')).toHaveLength(1);
  });

  test('it goes on when a member is killed, says what is wrong when two are, and recovers', async () => {
    const maps = first.resource(resources.configMaps);
    const write = (name: string) =>
      eventually(
        name,
        async () => (await maps.create(configMap(name, '1')).catch((error: Error) => /already exists/.test(error.message))) && true,
      );
    await members[0]?.kill();
    await write('one-is-gone');
    await members[1]?.kill();
    await expect(maps.create(configMap('two-are-gone', '1'))).rejects.toThrow(/./);
    await members[0]?.restart();
    await members[1]?.restart();
    await write('all-are-back');
    const names = (await other.resource(resources.configMaps).list({ namespace: 'default' })).items.map(({ metadata }) => metadata.name);
    expect(names).toEqual(expect.arrayContaining(['one-is-gone', 'all-are-back']));
  });

  test('when the control plane that leads is stopped, the other one takes over', async () => {
    await cluster.down();
    const kubeconfig = ['--kubeconfig', join(second, 'admin.conf')];
    await cluster.kubectl(['create', 'deployment', 'later', '--image', 'nginx', '--replicas', '2', ...kubeconfig]);
    const pods = () => cluster.kubectl(['get', 'pods', '-l', 'app=later', '-o', 'name', ...kubeconfig]);
    const two = async () => (await pods()).trim().split('\n').length === 2;
    expect(await eventually('two pods', two)).toBe(true);
  });
});

test('a cluster moves to a real etcd and back, with all that it holds', async () => {
  const certificates = await makeCertificates();
  const members = await startRealEtcd(certificates);
  try {
    await using cluster = await TestCluster.start({ arguments: ['--etcd-port', '0'] });
    const here = ['--data-dir', cluster.dataDir];
    await cluster.kubectl(['create', 'configmap', 'embedded']);
    await skiff(cluster, ['snapshot', 'migrate', cluster.name, ...here, ...flags(members, certificates, '--to-etcd-servers')]);
    await cluster.kubectl(['create', 'configmap', 'real']);
    const ctl = new Etcdctl(members[0]?.endpoint ?? '', certificates.files.ca, {
      cert: certificates.files.clientCert,
      key: certificates.files.clientKey,
    });
    const keys = await ctl.run('get', '/registry/configmaps/default/', '--prefix', '--keys-only');
    expect(keys).toContain('/registry/configmaps/default/embedded\n');
    expect(keys).toContain('/registry/configmaps/default/real\n');
    expect(await readdir(cluster.dataDir)).not.toContain('etcd');

    const file = join(cluster.home, 'saved.tar.gz');
    await skiff(cluster, ['snapshot', 'save', file, '--name', cluster.name, ...here]);
    expect(JSON.parse(await skiff(cluster, ['snapshot', 'list', '--snapshot-dir', cluster.home, '-o', 'json']))).toMatchObject([
      { file, cluster: cluster.name },
    ]);

    const again = await trySkiff(cluster, [
      'snapshot',
      'migrate',
      cluster.name,
      ...here,
      ...flags(members, certificates, '--to-etcd-servers'),
    ]);
    expect(again.stderr).toContain('uses a real etcd already');
    await skiff(cluster, ['snapshot', 'migrate', cluster.name, ...here, '--to-embedded']);
    await rm(file);
    const names = await cluster.kubectl(['get', 'configmaps', '-o', 'name']);
    expect(names).toContain('configmap/embedded\n');
    expect(names).toContain('configmap/real\n');
  } finally {
    await Promise.all(members.map((member) => member.dispose()));
    await certificates.dispose();
  }
}, 180_000);
