import { readFile } from 'node:fs/promises';
import { once } from 'node:events';
import { request } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Container, Pod, PodSpec } from '#api/generated/core-v1.ts';
import { resources } from '#client';
import { createCa, issueCertificate, type KeyPair } from '#pki';
import { isReady, startTestNode, type TestNode } from './node.ts';

let node: TestNode;
let ca: KeyPair;
let admin: KeyPair;

beforeAll(async () => {
  ca = await createCa('test-ca');
  const serving = await issueCertificate(ca, { commonName: 'node-1', sans: ['127.0.0.1'], usages: ['digital signature', 'server auth'] });
  admin = await issueCertificate(ca, {
    commonName: 'admin',
    organizations: ['system:masters'],
    usages: ['digital signature', 'client auth'],
  });
  node = await startTestNode({
    server: { port: 0, address: '127.0.0.1', certificate: serving.certificate, key: serving.key, clientCa: ca.certificate },
  });
});

afterAll(() => node.close());

function shell(script: string, more: Partial<Container> = {}): Container {
  return { name: 'c', image: 'busybox:1.36', imagePullPolicy: 'IfNotPresent', command: ['sh', '-c', script], resources: {}, ...more };
}

/** What the kubelet's server answers to somebody with a client certificate. */
function ask(path: string, identity: KeyPair | undefined): Promise<{ status: number; body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
  const options = {
    host: '127.0.0.1',
    port: node.kubelet.port,
    path,
    ca: ca.certificate,
    cert: identity?.certificate,
    key: identity?.key,
    agent: false as const,
  };
  const call = request(options, (response) => {
    let body = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => (body += chunk));
    response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
  });
  call.on('error', reject);
  call.end();
  return promise;
}

const logs = async (pod: string, query = ''): Promise<string> => (await ask(`/containerLogs/default/${pod}/c?${query}`, admin)).body;

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const ended = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

/** Runs a script in a pod of its own and resolves with what it printed. */
async function outputOf(name: string, script: string, container: Partial<Container> = {}, spec: Partial<PodSpec> = {}): Promise<string> {
  await node.createPod(name, { restartPolicy: 'Never', ...spec, containers: [shell(script, container)] });
  await node.podWhen(name, ended);
  return logs(name);
}

test('a pod has its own address, host name, hosts file and the node resolver', async () => {
  const output = await outputOf(
    'names',
    'hostname; hostname -i; cat /etc/hosts; ip -4 -o addr show eth0 | grep -o "10.250[0-9.]*"',
    {},
    { hostAliases: [{ ip: '192.0.2.9', hostnames: ['friend'] }] },
  );
  const { status } = await node.podWhen('names', ended);
  const [hostname, address] = output.split('\n');
  expect(hostname).toBe('names');
  expect(address).toBe(status.podIP);
  expect(output).toContain('# Kubernetes-managed hosts file.');
  expect(output).toContain(`${status.podIP}\tnames`);
  expect(output).toContain('192.0.2.9\tfriend');
});

test('cluster DNS with its search domains reaches resolv.conf', async () => {
  const dnsConfig = { nameservers: ['192.0.2.53'], searches: ['example.com'], options: [{ name: 'ndots', value: '2' }] };
  const output = await outputOf('dns', 'cat /etc/resolv.conf', {}, { dnsPolicy: 'None', dnsConfig });
  expect(output.trim().split('\n')).toEqual(['search example.com', 'nameserver 192.0.2.53', 'options ndots:2']);
});

test('variables come from values, from the pod and from Services, and are expanded in commands', async () => {
  await node.client.resource(resources.services).create({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'my-db', namespace: 'default' },
    spec: { clusterIP: '10.96.0.7', ports: [{ name: 'sql', port: 5432, protocol: 'TCP', targetPort: 5432 }] },
    status: { loadBalancer: {} },
  });
  const env = [
    { name: 'GREETING', value: 'hello' },
    { name: 'WHO', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
    { name: 'TEXT', value: '$(GREETING) $(WHO) $$(WHO) $(NOBODY)' },
  ];
  const output = await outputOf('variables', 'echo "$TEXT"; echo $IP; echo "$0"; echo $MY_DB_SERVICE_HOST:$MY_DB_SERVICE_PORT_SQL', {
    env,
    args: ['$(GREETING)!'],
  });
  const { status } = await node.podWhen('variables', ended);
  expect(output.split('\n').slice(0, 3)).toEqual(['hello variables $(WHO) $(NOBODY)', status.podIP, 'hello!']);
  expect(output).toContain('10.96.0.7:5432');
});

