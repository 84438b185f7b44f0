import {
  ApiException,
  AppsV1Api,
  CoreV1Api,
  KubeConfig,
  KubernetesObjectApi,
  makeInformer,
  PatchStrategy,
  Watch,
  type V1ConfigMap,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestApiServer } from './api-server.ts';

let server: TestApiServer;
let config: KubeConfig;
let core: CoreV1Api;

beforeAll(async () => {
  server = await TestApiServer.start();
  config = new KubeConfig();
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  config.loadFromClusterAndUser(
    { name: 'c', server: server.url, caData: base64(server.pki.ca.certificate), skipTLSVerify: false },
    { name: 'u', certData: base64(server.admin.certificate), keyData: base64(server.admin.key) },
  );
  core = config.makeApiClient(CoreV1Api);
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

test('the official client creates, reads, replaces and deletes', async () => {
  const namespace = 'default';
  await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'a' }, data: { k: '1' } } });
  const read = await core.readNamespacedConfigMap({ namespace, name: 'a' });
  await core.replaceNamespacedConfigMap({ namespace, name: 'a', body: Object.assign(read, { data: { k: '2' } }) });
  // `read` still carries the revision that it was read at.
  await expect(
    core.replaceNamespacedConfigMap({ namespace, name: 'a', body: Object.assign(read, { data: { k: '3' } }) }),
  ).rejects.toMatchObject({ code: 409 });
  expect((await core.listNamespacedConfigMap({ namespace })).items.map(({ data }) => data)).toEqual([{ k: '2' }]);
  await core.deleteNamespacedConfigMap({ namespace, name: 'a' });
  await expect(core.readNamespacedConfigMap({ namespace, name: 'a' })).rejects.toBeInstanceOf(ApiException);
});

test('its informer follows what happens', async () => {
  const namespace = 'kube-public';
  const informer = makeInformer<V1ConfigMap>(config, `/api/v1/namespaces/${namespace}/configmaps`, () =>
    core.listNamespacedConfigMap({ namespace }),
  );
  const seen: string[] = [];
  let check = (): void => undefined;
  const until = (text: string): Promise<void> =>
    new Promise((resolve) => {
      check = () => {
        if (seen.includes(text)) resolve();
      };
      check();
    });
  const note =
    (what: string) =>
    (object: V1ConfigMap): void => {
      seen.push(`${what} ${object.metadata?.name}`);
      check();
    };
  informer.on('add', note('add'));
  informer.on('update', note('update'));
  informer.on('delete', note('delete'));
  await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'a' } } });
  await informer.start();
  await until('add a');
  await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'b' } } });
  await until('add b');
  await core.deleteNamespacedConfigMap({ namespace, name: 'a' });
  await until('delete a');
  await informer.stop();
  expect(seen.filter((text) => text !== 'update a')).toEqual(['add a', 'add b', 'delete a']);
});

test('its watch gets events', async () => {
  const event = await new Promise<string>((resolve, reject) => {
    new Watch(config)
      .watch(
        '/api/v1/namespaces',
        {},
        (phase: string, object: { metadata: { name: string } }) => {
          if (object.metadata.name !== 'kube-system') return;
          resolve(`${phase} ${object.metadata.name}`);
        },
        () => undefined,
      )
      .then((controller) => setImmediate(() => void controller), reject);
  });
  expect(event).toBe('ADDED kube-system');
});

test('its server-side apply creates and owns', async () => {
  const objects = KubernetesObjectApi.makeApiClient(config);
  const labels = { app: 'x' };
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd', namespace: 'default' },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'nginx' }] } },
    },
  };
  await objects.patch(deployment, undefined, undefined, 'mine', true, PatchStrategy.ServerSideApply);
  const read = await config.makeApiClient(AppsV1Api).readNamespacedDeployment({ namespace: 'default', name: 'd' });
  expect([read.spec?.replicas, read.metadata?.managedFields?.map(({ manager, operation }) => [manager, operation])]).toEqual([
    2,
    [['mine', 'Apply']],
  ]);
});
