import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCa, ensurePki, firstAddress, issueCertificate } from './index.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'pki-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const options = (): { dir: string; advertiseAddresses: string[]; nodeName: string } => ({
  dir,
  advertiseAddresses: ['192.0.2.7'],
  nodeName: 'n1',
});
const files = (): Record<string, string> =>
  Object.fromEntries(
    (readdirSync(dir, { recursive: true }) as string[])
      .filter((name) => name.includes('.'))
      .sort()
      .map((name) => [name, readFileSync(join(dir, name), 'utf8')]),
  );

describe('ensurePki', () => {
  it("makes kubeadm's files, keys for their owner only", async () => {
    await ensurePki(options());
    const pairs = [
      'apiserver',
      'apiserver-etcd-client',
      'apiserver-kubelet-client',
      'ca',
      'etcd/ca',
      'etcd/healthcheck-client',
      'etcd/peer',
      'etcd/server',
      'front-proxy-ca',
      'front-proxy-client',
    ];
    expect(Object.keys(files())).toEqual([...pairs.flatMap((name) => [`${name}.crt`, `${name}.key`]), 'sa.key', 'sa.pub'].sort());
    for (const name of Object.keys(files())) {
      expect([name, statSync(join(dir, name)).mode & 0o777]).toEqual([name, name.endsWith('.key') ? 0o600 : 0o644]);
    }
  });

  it('names the API server as clients do', async () => {
    const pki = await ensurePki({ ...options(), serviceCidr: '10.96.0.0/12,fd00:10::/108', apiServerNames: ['k.example.org'] });
    const certificate = new X509Certificate(pki.apiserver.certificate);
    const hosts = [
      'kubernetes',
      'kubernetes.default',
      'kubernetes.default.svc',
      'kubernetes.default.svc.cluster.local',
      'localhost',
      'n1',
      'k.example.org',
    ];
    expect(hosts.filter((host) => certificate.checkHost(host) === undefined)).toEqual([]);
    const addresses = ['10.96.0.1', 'fd00:10::1', '192.0.2.7', '127.0.0.1'];
    expect(addresses.filter((address) => certificate.checkIP(address) === undefined)).toEqual([]);
  });

  it('keeps what exists', async () => {
    await ensurePki(options());
    const before = files();
    await ensurePki(options());
    expect(files()).toEqual(before);
  });

  it('makes only the server certificate anew when an address is missing', async () => {
    await ensurePki(options());
    const before = files();
    await ensurePki({ ...options(), apiServerNames: ['203.0.113.9'] });
    const changed = Object.entries(files()).flatMap(([name, content]) => (before[name] === content ? [] : [name]));
    expect(changed).toEqual(['apiserver.crt', 'apiserver.key']);
  });

  it('repairs a directory that was left half-written', async () => {
    const before = await ensurePki(options());
    for (const name of ['apiserver.crt', 'etcd/peer.key', 'front-proxy-ca.crt', 'sa.pub']) rmSync(join(dir, name));
    truncateSync(join(dir, 'apiserver-etcd-client.crt'), 100);
    const after = await ensurePki(options());
    expect(after.ca).toEqual(before.ca);
    expect(after.frontProxyCa.key).toBe(before.frontProxyCa.key);
    expect(after.serviceAccount).toEqual(before.serviceAccount);
    for (const [leaf, ca] of [
      ['apiserver', 'ca'],
      ['etcdPeer', 'etcdCa'],
      ['frontProxyClient', 'frontProxyCa'],
      ['apiserverEtcdClient', 'etcdCa'],
    ] as const) {
      expect(new X509Certificate(after[leaf].certificate).verify(new X509Certificate(after[ca].certificate).publicKey)).toBe(true);
    }
  });

  it('makes a certificate anew that is about to expire', async () => {
    const pki = await ensurePki(options());
    const stale = await issueCertificate(pki.ca, { commonName: 'kube-apiserver-kubelet-client', days: 3 });
    writeFileSync(pki.apiserverKubeletClient.certificateFile, stale.certificate);
    writeFileSync(pki.apiserverKubeletClient.keyFile, stale.key);
    const again = await ensurePki(options());
    expect(Date.parse(new X509Certificate(again.apiserverKubeletClient.certificate).validTo)).toBeGreaterThan(
      Date.now() + 300 * 86_400_000,
    );
  });

  it('works with a CA whose key is elsewhere until something must be signed', async () => {
    await ensurePki(options());
    rmSync(join(dir, 'ca.key'));
    await expect(ensurePki(options())).resolves.toMatchObject({ ca: { key: '' } });
    rmSync(join(dir, 'apiserver.crt'));
    await expect(ensurePki(options())).rejects.toThrow(/apiserver\.crt must be made, but the key of its authority, .*ca\.key, is not here/);
  });

  it('says which files of a CA do not belong together', async () => {
    const pki = await ensurePki(options());
    writeFileSync(pki.ca.keyFile, (await createCa('other')).key);
    await expect(ensurePki(options())).rejects.toThrow(/ca\.key is not the key of .*ca\.crt/);
    writeFileSync(pki.ca.keyFile, 'garbage');
    await expect(ensurePki(options())).rejects.toThrow(/ca\.key holds no readable private key/);
  });
});

describe('firstAddress', () => {
  it.each([
    ['10.96.0.0/12', '10.96.0.1'],
    ['10.100.7.9/16', '10.100.0.1'],
    ['fd00:10:96::/112', 'fd00:10:96::1'],
  ])('of %s is %s', (cidr, address) => {
    expect(firstAddress(cidr)).toBe(address);
  });
  it.each(['10.96.0.0', '10.96.0.0/33', 'x/8', ''])('refuses %j', (cidr) => {
    expect(() => firstAddress(cidr)).toThrow('is not a range of addresses');
  });
});
