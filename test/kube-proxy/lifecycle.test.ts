import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Node } from '#api/generated/core-v1.ts';
import { fakeClient, resources, type FakeClient } from '#client';
import { removeRules, startKubeProxy, type KubeProxy, type KubeProxyOptions } from '#kube-proxy';
import { A, openLab, service, slice, type Lab } from './lab.ts';

let lab: Lab;
let client: FakeClient;
let proxies: KubeProxy[];

beforeEach(async () => {
  lab = await openLab();
  proxies = [];
  client = fakeClient([
    service('web', { clusterIP: '10.96.0.50' }),
    slice('web', [A]),
    service('old', { clusterIP: '10.96.0.51' }),
    slice('old', [A]),
  ]);
});

afterEach(async () => {
  for (const proxy of proxies) await proxy.stop();
  await lab.close();
});

async function start(options: Partial<KubeProxyOptions> = {}): Promise<KubeProxy> {
  const proxy = await startKubeProxy({ ...lab.proxyOptions, client, signal: new AbortController().signal, ...options });
  proxies.push(proxy);
  return proxy;
}

async function saved(program = 'iptables-save'): Promise<string> {
  return (await lab.run(program, [])).stdout;
}

test('rules outlive the proxy, and the next one takes away what is stale', async () => {
  const first = await start();
  await first.stop();
  expect(await lab.connect('node', '10.96.0.50', 80)).toMatch(/^pod-a /);
  await client.resource(resources.services).delete({ namespace: 'default', name: 'old' });
  await start();
  const rules = await saved();
  expect(rules).toContain('default/web');
  expect(rules).not.toContain('default/old');
  // One web service with one endpoint: no chain is left over.
  expect(rules.match(/^:KUBE-(SVC|SEP)-/gm)).toHaveLength(2);
});

test('starting again adds no second jump', async () => {
  await (await start()).stop();
  const before = await saved();
  await start();
  const rulesOf = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('-A'));
  expect(rulesOf(await saved())).toEqual(rulesOf(before));
});

test.for([['-F'], ['-X']])('rules that somebody flushes come back (%s)', async ([how]) => {
  await start({ syncPeriod: 20 });
  const written = lab.nextTransaction();
  const script =
    how === '-F' ? 'iptables -t nat -F' : 'for table in nat filter mangle; do iptables -t $table -F; iptables -t $table -X; done';
  await lab.run('sh', ['-c', script]);
  await written;
  expect(await lab.connect('node', '10.96.0.50', 80)).toMatch(/^pod-a /);
  expect(lab.logged).toContain('the rules of Services have been taken away, writing them again');
});

test('a dual-stack service has rules in both families, and both are removed', async () => {
  const web = service('both', { clusterIP: '10.96.0.60', clusterIPs: ['10.96.0.60', 'fd00:96::60'] });
  await client.resource(resources.services).create(web);
  const addresses = { ...slice('both', [{ addresses: ['fd00:244::5'] }]), addressType: 'IPv6' };
  await client.resource(resources.endpointSlices).create(addresses);
  await start({ clusterCidr: '10.244.0.0/16,fd00:244::/56' });
  expect(await saved()).toContain('-A KUBE-SERVICES -d 10.96.0.60/32 -p tcp -m comment --comment "default/both has no endpoints"');
  expect(await saved('ip6tables-save')).toContain('-j DNAT --to-destination [fd00:244::5]:8080');
  await removeRules(lab.run);
  expect((await saved()) + (await saved('ip6tables-save'))).not.toContain('KUBE-');
});

