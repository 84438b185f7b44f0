import { isIP } from 'node:net';
import type { CertificateRequest } from './certificate.ts';
import { addressBytes, addressText } from './names.ts';

export interface PkiOptions {
  /** Where the files are: `/etc/kubernetes/pki` or a cluster's own `pki/`. */
  dir: string;
  /** One range, or two with a comma; default `10.96.0.0/12`. */
  serviceCidr?: string;
  /** IP addresses at which the API server and etcd are reached, the advertised one first. */
  advertiseAddresses?: readonly string[];
  /** Further names and addresses for the API server's certificate. */
  apiServerNames?: readonly string[];
  /** The machine's node name, for the API server's and etcd's certificates. */
  nodeName?: string;
  /** Default `cluster.local`. */
  clusterDomain?: string;
  /** For keys that are made; what exists is kept. Default ECDSA P-256. */
  algorithm?: CertificateRequest['algorithm'];
}

export type CaName = 'ca' | 'frontProxyCa' | 'etcdCa';
export type LeafName =
  | 'apiserver'
  | 'apiserverKubeletClient'
  | 'frontProxyClient'
  | 'etcdServer'
  | 'etcdPeer'
  | 'etcdHealthcheckClient'
  | 'apiserverEtcdClient';

/** The certificate authorities: file name without ending, and common name. */
export const CAS: Record<CaName, { file: string; commonName: string }> = {
  ca: { file: 'ca', commonName: 'kubernetes' },
  frontProxyCa: { file: 'front-proxy-ca', commonName: 'front-proxy-ca' },
  etcdCa: { file: 'etcd/ca', commonName: 'etcd-ca' },
};

export interface Leaf {
  file: string;
  ca: CaName;
  request: CertificateRequest;
}

const SERVER = ['digital signature', 'key encipherment', 'server auth'] as const;
const CLIENT = ['digital signature', 'key encipherment', 'client auth'] as const;
const BOTH = ['digital signature', 'key encipherment', 'server auth', 'client auth'] as const;

/** The group that administrators made by kubeadm's way are in; a ClusterRoleBinding of this name makes them cluster-admin. */
export const CLUSTER_ADMINS = 'kubeadm:cluster-admins';

/** Every certificate that is not a CA, as kubeadm lays them out. */
export function leaves(options: PkiOptions): Record<LeafName, Leaf> {
  const nodeName = options.nodeName ?? 'localhost';
  const etcdSans = unique([nodeName, 'localhost', ...(options.advertiseAddresses ?? []), '127.0.0.1', '::1']);
  return {
    apiserver: {
      file: 'apiserver',
      ca: 'ca',
      request: { commonName: 'kube-apiserver', usages: SERVER, sans: apiServerSans(options) },
    },
    apiserverKubeletClient: {
      file: 'apiserver-kubelet-client',
      ca: 'ca',
      request: { commonName: 'kube-apiserver-kubelet-client', organizations: [CLUSTER_ADMINS], usages: CLIENT },
    },
    frontProxyClient: {
      file: 'front-proxy-client',
      ca: 'frontProxyCa',
      request: { commonName: 'front-proxy-client', usages: CLIENT },
    },
    etcdServer: { file: 'etcd/server', ca: 'etcdCa', request: { commonName: nodeName, usages: BOTH, sans: etcdSans } },
    etcdPeer: { file: 'etcd/peer', ca: 'etcdCa', request: { commonName: nodeName, usages: BOTH, sans: etcdSans } },
    etcdHealthcheckClient: {
      file: 'etcd/healthcheck-client',
      ca: 'etcdCa',
      request: { commonName: 'kube-etcd-healthcheck-client', usages: CLIENT },
    },
    apiserverEtcdClient: {
      file: 'apiserver-etcd-client',
      ca: 'etcdCa',
      request: { commonName: 'kube-apiserver-etcd-client', usages: CLIENT },
    },
  };
}

function apiServerSans(options: PkiOptions): string[] {
  return unique([
    ...(options.nodeName === undefined ? [] : [options.nodeName]),
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    `kubernetes.default.svc.${options.clusterDomain ?? 'cluster.local'}`,
    'localhost',
    ...(options.serviceCidr ?? '10.96.0.0/12').split(',').map(firstAddress),
    ...(options.advertiseAddresses ?? []),
    '127.0.0.1',
    '::1',
    ...(options.apiServerNames ?? []),
  ]);
}

/** The first usable address of a range: that of the `kubernetes` service. Throws a plain Error for what is no range. */
export function firstAddress(cidr: string): string {
  const [address = '', bits = ''] = cidr.trim().split('/');
  const version = isIP(address);
  const prefix = Number(bits);
  if (version === 0 || bits === '' || !(prefix >= 0 && prefix < (version === 4 ? 32 : 128))) {
    throw new Error(`${JSON.stringify(cidr)} is not a range of addresses such as 10.96.0.0/12`);
  }
  const bytes = addressBytes(address);
  for (let bit = prefix; bit < bytes.length * 8; bit++) {
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) & ~(0x80 >> (bit & 7));
  }
  const last = bytes.length - 1;
  bytes[last] = (bytes[last] ?? 0) | 1;
  return addressText(bytes);
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
