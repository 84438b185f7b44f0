import { afterEach, expect, test } from 'vitest';
import { fakeClient, resources } from '#client';
import { startKubeProxy, type CommandResult, type KubeProxy, type KubeProxyOptions, type RunCommand } from './index.ts';

const started: KubeProxy[] = [];

afterEach(async () => {
  for (const proxy of started.splice(0)) await proxy.stop();
});

/** iptables as a record of transactions. `saved` is what iptables-save prints. */
function iptables(saved = ''): { run: RunCommand; transactions: string[]; written: () => Promise<void> } {
  const transactions: string[] = [];
  let next = Promise.withResolvers<void>();
  const run: RunCommand = (command, _args, input) => {
    const result: CommandResult = { code: 0, stdout: command.endsWith('-save') ? saved : 'iptables v1.8.9 (nf_tables)', stderr: '' };
    if (input !== undefined) {
      transactions.push(input);
      next.resolve();
      next = Promise.withResolvers();
    }
    return Promise.resolve(result);
  };
  return { run, transactions, written: () => next.promise };
}

async function start(options: Partial<KubeProxyOptions>): Promise<KubeProxy> {
  const proxy = await startKubeProxy({
    client: fakeClient(),
    nodeName: 'this',
    nodeAddresses: ['192.0.2.1'],
    clusterCidr: '10.244.0.0/16',
    signal: new AbortController().signal,
    log: () => {},
    sysctls: { read: () => Promise.resolve('1'), write: () => Promise.resolve() },
    ...options,
  });
  started.push(proxy);
  return proxy;
}

const EMPTY_CLUSTER = `*filter
:KUBE-PROXY-CANARY - [0:0]
:KUBE-FORWARD - [0:0]
:KUBE-FIREWALL - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-EXTERNAL-SERVICES - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-PROXY-FIREWALL - [0:0]
-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A KUBE-FIREWALL -m comment --comment "block incoming localnet connections" -d 127.0.0.0/8 ! -s 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP
-I INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES
-I FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES
-I INPUT -m comment --comment "kubernetes health check service ports" -j KUBE-NODEPORTS
-I FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-I OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-I FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
-I INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
-I OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
-I FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
-I INPUT -j KUBE-FIREWALL
-I OUTPUT -j KUBE-FIREWALL
COMMIT
*nat
:KUBE-PROXY-CANARY - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-NODEPORTS - [0:0]
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --xor-mark 0x4000
-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
-A KUBE-MARK-MASQ -j MARK --or-mark 0x4000
-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
-I OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-I PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-I POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
COMMIT
`;

test('in a cluster without Services, the fixed rules and the ways to them are written', async () => {
  const { run, transactions } = iptables();
  const sysctls = { read: (name: string) => Promise.resolve(name.includes('liberal') ? '0' : '1'), write: () => Promise.resolve() };
  await start({ runCommand: run, sysctls });
  expect(transactions).toEqual([EMPTY_CLUSTER]);
});

test('jumps that are there already are not added again, and stale chains go', async () => {
  const saved = `*nat
:PREROUTING ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-AAAAAAAAAAAAAAAA - [0:0]
:MINE - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A OUTPUT -m comment --comment "something else" -j MINE
COMMIT
`;
  const { run, transactions } = iptables(saved);
  await start({ runCommand: run });
  const nat = transactions[0]!.split('*nat')[1]!;
  expect(nat.match(/^-I \w+/gm)).toEqual(['-I OUTPUT', '-I POSTROUTING']);
  expect(nat.match(/^-X .*/gm)).toEqual(['-X KUBE-SVC-AAAAAAAAAAAAAAAA']);
});

test('node ports answer on chosen addresses only', async () => {
  const { run, transactions } = iptables();
  await start({ runCommand: run, nodePortAddresses: ['primary'] });
  expect(transactions[0]).toContain('this must be the last rule in this chain" -d 192.0.2.1 -j KUBE-NODEPORTS');
});

test('without node ports on localhost, 127.0.0.1 stays closed both ways', async () => {
  const { run, transactions } = iptables();
  await start({ runCommand: run, localhostNodePorts: false });
  expect(transactions[0]).toContain('-m addrtype --dst-type LOCAL ! -d 127.0.0.0/8 -j KUBE-NODEPORTS');
  expect(transactions[0]).not.toContain('block incoming localnet');
});

test('each family of the pods has its own tables', async () => {
  const commands: string[] = [];
  const { run, transactions } = iptables();
  const recorded: RunCommand = (command, args, input) => {
    if (input !== undefined) commands.push(command);
    return run(command, args, input);
  };
  await start({ runCommand: recorded, clusterCidr: '10.244.0.0/16,fd00:244::/56' });
  expect(commands).toEqual(['iptables-restore', 'ip6tables-restore']);
  expect(transactions[1]).toContain('-m addrtype --dst-type LOCAL ! -d ::1/128 -j KUBE-NODEPORTS');
});

test("the node's zone decides where traffic goes", async () => {
  const node = (zone: string) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'this', labels: { 'topology.kubernetes.io/zone': zone } },
  });
  const endpoint = (address: string, zone: string) => ({ addresses: [address], conditions: {}, hints: { forZones: [{ name: zone }] } });
  const client = fakeClient([
    node('west'),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: 'default', name: 'web' },
      spec: { clusterIP: '10.96.0.50', ports: [{ port: 80, targetPort: 80 }] },
    } as never,
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { namespace: 'default', name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
      addressType: 'IPv4',
      ports: [{ port: 80 }],
      endpoints: [endpoint('10.244.0.5', 'east'), endpoint('10.244.1.6', 'west')],
    } as never,
  ]);
  const { run, transactions, written } = iptables();
  await start({ client, runCommand: run });
  expect(transactions[0]).toContain('--to-destination 10.244.1.6:80');
  expect(transactions[0]).not.toContain('10.244.0.5');
  const next = written();
  await client.resource(resources.nodes).update(node('east') as never);
  await next;
  expect(transactions[1]).toContain('--to-destination 10.244.0.5:80');
});

test('kernel parameters that cannot be set are named, with what will not work', async () => {
  const logged: string[] = [];
  const sysctls = {
    read: (name: string) => (name.includes('bridge') ? Promise.reject(new Error('ENOENT')) : Promise.resolve('0')),
    write: (name: string) => (name.includes('localnet') ? Promise.reject(new Error('EROFS')) : Promise.resolve()),
  };
  await start({ runCommand: iptables().run, sysctls, log: (message) => logged.push(message) });
  expect(logged).toEqual([
    'cannot set net.bridge.bridge-nf-call-iptables to 1: pods may not reach Services whose endpoints are on the same bridge (load the module br_netfilter)',
    'cannot set net.ipv4.conf.all.route_localnet to 1: NodePorts do not answer on 127.0.0.1',
  ]);
});

test('starting fails clearly without iptables', async () => {
  const run: RunCommand = (command) => Promise.reject(Object.assign(new Error(`spawn ${command} ENOENT`), { code: 'ENOENT' }));
  await expect(start({ runCommand: run })).rejects.toThrow('iptables is not installed');
});

test('an abort before the first sync ends the start', async () => {
  const stop = new AbortController();
  stop.abort();
  await expect(start({ runCommand: iptables().run, signal: stop.signal })).rejects.toThrow('aborted');
});
