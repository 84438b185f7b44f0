import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Container, Pod, PodSpec } from '#api/generated/core-v1.ts';
import type { Image } from '../cri/index.ts';
import { podDns } from './dns.ts';
import { hostsFile, kernelHostname } from './hosts-file.ts';
import { computeQosClass } from './qos.ts';
import { containerResources } from './resources.ts';
import { sandboxConfig } from './sandbox-config.ts';
import { checkNonRoot, containerSecurityContext } from './security-context.ts';

function pod(spec: Partial<PodSpec>, container: Partial<Container> = {}): Pod {
  return {
    metadata: { name: 'p', namespace: 'team', uid: 'u' },
    spec: { containers: [{ name: 'c', resources: {}, ...container }], ...spec },
    status: {},
  };
}

test.each([
  ['BestEffort', {}],
  ['Burstable', { requests: { cpu: '1' } }],
  ['Burstable', { limits: { cpu: '1' } }],
  ['Guaranteed', { limits: { cpu: '1', memory: '1Gi' } }],
  ['Guaranteed', { limits: { cpu: '1000m', memory: '1Gi' }, requests: { cpu: '1', memory: '1024Mi' } }],
  ['Burstable', { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1', memory: '512Mi' } }],
])('%s', (expected, resources) => {
  expect(computeQosClass(pod({}, { resources }))).toBe(expected);
});

test('requests and limits become shares, quota, bytes and a score', () => {
  const burstable = pod({}, { resources: { requests: { cpu: '250m', memory: '2Gi' }, limits: { cpu: '1500m', memory: '3Gi' } } });
  expect(containerResources(burstable, burstable.spec.containers[0] as Container, 8 * 2 ** 30)).toEqual({
    cpuShares: 256,
    cpuPeriod: 100_000,
    cpuQuota: 150_000,
    memoryLimitInBytes: 3 * 2 ** 30,
    oomScoreAdj: 750,
  });
  const bestEffort = pod({});
  expect(containerResources(bestEffort, bestEffort.spec.containers[0] as Container, 8 * 2 ** 30)).toEqual({
    cpuShares: 2,
    oomScoreAdj: 1000,
  });
});

test('the pod policy decides where names are looked up', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'dns-'));
  const resolverConfig = join(directory, 'resolv.conf');
  await writeFile(resolverConfig, '# node\nnameserver 192.0.2.53\nsearch example.com.\noptions timeout:1\n');
  const settings = { clusterDns: ['10.96.0.10'], clusterDomain: 'cluster.local', resolverConfig };
  const node = { servers: ['192.0.2.53'], searches: ['example.com'], options: ['timeout:1'] };
  const cluster = {
    servers: ['10.96.0.10'],
    searches: ['team.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'example.com'],
    options: ['ndots:5'],
  };
  expect(await podDns(pod({}), settings)).toEqual(cluster);
  expect(await podDns(pod({ dnsPolicy: 'Default' }), settings)).toEqual(node);
  expect(await podDns(pod({ hostNetwork: true }), settings)).toEqual(node);
  expect(await podDns(pod({ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' }), settings)).toEqual(cluster);
  expect(await podDns(pod({ dnsConfig: { options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }] } }), settings)).toEqual({
    ...cluster,
    options: ['ndots:2', 'edns0'],
  });
  expect(await podDns(pod({ dnsPolicy: 'None', dnsConfig: { nameservers: ['1.1.1.1'] } }), settings)).toEqual({
    servers: ['1.1.1.1'],
    searches: [],
    options: [],
  });
  await rm(directory, { recursive: true });
});

test('host name, subdomain and aliases stand in the hosts file', () => {
  const named = pod({ hostname: 'web-0', subdomain: 'web', hostAliases: [{ ip: '192.0.2.9', hostnames: ['a', 'b'] }] });
  const lines = hostsFile(named, ['10.244.0.2'], 'cluster.local').split('\n');
  expect(lines[0]).toBe('# Kubernetes-managed hosts file.');
  expect(lines).toContain('127.0.0.1\tlocalhost');
  expect(lines).toContain('10.244.0.2\tweb-0.web.team.svc.cluster.local\tweb-0');
  expect(lines.slice(-3)).toEqual(['# Entries added by HostAliases.', '192.0.2.9\ta\tb', '']);
  expect(kernelHostname(named, 'cluster.local')).toBe('web-0');
  expect(kernelHostname(pod({ hostname: 'web-0', subdomain: 'web', setHostnameAsFQDN: true }), 'cluster.local')).toBe(
    'web-0.web.team.svc.cluster.local',
  );
  expect(() => kernelHostname(pod({ hostname: 'x'.repeat(63), subdomain: 'web', setHostnameAsFQDN: true }), 'cluster.local')).toThrow(
    'is too long (64 characters is the max',
  );
});

const image = (uid: number | null, username = ''): Image => ({
  id: 'i',
  repoTags: [],
  repoDigests: [],
  size: 1,
  uid: uid === null ? null : { value: uid },
  username,
  pinned: false,
});

test.each([
  [{ runAsNonRoot: true }, image(0), 'container has runAsNonRoot and image will run as root (pod: "p_team(u)", container: c)'],
  [{ runAsNonRoot: true }, image(null), 'container has runAsNonRoot and image will run as root (pod: "p_team(u)", container: c)'],
  [{ runAsNonRoot: true, runAsUser: 0 }, image(1), 'container\'s runAsUser breaks non-root policy (pod: "p_team(u)", container: c)'],
  [
    { runAsNonRoot: true },
    image(null, 'web'),
    'container has runAsNonRoot and image has non-numeric user (web), cannot verify user is non-root (pod: "p_team(u)", container: c)',
  ],
])('%o is refused', (securityContext, of, message) => {
  const refused = pod({}, { securityContext });
  expect(() => checkNonRoot(refused, refused.spec.containers[0] as Container, of)).toThrow(message);
});

test('a container goes before its pod, and what neither says comes from the image', () => {
  const support = { seccompDirectory: '/s', appArmor: false };
  const both = pod(
    { securityContext: { runAsUser: 1, runAsGroup: 2, fsGroup: 3, seccompProfile: { type: 'RuntimeDefault' } } },
    {
      securityContext: {
        runAsUser: 9,
        appArmorProfile: { type: 'RuntimeDefault' },
        seccompProfile: { type: 'Localhost', localhostProfile: 'p.json' },
      },
    },
  );
  expect(containerSecurityContext(both, both.spec.containers[0] as Container, image(5), support)).toMatchObject({
    runAsUser: { value: 9 },
    runAsGroup: { value: 2 },
    supplementalGroups: [3],
    seccomp: { profileType: 'Localhost', localhostRef: '/s/p.json' },
    apparmor: undefined,
  });
  const plain = pod({});
  expect(containerSecurityContext(plain, plain.spec.containers[0] as Container, image(5), support)).toMatchObject({
    runAsUser: { value: 5 },
    noNewPrivs: false,
    seccomp: { profileType: 'Unconfined' },
  });
});

test('a pod that wants a user namespace is refused clearly, and only host ports are mapped', async () => {
  const settings = { podLogs: '/l', clusterDns: [], clusterDomain: 'cluster.local', resolverConfig: '/none' };
  await expect(sandboxConfig(pod({ hostUsers: false }), 0, '/', settings)).rejects.toThrow('user namespaces');
  const ports = [{ containerPort: 80 }, { containerPort: 53, hostPort: 5353, protocol: 'UDP', hostIP: '127.0.0.1' }];
  const config = await sandboxConfig(pod({}, { ports }), 2, '/parent', settings);
  expect(config.portMappings).toEqual([{ protocol: 'UDP', containerPort: 53, hostPort: 5353, hostIp: '127.0.0.1' }]);
  expect(config).toMatchObject({
    metadata: { name: 'p', namespace: 'team', uid: 'u', attempt: 2 },
    logDirectory: '/l/team_p_u',
    linux: { cgroupParent: '/parent' },
  });
});