test('volumes: disk and memory, config maps with items and subPath, secrets, tokens, downward API', async () => {
  await node.client
    .resource(resources.configMaps)
    .create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace: 'default' }, data: { a: '1', b: '2' } });
  await node.client.resource(resources.secrets).create({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'key', namespace: 'default' },
    data: { k: Buffer.from('s3').toString('base64') },
  });
  const volumes: PodSpec['volumes'] = [
    { name: 'disk', emptyDir: {} },
    { name: 'memory', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
    { name: 'map', configMap: { name: 'settings', items: [{ key: 'a', path: 'deep/er' }], defaultMode: 0o640 } },
    { name: 'whole', configMap: { name: 'settings' } },
    { name: 'secret', secret: { secretName: 'key', defaultMode: 0o400 } },
    {
      name: 'all',
      projected: {
        sources: [
          { serviceAccountToken: { path: 'token', expirationSeconds: 3600 } },
          { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
        ],
      },
    },
  ];
  const volumeMounts = [
    { name: 'disk', mountPath: '/disk' },
    { name: 'memory', mountPath: '/memory' },
    { name: 'map', mountPath: '/map' },
    { name: 'whole', mountPath: '/etc/one-file', subPath: 'b' },
    { name: 'disk', mountPath: '/part', subPath: 'p/q' },
    { name: 'secret', mountPath: '/secret', readOnly: true },
    { name: 'all', mountPath: '/all' },
  ];
  const script = `echo x >/disk/x && echo y >/part/y && cat /disk/x /disk/p/q/y; stat -f -c %T /memory; df -k /memory | tail -1 | awk '{print $2}'
    cat /map/deep/er; echo; stat -L -c %a /map/deep/er; readlink /map/deep; cat /etc/one-file; echo; stat -L -c '%a %u' /secret/k; cat /secret/k; echo; cat /all/token; echo; cat /all/labels; echo
    touch /map/new 2>&1 | grep -o Read-only`;
  await node.createPod(
    'volumes',
    { restartPolicy: 'Never', volumes, containers: [shell(script, { volumeMounts })] },
    { labels: { app: 'v', tier: 'x' } },
  );
  await node.podWhen('volumes', ended);
  expect((await logs('volumes')).trim().split('\n')).toEqual([
    'x',
    'y',
    'tmpfs',
    '1024',
    '1',
    '640',
    '..data/deep',
    '2',
    '400 0',
    's3',
    'a-token',
    'app="v"',
    'tier="x"',
    'Read-only',
  ]);
});

test('fsGroup owns volumes, and users, groups and privileges are as the security context says', async () => {
  const volumes = [{ name: 'disk', emptyDir: {} }];
  const script =
    'id -u; id -g; id -G; grep -E "NoNewPrivs|CapEff" /proc/self/status; touch /nope 2>&1; stat -c "%g %a" /disk; touch /disk/f && stat -c %g /disk/f';
  const container = {
    volumeMounts: [{ name: 'disk', mountPath: '/disk' }],
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
  };
  const output = await outputOf('rights', script, container, {
    volumes,
    securityContext: { runAsUser: 1000, runAsGroup: 3000, fsGroup: 2000, supplementalGroups: [4000] },
  });
  const [uid, gid, groups, ...rest] = output.trim().split('\n');
  expect([uid, gid]).toEqual(['1000', '3000']);
  expect(groups?.split(' ').sort()).toEqual(['2000', '3000', '4000']);
  expect(rest.join('\n')).toMatch(/CapEff:\t0000000000000000\nNoNewPrivs:\t1\ntouch: .*Read-only file system\n2000 2777\n2000/);
});

test('runAsNonRoot refuses an image that runs as root and takes one that does not', async () => {
  const securityContext = { runAsNonRoot: true };
  const { metadata } = await node.createPod('root', { containers: [shell('sleep 1')], securityContext });
  const refused = await node.podWhen(
    'root',
    (pod) => pod.status?.containerStatuses?.[0]?.state.waiting?.reason === 'CreateContainerConfigError',
  );
  expect(refused.status.containerStatuses?.[0]?.state.waiting?.message).toBe(
    `container has runAsNonRoot and image will run as root (pod: "root_default(${metadata.uid})", container: c)`,
  );
  expect(await outputOf('nobody', 'id -u', { image: 'nonroot:1' }, { securityContext })).toBe('65534\n');
});

test('a hostPath that is not what it should be is an event', async () => {
  const volumes = [{ name: 'v', hostPath: { path: '/etc/hostname', type: 'Directory' } }];
  await node.createPod('host-path', { volumes, containers: [shell('sleep 1', { volumeMounts: [{ name: 'v', mountPath: '/v' }] })] });
  await expect
    .poll(() => node.events('FailedMount').map(({ message }) => message))
    .toContain('MountVolume.SetUp failed for volume "v" : hostPath type check failed: /etc/hostname is not a directory');
});

