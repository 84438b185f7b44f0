import { describe, expect, test } from 'vitest';
import { KUBECTL_VERSIONS } from '../../tools/index.ts';
import { eventually } from '../eventually.ts';
import { kubectlIn } from '../kubectl.ts';
import { nodeAddress, nodeCluster, page } from '../node-cluster.ts';
import { output } from '../run.ts';

const node = nodeCluster();

describe.each(KUBECTL_VERSIONS)('kubectl %s', (version) => {
  test('W1, W2: a deployment gets a service, endpoints, slices and iptables rules', async () => {
    const k = await kubectlIn(node().cluster, version, 'w1');
    expect(await k.do('create deploy webserver --image nginx')).toBe('deployment.apps/webserver created');
    expect(await k.do('expose deploy webserver --port 80')).toBe('service/webserver exposed');
    expect(await k.do('get svc')).toMatch(
      /^NAME\s+TYPE\s+CLUSTER-IP\s+EXTERNAL-IP\s+PORT\(S\)\s+AGE\nwebserver\s+ClusterIP\s+10\.\S+\s+<none>\s+80\/TCP\s+\d+s$/,
    );
    expect(await k.do('get svc -n default')).toMatch(/^kubernetes\s+ClusterIP\s+10\.96\.0\.1\s+<none>\s+443\/TCP/m);
    await k.do('wait --for=condition=Available deploy/webserver --timeout=110s', { timeoutMs: 120_000 });
    const [heading = '', row = ''] = (await k.do('get pods -o wide -l app=webserver')).split('\n');
    expect(heading).toMatch(/^NAME\s+READY\s+STATUS\s+RESTARTS\s+AGE\s+IP\s+NODE\s+NOMINATED NODE\s+READINESS GATES$/);
    expect(row).toMatch(/^webserver-[a-z0-9]+-[a-z0-9]{5}\s+1\/1\s+Running\s+0\s/);
    const address = /10\.244\.\d+\.\d+/.exec(row)?.[0] ?? 'none';
    const endpoints = await eventually(
      'endpoints',
      async () => (await k.do('get endpoints webserver --no-headers')).includes(address) && (await k.do('get endpoints webserver')),
    );
    expect(endpoints).toMatch(new RegExp(`^webserver\\s+${address}:80\\s`, 'm'));
    expect(
      await k.do(
        'get endpointslices.v1.discovery.k8s.io -l kubernetes.io/service-name=webserver -o jsonpath={.items[*].endpoints[*].addresses[*]}',
      ),
    ).toBe(address);
    const clusterIp = await k.do('get service webserver -o jsonpath={.spec.clusterIP}');
    const rules = await eventually('iptables rules', async () => {
      const saved = await output('iptables-save', ['-t', 'nat']);
      return saved.includes(`--to-destination ${address}:80`) && saved;
    });
    expect(rules).toMatch(
      new RegExp(`-A KUBE-SERVICES -d ${clusterIp.replaceAll('.', String.raw`\.`)}/32 -p tcp .*--dport 80 -j KUBE-SVC-[A-Z0-9]{16}`),
    );
    expect(await page(`http://${clusterIp}/`)).toContain('Welcome to nginx!');
  });

  test('W12: a pod, by NodePort, from outside', async () => {
    const k = await kubectlIn(node().cluster, version, 'w12');
    expect(await k.do('run nginx-drill --image nginx')).toBe('pod/nginx-drill created');
    expect(await k.do('expose --type NodePort --port 80 pod nginx-drill')).toBe('service/nginx-drill exposed');
    const port = await k.do('get service nginx-drill -o jsonpath={.spec.ports[0].nodePort}');
    await k.do('wait --for=condition=Ready pod/nginx-drill --timeout=110s', { timeoutMs: 120_000 });
    const address = await nodeAddress(k);
    const body = await eventually('the page', async () => await page(`http://${address}:${port}`));
    expect(body).toContain('<title>Welcome to nginx!</title>');
  });

  test('W13: a service gets the endpoints of the deployment that it selects', async () => {
    const k = await kubectlIn(node().cluster, version, 'w13');
    await k.do('create deploy webserver --image nginx --replicas=2');
    await k.do('create service clusterip other-svc --tcp=80');
    await k.do('wait --for=condition=Available deploy/webserver --timeout=110s', { timeoutMs: 120_000 });
    expect(await k.do('get endpoints other-svc --no-headers')).toMatch(/^other-svc\s+<none>/);
    await k.do('edit service other-svc', { env: { KUBE_EDITOR: "sed -i 's/app: other-svc/app: webserver/'" } });
    const pods = (await k.do('get pods -l app=webserver -o jsonpath={.items[*].status.podIP}')).split(' ').sort();
    const endpoints = async (): Promise<string[]> =>
      (await k.do('get endpoints other-svc -o jsonpath={.subsets[*].addresses[*].ip}')).split(' ').sort();
    await expect.poll(endpoints, { timeout: 20_000 }).toEqual(pods);
  });
});
