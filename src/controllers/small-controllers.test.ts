import type { ClusterRole } from '#api/generated/rbac-v1.ts';
import type { ConfigMap, PersistentVolumeClaim, Pod, ReplicationController, Secret, ServiceAccount } from '#api/generated/core-v1.ts';
import { generateKey, jwtVerifier, privateKeyPem } from '#pki';
import { resources } from '#client';
import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startBootstrapSignerController, startTokenCleanerController } from './bootstrap/index.ts';
import { startClusterRoleAggregationController } from './clusterrole-aggregation/index.ts';
import { startReplicationController } from './replicationcontroller/index.ts';
import { startServiceAccountTokenController } from './serviceaccount-token/index.ts';
import { testCluster, type TestCluster } from './test-cluster.ts';
import { startTTLController } from './ttl/index.ts';
import { startPVCProtectionController } from './volume-protection/index.ts';

let cluster: TestCluster;
beforeEach(() => void vi.useFakeTimers({ now: new Date('2026-01-02T03:04:05Z'), toFake: ['setTimeout', 'clearTimeout', 'Date'] }));
afterEach(() => {
  cluster.stop();
  vi.useRealTimers();
});
const base64 = (text: string) => Buffer.from(text).toString('base64');

test('a ClusterRole gathers the rules of those it chooses, and follows them', async () => {
  const role = (name: string, labels: Record<string, string>, verb?: string): ClusterRole => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name, labels },
    rules: verb ? [{ apiGroups: [''], resources: ['pods'], verbs: [verb] }] : [],
  });
  const toView = { aggregate: 'view' };
  const view = { ...role('view', {}), aggregationRule: { clusterRoleSelectors: [{ matchLabels: toView }] } };
  cluster = await testCluster(
    [view, role('b', toView, 'list'), role('a', toView, 'get'), role('c', {}, 'delete')],
    [startClusterRoleAggregationController],
  );
  const verbs = () => cluster.get(resources.clusterRoles, 'view')!.rules.flatMap((rule) => rule.verbs);
  expect(verbs()).toEqual(['get', 'list']);
  await cluster.client.resource(resources.clusterRoles).delete({ name: 'a' });
  await cluster.settle();
  expect(verbs()).toEqual(['list']);
});

test('kubelets may keep what they read for the longer, the more nodes there are', async () => {
  const nodes = Array.from({ length: 101 }, (_, i) => ({ apiVersion: 'v1', kind: 'Node', metadata: { name: `n${i}` } }));
  cluster = await testCluster(nodes, [startTTLController]);
  const ttl = () => cluster.get(resources.nodes, 'n0')!.metadata.annotations!['node.alpha.kubernetes.io/ttl'];
  expect(ttl()).toBe('15');
  for (let i = 1; i < 13; i++) await cluster.client.resource(resources.nodes).delete({ name: `n${i}` });
  await cluster.settle();
  expect(ttl()).toBe('0');
});

test('a ReplicationController keeps its pods', async () => {
  const controller: ReplicationController = {
    apiVersion: 'v1',
    kind: 'ReplicationController',
    metadata: { name: 'old', namespace: 'default', uid: 'rc-1' },
    spec: {
      replicas: 2,
      selector: { app: 'old' },
      template: { metadata: { name: '', labels: { app: 'old' } }, spec: { containers: [] } as unknown as Pod['spec'] },
    },
    status: { replicas: 0 },
  };
  cluster = await testCluster([controller], [startReplicationController]);
  expect(cluster.list(resources.pods).map(({ metadata }) => metadata.ownerReferences![0]!.kind)).toEqual([
    'ReplicationController',
    'ReplicationController',
  ]);
  expect(cluster.list(resources.replicationControllers)[0]!.status.replicas).toBe(2);
});

const account: ServiceAccount = {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: 'robot', namespace: 'default', uid: 'sa-1' },
};
const tokenSecret = (name: string): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'robot-token', namespace: 'default', annotations: { 'kubernetes.io/service-account.name': name } },
  type: 'kubernetes.io/service-account-token',
});