test('a container that takes too much memory is shown as OOMKilled', async () => {
  const volumes = [{ name: 'memory', emptyDir: { medium: 'Memory' } }];
  const container = { volumeMounts: [{ name: 'memory', mountPath: '/m' }], resources: { limits: { memory: '16Mi' } } };
  await node.createPod('greedy', {
    restartPolicy: 'Never',
    volumes,
    containers: [shell('dd if=/dev/zero of=/m/x bs=1M count=64', container)],
  });
  const { status } = await node.podWhen('greedy', ended);
  expect(status.qosClass).toBe('Burstable');
  expect(status.containerStatuses?.[0]?.state.terminated).toMatchObject({ reason: 'OOMKilled', exitCode: 137 });
});

test('limits reach the cgroup, and the pod has one of its own', async () => {
  const resourcesWanted = { requests: { cpu: '250m', memory: '32Mi' }, limits: { cpu: '500m', memory: '64Mi' } };
  const { metadata } = await node.createPod('limited', {
    containers: [shell('sleep 600', { resources: resourcesWanted })],
    terminationGracePeriodSeconds: 1,
  });
  await node.podWhen('limited', isReady);
  const cgroup = `/skiff-test-${process.pid}/kubepods/burstable/pod${metadata.uid}`;
  expect((await readFile(`/sys/fs/cgroup/cpu${cgroup}/cpu.shares`, 'utf8')).trim()).toBe('256');
  expect((await readFile(`/sys/fs/cgroup/cpu${cgroup}/cpu.cfs_quota_us`, 'utf8')).trim()).toBe('50000');
  expect((await readFile(`/sys/fs/cgroup/memory${cgroup}/memory.limit_in_bytes`, 'utf8')).trim()).toBe(String(64 * 2 ** 20));
  await node.client.resource(resources.pods).delete({ namespace: 'default', name: 'limited' });
  await node.podGone('limited');
  await expect.poll(() => readFile(`/sys/fs/cgroup/cpu${cgroup}/cpu.shares`, 'utf8').catch(() => 'gone')).toBe('gone');
});

test('last words come from the message file, or after an error from the log', async () => {
  await node.createPod('words', { restartPolicy: 'Never', containers: [shell('echo farewell >/dev/termination-log')] });
  expect((await node.podWhen('words', ended)).status.containerStatuses?.[0]?.state.terminated?.message).toBe('farewell\n');
  await node.createPod('cries', {
    restartPolicy: 'Never',
    containers: [shell('echo help; exit 7', { terminationMessagePolicy: 'FallbackToLogsOnError' })],
  });
  expect((await node.podWhen('cries', ended)).status.containerStatuses?.[0]?.state.terminated).toMatchObject({
    exitCode: 7,
    message: 'help\n',
  });
});

test('logs: tail, timestamps, limits, long lines, and following until the end', async () => {
  const script = 'for i in 1 2 3; do echo line $i; done; head -c 40000 /dev/zero | tr "\\0" x; echo; sleep 1; echo last';
  await node.createPod('talks', { restartPolicy: 'Never', containers: [shell(script)] });
  await node.podWhen('talks', (pod) => isReady(pod) || ended(pod));
  const followed = await logs('talks', 'follow=true');
  expect(followed).toBe(`line 1\nline 2\nline 3\n${'x'.repeat(40_000)}\nlast\n`);
  expect(await logs('talks', 'tailLines=1')).toBe('last\n');
  expect(await logs('talks', 'limitBytes=9')).toBe('line 1\nli');
  expect((await logs('talks', 'timestamps=true')).split('\n')[0]).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+\S* line 1$/);
  expect((await ask('/containerLogs/default/talks/other', admin)).status).toBe(404);
});

test('without a client certificate the server tells nothing', async () => {
  expect((await ask('/pods', undefined)).status).toBe(401);
  expect((await ask('/pods', admin)).status).toBe(200);
});

