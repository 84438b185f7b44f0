import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { skiff, trySkiff } from './skiff.ts';
import { TestCluster } from './cluster.ts';

type Keys = Record<string, string[]>;

/** An EncryptionConfiguration for secrets: providers with the names of their keys, in this order; every name has one secret. */
function configuration(providers: Keys, secrets: Map<string, string>): string {
  const secretOf = (name: string) => {
    if (!secrets.has(name)) secrets.set(name, randomBytes(32).toString('base64'));
    return secrets.get(name);
  };
  const list = Object.entries(providers).map(([provider, keys]) =>
    provider === 'identity' ? { identity: {} } : { [provider]: { keys: keys.map((name) => ({ name, secret: secretOf(name) })) } },
  );
  return JSON.stringify({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [{ resources: ['secrets'], providers: list }],
  });
}

test('secrets are encrypted in the store, and are encrypted anew by writing them after the key has changed', async () => {
  await using cluster = await TestCluster.start({ arguments: ['--etcd-port', '0'] });
  const secrets = new Map<string, string>();
  const here = ['--data-dir', cluster.dataDir];
  const stored = (name: string) => skiff(cluster, ['etcdctl', ...here, 'get', `/registry/secrets/default/${name}`, '--print-value-only']);
  const rewrite = async () => {
    const all = await cluster.kubectl(['get', 'secrets', '-A', '-o', 'json']);
    await cluster.kubectl(['replace', '-f', '-'], { stdin: all });
  };
  const restartWith = async (providers: Keys) => {
    const file = await cluster.file('encryption.yaml', configuration(providers, secrets));
    await cluster.down();
    await skiff(cluster, ['up', cluster.name, ...here, '--no-merge', '--encryption-provider-config', file]);
  };
  const create = (name: string) => cluster.kubectl(['create', 'secret', 'generic', name, '--from-literal', `password=${name}-plain`]);
  const password = async (name: string) =>
    Buffer.from(await cluster.kubectl(['get', 'secret', name, '-o', 'jsonpath={.data.password}']), 'base64').toString();

  await create('old');
  expect(await stored('old')).toContain('"kind":"Secret"');

  await restartWith({ aescbc: ['one'], identity: [] });
  expect((await stat(join(cluster.dataDir, 'encryption-config.yaml'))).mode & 0o777).toBe(0o600);
  await create('new');
  expect(await stored('new')).toMatch(/^k8s:enc:aescbc:v1:one:/);
  expect(await stored('old')).toContain('"kind":"Secret"');
  await rewrite();
  expect(await stored('old')).toMatch(/^k8s:enc:aescbc:v1:one:/);

  await restartWith({ secretbox: ['two'], aescbc: ['one'] });
  expect(await password('old')).toBe('old-plain');
  const revision = () => cluster.kubectl(['get', 'secret', 'old', '-o', 'jsonpath={.metadata.resourceVersion}']);
  const before = await revision();
  await rewrite();
  expect(await stored('old')).toMatch(/^k8s:enc:secretbox:v1:two:/);
  const after = await revision();
  expect(after).not.toBe(before);
  await rewrite();
  expect(await revision()).toBe(after);

  await restartWith({ aesgcm: ['three'], secretbox: ['two'] });
  await rewrite();
  await restartWith({ aesgcm: ['three'] });
  expect(await stored('new')).toMatch(/^k8s:enc:aesgcm:v1:three:/);
  expect([await password('old'), await password('new')]).toEqual(['old-plain', 'new-plain']);
  await cluster.kubectl(['get', 'configmap', 'kube-root-ca.crt']);

  const wrong = await cluster.file('wrong.yaml', configuration({ aescbc: [] }, secrets));
  await cluster.down();
  const refused = await trySkiff(cluster, ['up', cluster.name, ...here, '--no-merge', '--encryption-provider-config', wrong]);
  expect(refused.stderr).toContain('at least one is required');
}, 180_000);
