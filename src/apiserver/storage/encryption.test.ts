import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEtcd } from '#etcd';
import { describe, expect, test } from 'vitest';
import { embeddedStore } from './embedded.ts';
import { encryptedStore } from './encrypted-store.ts';
import { parseEncryptionConfiguration, type ValueTransformer } from './encryption.ts';
import { openSecretbox, sealSecretbox } from './secretbox.ts';
import { storeContract } from './store.contract.ts';

const KEY = '/registry/secrets/a/one';
const secrets = { group: '', resource: 'secrets' };
const key = (name: string, bytes = 32) => ({
  name,
  secret: createHash('sha256').update(name).digest().subarray(0, bytes).toString('base64'),
});

function configuration(providers: object[], resources = ['secrets']): object {
  return { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'EncryptionConfiguration', resources: [{ resources, providers }] };
}

function transformer(...providers: object[]): ValueTransformer {
  const found = parseEncryptionConfiguration(configuration(providers)).transformerFor(secrets);
  if (found === undefined) throw new Error('no transformer');
  return found;
}

describe('encryption at rest', () => {
  test.each(['aescbc', 'aesgcm', 'secretbox'])('with %s gives back what it took, and shows nothing of it', (provider) => {
    const made = transformer({ [provider]: { keys: [key('k1')] } }, { identity: {} });
    for (const length of [0, 1, 15, 16, 17, 1000]) {
      const value = randomBytes(length);
      const stored = made.toStorage(value, KEY);
      expect(stored.toString('latin1').startsWith(`k8s:enc:${provider}:v1:k1:`)).toBe(true);
      expect(made.fromStorage(stored, KEY)).toEqual(value);
      expect(made.isStale(stored)).toBe(false);
      expect(length > 15 && stored.includes(value)).toBe(false);
    }
  });

  test('notices a changed value, and with aesgcm one that was moved to another key', () => {
    for (const provider of ['aesgcm', 'secretbox']) {
      const made = transformer({ [provider]: { keys: [key('k1')] } });
      const stored = made.toStorage(Buffer.from('secret'), KEY);
      stored[stored.length - 1] = (stored.at(-1) ?? 0) ^ 1;
      expect(() => made.fromStorage(stored, KEY)).toThrow(/unable to authenticate|was changed/);
    }
    const gcm = transformer({ aesgcm: { keys: [key('k1', 16)] } });
    expect(() => gcm.fromStorage(gcm.toStorage(Buffer.from('secret'), KEY), '/registry/secrets/b/one')).toThrow(/unable to authenticate/);
  });

  test('goes from one key to the next: the old one reads, the new one writes', () => {
    const before = transformer({ aescbc: { keys: [key('old')] } }).toStorage(Buffer.from('secret'), KEY);
    const rotated = transformer({ aescbc: { keys: [key('new'), key('old')] } }, { identity: {} });
    expect(rotated.fromStorage(before, KEY)).toEqual(Buffer.from('secret'));
    expect(rotated.isStale(before)).toBe(true);
    expect(rotated.isStale(rotated.toStorage(Buffer.from('secret'), KEY))).toBe(false);
    expect(rotated.fromStorage(Buffer.from('{}'), KEY)).toEqual(Buffer.from('{}'));
    expect(rotated.isStale(Buffer.from('{}'))).toBe(true);
    const without = transformer({ identity: {} });
    expect(() => without.fromStorage(before, KEY)).toThrow('no matching prefix found');
  });

  test('covers the resources that it names', () => {
    const names = ['secrets', 'deployments.apps', '*.batch'];
    const { transformerFor } = parseEncryptionConfiguration(configuration([{ identity: {} }], names));
    const covered = (group: string, resource: string) => transformerFor({ group, resource }) !== undefined;
    expect([covered('', 'secrets'), covered('apps', 'deployments'), covered('batch', 'jobs')]).toEqual([true, true, true]);
    expect([covered('', 'pods'), covered('other', 'secrets'), covered('apps', 'daemonsets')]).toEqual([false, false, false]);
  });

  test('says what is wrong with a configuration', () => {
    const parse =
      (...providers: object[]) =>
      () =>
        parseEncryptionConfiguration(configuration(providers));
    expect(() => parseEncryptionConfiguration({})).toThrow('it must be an EncryptionConfiguration');
    expect(parse({ secretbox: { keys: [key('k', 16)] } })).toThrow('16 bytes in base64, expected 32');
    expect(parse({ aescbc: { keys: [] } })).toThrow('keys: at least one is required');
    expect(parse({ rot13: {} })).toThrow('"rot13" is not supported');
  });
});

test('secretbox is the one of NaCl', () => {
  const hex = (text: string) => Buffer.from(text, 'hex');
  const secret = hex('1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389');
  const nonce = hex('69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37');
  const message = hex(
    'be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f937763848645e0705',
  );
  const box = hex(
    'f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b37973f622a43d14a6599b1f654cb45a74e355a5',
  );
  expect(sealSecretbox(message, nonce, secret).toString('hex')).toBe(box.toString('hex'));
  expect(openSecretbox(box, nonce, secret)).toEqual(message);
});

storeContract('the encrypted store', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'skiff-etcd-'));
  const etcd = await openEtcd({ dir });
  const made = transformer({ aesgcm: { keys: [key('k1')] } });
  return {
    store: encryptedStore(embeddedStore(etcd), () => made),
    async dispose() {
      await etcd.close();
      await rm(dir, { recursive: true });
    },
  };
});