test('probes over HTTP and TCP, hooks around the life of a container, and a sidecar that ends last', async () => {
  const volumes = [{ name: 'w', emptyDir: {} }];
  const volumeMounts = [{ name: 'w', mountPath: '/w' }];
  const web = shell(
    'trap "echo term >>/w/log; exit 0" TERM; mkdir /www; echo ok >/www/index.html; httpd -f -p 8080 -h /www & sleep 600 & wait',
    {
      volumeMounts,
      ports: [{ name: 'http', containerPort: 8080 }],
      readinessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 1 },
      livenessProbe: { tcpSocket: { port: 8080 }, initialDelaySeconds: 1, periodSeconds: 1 },
      lifecycle: {
        postStart: { exec: { command: ['sh', '-c', 'echo started >>/w/log'] } },
        preStop: { exec: { command: ['sh', '-c', 'echo stopping >>/w/log'] } },
      },
    },
  );
  const side = { ...shell('trap "cat /w/log; exit 0" TERM; sleep 600 & wait', { volumeMounts }), name: 'side', restartPolicy: 'Always' };
  const { metadata } = await node.createPod('probed', { volumes, initContainers: [side], containers: [web] });
  await node.podWhen('probed', isReady);
  const directory = `${node.directory}/kubelet/pods/${metadata.uid}/volumes/kubernetes.io~empty-dir/w/log`;
  expect(await readFile(directory, 'utf8')).toBe('started\n');
  const followed = ask('/containerLogs/default/probed/side?follow=true', admin);
  await node.client.resource(resources.pods).delete({ namespace: 'default', name: 'probed' });
  expect((await followed).body).toBe('started\nstopping\nterm\n');
  await node.podGone('probed');
});

test('a killed process is restarted, its previous log stays readable', async () => {
  await node.createPod('again', {
    containers: [shell('echo run; [ -e /w/x ] && sleep 600; touch /w/x; exit 3', { volumeMounts: [{ name: 'w', mountPath: '/w' }] })],
    volumes: [{ name: 'w', emptyDir: {} }],
    terminationGracePeriodSeconds: 1,
  });
  const { status } = await node.podWhen('again', (pod) => isReady(pod) && pod.status?.containerStatuses?.[0]?.restartCount === 1);
  expect(status.containerStatuses?.[0]?.lastState.terminated).toMatchObject({ exitCode: 3, reason: 'Error' });
  expect(await logs('again', 'previous=true')).toBe('run\n');
});

test('a restarted kubelet goes on with the containers that run', async () => {
  await node.createPod('stays', { containers: [shell('sleep 600')], terminationGracePeriodSeconds: 1 });
  const before = await node.podWhen('stays', isReady);
  await node.restartKubelet();
  await node.createPod('comes', { containers: [shell('sleep 600')], terminationGracePeriodSeconds: 1 });
  await node.podWhen('comes', isReady);
  const after = await node.podWhen('stays', isReady);
  expect(after.status.containerStatuses?.[0]?.containerID).toBe(before.status.containerStatuses?.[0]?.containerID);
  expect(after.status.containerStatuses?.[0]?.restartCount).toBe(0);
});

test('a pod in the host network has the node address, and a debugging container joins a running pod', async () => {
  await node.createPod('hosted', { hostNetwork: true, containers: [shell('sleep 600')], terminationGracePeriodSeconds: 1 });
  const hosted = await node.podWhen('hosted', isReady);
  expect(hosted.status.podIP).toBe('10.250.7.1');
  const ephemeral = { ...shell('ps | grep -c "[s]leep 600"; hostname'), name: 'debug', targetContainerName: 'c' };
  const pods = node.client.resource(resources.pods);
  await pods.update({ ...hosted, spec: { ...hosted.spec, ephemeralContainers: [ephemeral] } });
  const { status } = await node.podWhen('hosted', (pod) => pod.status?.ephemeralContainerStatuses?.[0]?.state.terminated !== undefined);
  expect(status.ephemeralContainerStatuses?.[0]?.state.terminated?.exitCode).toBe(0);
  expect((await ask('/containerLogs/default/hosted/debug', admin)).body).toMatch(/^[12]\n/);
});

test('a published port reaches the container', async () => {
  const probe = { httpGet: { port: 8080 }, periodSeconds: 1 };
  const hostPort = await freePort();
  await node.createPod('published', {
    containers: [
      shell('mkdir /www; echo hello >/www/index.html; exec httpd -f -p 8080 -h /www', {
        ports: [{ containerPort: 8080, hostPort }],
        readinessProbe: probe,
      }),
    ],
    terminationGracePeriodSeconds: 1,
  });
  await node.podWhen('published', isReady);
  expect(await outputOf('visitor', `wget -q -O - http://10.250.7.1:${hostPort}/`)).toBe('hello\n');
});

test('containerd that dies is started again, and its pods have not noticed', async () => {
  await node.createPod('survivor', { containers: [shell('sleep 600')], terminationGracePeriodSeconds: 1 });
  const before = await node.podWhen('survivor', isReady);
  process.kill(node.containerd.pid, 'SIGKILL');
  await node.createPod('next', { containers: [shell('sleep 600')], terminationGracePeriodSeconds: 1 });
  await node.podWhen('next', isReady);
  const after = await node.podWhen('survivor', isReady);
  expect(after.status.containerStatuses?.[0]?.containerID).toBe(before.status.containerStatuses?.[0]?.containerID);
});