test('a Secret for a service account gets a token, and goes with its account', async () => {
  const serviceAccountKey = privateKeyPem(await generateKey());
  cluster = await testCluster([account, tokenSecret('robot')], [startServiceAccountTokenController], { serviceAccountKey });
  const [secret] = cluster.list(resources.secrets);
  expect(secret!.metadata.annotations!['kubernetes.io/service-account.uid']).toBe('sa-1');
  expect(secret!.data).toMatchObject({ namespace: base64('default'), 'ca.crt': base64('CA') });
  const token = Buffer.from(secret!.data!['token']!, 'base64').toString();
  expect(jwtVerifier([serviceAccountKey])(token)).toMatchObject({ sub: 'system:serviceaccount:default:robot' });
  await cluster.client.resource(resources.serviceAccounts).delete({ name: 'robot', namespace: 'default' });
  await cluster.settle();
  expect(cluster.list(resources.secrets)).toEqual([]);
});

test('a claim is held while a pod uses it', async () => {
  const claim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', namespace: 'default' },
    spec: {},
    status: {},
  } as unknown as PersistentVolumeClaim;
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default' },
    spec: { containers: [], nodeName: 'n', volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] },
    status: { phase: 'Running' },
  };
  cluster = await testCluster([claim, pod], [startPVCProtectionController]);
  const claims = () => cluster.list(resources.persistentVolumeClaims);
  expect(claims()[0]!.metadata.finalizers).toEqual(['kubernetes.io/pvc-protection']);
  await cluster.client.resource(resources.persistentVolumeClaims).delete({ name: 'data', namespace: 'default' });
  await cluster.settle();
  expect(claims()).toHaveLength(1);
  await cluster.client.resource(resources.pods).delete({ name: 'p', namespace: 'default' }, { gracePeriodSeconds: 0 });
  await cluster.settle();
  expect(claims()).toEqual([]);
});

const bootstrapToken = (id: string, expiration: string): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: `bootstrap-token-${id}`, namespace: 'kube-system' },
  type: 'bootstrap.kubernetes.io/token',
  data: {
    'token-id': base64(id),
    'token-secret': base64('0123456789abcdef'),
    expiration: base64(expiration),
    'usage-bootstrap-signing': base64('true'),
  },
});

test('cluster-info is signed with every token that is valid', async () => {
  const info: ConfigMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'cluster-info', namespace: 'kube-public' },
    data: { kubeconfig: 'KC', 'jws-kubeconfig-gone00': 'x' },
  };
  cluster = await testCluster(
    [info, bootstrapToken('abcdef', '2026-01-03T00:00:00Z'), bootstrapToken('expire', '2026-01-01T00:00:00Z')],
    [startBootstrapSignerController],
  );
  const { data } = cluster.list(resources.configMaps)[0]!;
  expect(Object.keys(data!).sort()).toEqual(['jws-kubeconfig-abcdef', 'kubeconfig']);
  const [header, content, signature] = data!['jws-kubeconfig-abcdef']!.split('.');
  expect(JSON.parse(Buffer.from(header!, 'base64url').toString())).toEqual({ alg: 'HS256', kid: 'abcdef' });
  expect(content).toBe('');
  const signed = `${header}.${Buffer.from('KC').toString('base64url')}`;
  expect(signature).toBe(createHmac('sha256', '0123456789abcdef').update(signed).digest('base64url'));
});

test('a bootstrap token goes when it expires', async () => {
  cluster = await testCluster([bootstrapToken('abcdef', '2026-01-02T04:04:05Z')], [startTokenCleanerController]);
  await cluster.settle(3_590_000);
  expect(cluster.list(resources.secrets)).toHaveLength(1);
  await cluster.settle(11_000);
  expect(cluster.list(resources.secrets)).toEqual([]);
});
