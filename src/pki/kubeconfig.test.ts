import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildKubeconfig, createCa, ensureKubeconfig, mergeKubeconfig, unmergeKubeconfig } from './index.ts';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
  path = join(dir, 'sub', 'config');
});
afterEach(() => rmSync(dir, { recursive: true }));

const entry = { name: 'skiff', server: 'https://127.0.0.1:6443', certificateAuthority: 'CA', clientCertificate: 'CERT', clientKey: 'KEY' };

describe('buildKubeconfig', () => {
  it("has kubeadm's shape", () => {
    const text = buildKubeconfig({
      server: 'https://10.0.0.1:6443',
      certificateAuthority: 'CA',
      clientCertificate: 'C',
      clientKey: 'K',
      userName: 'kubernetes-admin',
    });
    expect(parse(text)).toEqual({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'kubernetes', cluster: { server: 'https://10.0.0.1:6443', 'certificate-authority-data': 'Q0E=' } }],
      contexts: [{ name: 'kubernetes-admin@kubernetes', context: { cluster: 'kubernetes', user: 'kubernetes-admin' } }],
      'current-context': 'kubernetes-admin@kubernetes',
      users: [{ name: 'kubernetes-admin', user: { 'client-certificate-data': 'Qw==', 'client-key-data': 'Sw==' } }],
    });
  });

  it.each(['true', '12', 'a: b', '', 'x#y', "it's", '*'])('quotes the name %j where YAML needs it', (name) => {
    const text = buildKubeconfig({ server: 's', certificateAuthority: '', token: name, userName: name, clusterName: name });
    expect(parse(text)).toMatchObject({ clusters: [{ name }], users: [{ name }] });
  });
});

describe('ensureKubeconfig', () => {
  it('keeps a file that serves and replaces one for another server or CA', async () => {
    const ca = await createCa('kubernetes');
    const options = {
      ca,
      server: 'https://127.0.0.1:6443',
      userName: 'system:node:n1',
      commonName: 'system:node:n1',
      organizations: ['system:nodes'],
    };
    const file = join(dir, 'kubelet.conf');
    const first = await ensureKubeconfig(file, options);
    expect(readFileSync(file, 'utf8')).toBe(first);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await ensureKubeconfig(file, options)).toBe(first);
    const moved = await ensureKubeconfig(file, { ...options, server: 'https://127.0.0.1:7443' });
    expect(moved).not.toBe(first);
    expect(await ensureKubeconfig(file, { ...options, server: 'https://127.0.0.1:7443', ca: await createCa('kubernetes') })).not.toBe(
      moved,
    );
  });
});

describe('mergeKubeconfig', () => {
  it('makes the file, for its owner only', async () => {
    await mergeKubeconfig(path, entry);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(parse(readFileSync(path, 'utf8'))).toMatchObject({
      'current-context': 'skiff',
      clusters: [{ name: 'skiff', cluster: { server: 'https://127.0.0.1:6443', 'certificate-authority-data': 'Q0E=' } }],
      contexts: [{ name: 'skiff', context: { cluster: 'skiff', user: 'skiff' } }],
      users: [{ name: 'skiff', user: { 'client-certificate-data': 'Q0VSVA==', 'client-key-data': 'S0VZ' } }],
    });
  });

  const foreign = `# mine
apiVersion: v1
kind: Config
clusters:
- cluster: {server: 'https://other:6443'} # keep
  name: other
contexts:
- context: {cluster: other, user: me}
  name: other
current-context: other
users:
- name: me
  user:
    exec: {command: login}
`;

  it("leaves others' entries and comments alone, twice over, and takes only its own away again", async () => {
    const file = join(dir, 'config');
    writeFileSync(file, foreign);
    await mergeKubeconfig(file, entry);
    await mergeKubeconfig(file, { ...entry, server: 'https://127.0.0.1:7443' });
    const merged = readFileSync(file, 'utf8');
    expect(merged).toContain('# mine');
    expect(merged).toContain('# keep');
    expect(parse(merged)).toMatchObject({
      'current-context': 'skiff',
      clusters: [{ name: 'other' }, { name: 'skiff', cluster: { server: 'https://127.0.0.1:7443' } }],
      users: [{ name: 'me', user: { exec: { command: 'login' } } }, { name: 'skiff' }],
    });
    await unmergeKubeconfig(file, 'skiff');
    expect(parse(readFileSync(file, 'utf8'))).toEqual({ ...(parse(foreign) as object), 'current-context': '' });
  });

  it('does not touch the current context when told so', async () => {
    const file = join(dir, 'config');
    writeFileSync(file, foreign);
    await mergeKubeconfig(file, entry, { setCurrent: false });
    expect(parse(readFileSync(file, 'utf8'))).toMatchObject({ 'current-context': 'other' });
    const merged = readFileSync(file, 'utf8');
    await unmergeKubeconfig(file, 'nobody');
    expect(readFileSync(file, 'utf8')).toBe(merged);
  });

  it('fills lists that are null, as kubectl leaves them', async () => {
    const file = join(dir, 'config');
    writeFileSync(file, 'apiVersion: v1\nkind: Config\nclusters: null\ncontexts: null\nusers: null\ncurrent-context: ""\n');
    await mergeKubeconfig(file, entry);
    expect(parse(readFileSync(file, 'utf8'))).toMatchObject({
      clusters: [{ name: 'skiff' }],
      contexts: [{ name: 'skiff' }],
      users: [{ name: 'skiff' }],
    });
  });

  it('writes through a link', async () => {
    const target = join(dir, 'real');
    const link = join(dir, 'link');
    writeFileSync(target, '');
    symlinkSync(target, link);
    await mergeKubeconfig(link, entry);
    expect(readFileSync(target, 'utf8')).toContain('skiff');
  });

  it('refuses a file that is no kubeconfig and leaves it as it is', async () => {
    const file = join(dir, 'config');
    writeFileSync(file, 'a: [');
    await expect(mergeKubeconfig(file, entry)).rejects.toThrow('is not a readable kubeconfig');
    expect(readFileSync(file, 'utf8')).toBe('a: [');
  });

  it('does nothing when there is no file to take entries from', async () => {
    await unmergeKubeconfig(path, 'skiff');
    expect(() => statSync(path)).toThrow('ENOENT');
  });
});
