import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import { run } from './run.ts';
import { skiff, trySkiff } from './skiff.ts';
import { TestCluster } from './cluster.ts';

describe("a cluster's etcd has a door for etcdctl", () => {
  let cluster: TestCluster;
  const etcdctl = (...args: string[]) => skiff(cluster, ['etcdctl', '--data-dir', cluster.dataDir, ...args]);
  const status = async () =>
    JSON.parse(await skiff(cluster, ['status', cluster.name, '--data-dir', cluster.dataDir, '-o', 'json'])) as {
      etcd?: { endpoint?: string; problem?: string };
    };

  beforeAll(async () => {
    cluster = await TestCluster.start({ arguments: ['--etcd-port', '0'] });
  });
  afterAll(() => cluster.delete());

  test('skiff etcdctl knows endpoint and certificates', async () => {
    expect(await etcdctl('member', 'list')).toMatch(/^\w+, started, \S+, https:\/\/\S+:2380, https:\/\/127.0.0.1:\d+, false\n$/);
    expect(await etcdctl('get', '--prefix', '/registry/', '--keys-only')).toContain('/registry/namespaces/kube-system');
    expect(await etcdctl('endpoint', 'status', '-w', 'table')).toContain('IS LEADER');
    const { stderr } = await trySkiff(cluster, ['etcdctl', '--data-dir', cluster.dataDir, 'endpoint', 'health']);
    expect(stderr).toContain('is healthy');
  });

  test("upstream's etcdctl comes in with any certificate of the etcd CA, and not without", async () => {
    const endpoint = (await status()).etcd?.endpoint ?? '';
    const pki = (file: string) => join(cluster.dataDir, 'pki', file);
    const env = { ...cluster.env, ETCDCTL_API: '3' };
    const base = ['--endpoints', endpoint, '--cacert', pki('etcd/ca.crt'), '--command-timeout', '2s', '--dial-timeout', '1s'];
    const file = join(cluster.home, 'snapshot.db');
    const own = ['--cert', pki('etcd/server.crt'), '--key', pki('etcd/server.key')];
    expect((await run('etcdctl', [...base, ...own, 'snapshot', 'save', file], { env })).code).toBe(0);
    expect((await run('etcdctl', ['snapshot', 'status', file], { env })).stdout).toMatch(/^\w+, \d+, \d+, /);
    expect((await run('etcdctl', [...base, 'get', '/'], { env })).code).not.toBe(0);
    const kubelets = ['--cert', pki('apiserver-kubelet-client.crt'), '--key', pki('apiserver-kubelet-client.key')];
    expect((await run('etcdctl', [...base, ...kubelets, 'get', '/'], { env })).code).not.toBe(0);
  });

  test('a port that is taken does not keep a cluster from starting: its status says so', async () => {
    const port = new URL((await status()).etcd?.endpoint ?? '').port;
    await using other = await TestCluster.start({ arguments: ['--etcd-port', port] });
    const problem = await eventually('the status of the etcd', async () => {
      const text = await skiff(other, ['status', other.name, '--data-dir', other.dataDir]);
      return text.includes('not served') && text;
    });
    expect(problem).toContain(`not served: port ${port} is in use`);
    const { code, stderr } = await trySkiff(other, ['etcdctl', '--data-dir', other.dataDir, 'member', 'list']);
    expect(code).toBe(1);
    expect(stderr).toContain('--etcd-port 0');
  });
});
