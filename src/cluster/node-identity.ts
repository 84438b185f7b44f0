import { join } from 'node:path';
import { httpClient, readKubeconfig, type Client } from '#client';
import { ensureKubeconfig, issueCertificate, type KeyPair, type Pki } from '#pki';

export interface NodeIdentity {
  /** The kubelet's client: `system:node:<name>`. */
  kubelet: Client;
  /** kube-proxy's client: `system:kube-proxy`. */
  proxy: Client;
  /** What the kubelet's own door shows. */
  serving: KeyPair;
}

/** A node's credentials, kept in its folder: nothing on a node acts with more rights than its own. */
export async function ensureNodeIdentity(options: {
  pki: Pki;
  dir: string;
  server: string;
  nodeName: string;
  addresses: readonly string[];
}): Promise<NodeIdentity> {
  const { pki, dir, server, nodeName, addresses } = options;
  const client = async (file: string, commonName: string, organizations: readonly string[]): Promise<Client> => {
    const path = join(dir, file);
    await ensureKubeconfig(path, { ca: pki.ca, server, commonName, organizations, userName: commonName });
    return httpClient({ ...(await readKubeconfig(path)), userAgent: file.replace('.conf', '') });
  };
  const [kubelet, proxy, serving] = await Promise.all([
    client('kubelet.conf', `system:node:${nodeName}`, ['system:nodes']),
    client('kube-proxy.conf', 'system:kube-proxy', []),
    issueCertificate(pki.ca, {
      commonName: `system:node:${nodeName}`,
      organizations: ['system:nodes'],
      sans: [nodeName, ...addresses, '127.0.0.1', 'localhost'],
      usages: ['digital signature', 'key encipherment', 'server auth'],
    }),
  ]);
  return { kubelet, proxy, serving };
}