test('removing takes away all that is ours and nothing else', async () => {
  await lab.run('iptables', ['-t', 'nat', '-N', 'MINE']);
  await lab.run('iptables', ['-t', 'nat', '-A', 'PREROUTING', '-p', 'tcp', '-j', 'MINE']);
  await lab.run('iptables', ['-A', 'INPUT', '-s', '198.51.100.7', '-j', 'DROP']);
  const rulesOf = (text: string): string[] =>
    text
      .split('\n')
      .filter((line) => /^(-A|:[A-Z-]+ )/.test(line))
      .map((line) => line.replace(/\[.*/, ''));
  const before = rulesOf(await saved()).sort();
  await (await start()).stop();
  await removeRules(lab.run);
  expect(rulesOf(await saved()).sort()).toEqual(before);
});

test('a chain that others have come to use stays when the rest is removed', async () => {
  await (await start()).stop();
  await lab.run('iptables', ['-t', 'nat', '-A', 'POSTROUTING', '-s', '198.51.100.7', '-j', 'KUBE-MARK-MASQ']);
  await removeRules(lab.run);
  const kube = (await saved()).split('\n').filter((line) => line.includes('KUBE-'));
  expect(kube.map((line) => line.replace(/\s*\[.*/, ''))).toEqual([
    ':KUBE-MARK-MASQ -',
    '-A POSTROUTING -s 198.51.100.7/32 -j KUBE-MARK-MASQ',
    '-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000',
  ]);
});

test('where a kubelet has chosen the legacy tables, the rules go there', async () => {
  await lab.run('iptables-legacy', ['-t', 'mangle', '-N', 'KUBE-KUBELET-CANARY']);
  await start();
  expect(await saved('iptables-legacy-save')).toContain('default/web cluster IP');
  expect(await saved('iptables-nft-save')).not.toContain('KUBE-');
  expect(await lab.connect('node', '10.96.0.50', 80)).toMatch(/^pod-a /);
  const written = lab.nextTransaction();
  await client.resource(resources.services).delete({ namespace: 'default', name: 'old' });
  await written;
  expect(await saved('iptables-legacy-save')).not.toContain('default/old');
  expect(lab.logged).toEqual([]);
  await removeRules(lab.run);
  expect((await saved('iptables-legacy-save')).match(/KUBE-\w+(-\w+)?/g)).toEqual(['KUBE-KUBELET-CANARY']);
});

test('a transaction that fails is tried again, whole', async () => {
  let failures = 1;
  const run: KubeProxyOptions['runCommand'] = (command, args, input) => {
    if (command.endsWith('-restore') && lab.transactions.length === 1 && failures-- > 0) {
      return Promise.resolve({ code: 4, stdout: '', stderr: 'Another app is currently holding the xtables lock.' });
    }
    return lab.run(command, args, input);
  };
  await start({ runCommand: run });
  const written = lab.nextTransaction();
  await client.resource(resources.services).create(service('new', { clusterIP: '10.96.0.60' }));
  await written;
  expect(lab.logged.join('\n')).toContain('holding the xtables lock');
  expect(lab.transactions[1]).toContain('default/web cluster IP');
  expect(await lab.connect('node', '10.96.0.60', 80)).toBe('refused');
});

test('health is served, and says that traffic should stay away when the node is being deleted', async () => {
  const proxy = await start({ healthAddress: '127.0.0.1:0', metricsAddress: '127.0.0.1:0' });
  const answer = await fetch(`http://127.0.0.1:${proxy.healthPort}/healthz`);
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({ nodeEligible: true });
  const taints = [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }];
  await client.resource(resources.nodes).create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'this' }, spec: { taints } } as Node);
  await expect.poll(async () => (await fetch(`http://127.0.0.1:${proxy.healthPort}/healthz`)).status).toBe(503);
  expect((await fetch(`http://127.0.0.1:${proxy.healthPort}/livez`)).status).toBe(200);
  expect(await (await fetch(`http://127.0.0.1:${proxy.metricsPort}/proxyMode`)).text()).toBe('iptables');
  expect(await (await fetch(`http://127.0.0.1:${proxy.metricsPort}/metrics`)).text()).toContain(
    'kubeproxy_sync_full_proxy_rules_duration_seconds_count 1',
  );
});
