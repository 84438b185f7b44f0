import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCa, issueCertificate, type KeyPair } from '#pki';

/** Certificates as PEM texts, the way that servers and clients in this process take them. */
export interface Credentials {
  ca: string;
  cert: string;
  key: string;
}

/** A CA with a server's and a client's certificate, and a client of another CA; `files` for programs that read files. */
export interface TestCertificates {
  server: Credentials;
  client: Credentials;
  stranger: Credentials;
  files: { ca: string; cert: string; key: string; clientCert: string; clientKey: string; strangerCert: string; strangerKey: string };
  dispose(): Promise<void>;
}

const HOSTS = ['localhost', '127.0.0.1'];

export async function makeCertificates(): Promise<TestCertificates> {
  const dir = await mkdtemp(join(tmpdir(), 'skiff-etcd-pki-'));
  const ca = await createCa('etcd-ca');
  const other = await createCa('other-ca');
  const server = await issueCertificate(ca, {
    commonName: 'server',
    sans: HOSTS,
    usages: ['digital signature', 'server auth', 'client auth'],
  });
  const client = await issueCertificate(ca, { commonName: 'client' });
  const stranger = await issueCertificate(other, { commonName: 'stranger' });
  const save = async (name: string, text: string) => {
    await writeFile(join(dir, name), text, { mode: 0o600 });
    return join(dir, name);
  };
  const texts = (pair: KeyPair): Credentials => ({ ca: ca.certificate, cert: pair.certificate, key: pair.key });
  return {
    server: texts(server),
    client: texts(client),
    stranger: texts(stranger),
    files: {
      ca: await save('ca.crt', ca.certificate),
      cert: await save('server.crt', server.certificate),
      key: await save('server.key', server.key),
      clientCert: await save('client.crt', client.certificate),
      clientKey: await save('client.key', client.key),
      strangerCert: await save('stranger.crt', stranger.certificate),
      strangerKey: await save('stranger.key', stranger.key),
    },
    dispose: () => rm(dir, { recursive: true }),
  };
}
