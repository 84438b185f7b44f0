import { ensurePki, type Pki } from '#pki';
import type { ClusterConfig } from './config.ts';
import type { ClusterPaths } from './paths.ts';

/** The cluster's certificates and keys; what is missing is made. */
export async function ensureClusterPki(config: ClusterConfig, paths: ClusterPaths): Promise<Pki> {
  return await ensurePki({
    dir: paths.pki,
    serviceCidr: config.serviceCidr,
    advertiseAddresses: [...new Set([config.nodeAddress, '127.0.0.1'])],
    apiServerNames: ['localhost'],
    nodeName: config.nodeName,
    clusterDomain: config.clusterDomain,
  });
}
