import { createHmac } from 'node:crypto';
import { objectEqual } from '#apimachinery';
import { resources, runController, WorkQueue } from '#client';
import type { ControllerContext } from '../context.ts';
import { NAMESPACE, tokenOf } from './token.ts';

const PUBLIC = 'kube-public';
const CLUSTER_INFO = 'cluster-info';
const PREFIX = 'jws-kubeconfig-';

/** Signs the ConfigMap `cluster-info` with every bootstrap token, so that a joining node can trust what it reads there. */
export async function startBootstrapSignerController(context: ControllerContext): Promise<void> {
  const { client, informers, signal } = context;
  const configMaps = informers.get(resources.configMaps);
  const secrets = informers.get(resources.secrets);
  const queue = new WorkQueue(signal);
  const enqueueMap = ({ metadata }: { metadata: { name: string; namespace?: string } }): void => {
    if (metadata.namespace === PUBLIC && metadata.name === CLUSTER_INFO) queue.add(CLUSTER_INFO);
  };
  const enqueueToken = (secret: Parameters<typeof tokenOf>[0]): void => {
    if (tokenOf(secret)) queue.add(CLUSTER_INFO);
  };
  configMaps.addHandlers({ add: enqueueMap, update: enqueueMap });
  secrets.addHandlers({ add: enqueueToken, update: enqueueToken, delete: enqueueToken });
  await runController({
    name: 'bootstrap-signer',
    queue,
    workers: 1,
    signal,
    informers: [configMaps, secrets],
    async reconcile() {
      const info = configMaps.get(CLUSTER_INFO, PUBLIC);
      const kubeconfig = info?.data?.['kubeconfig'];
      if (!info || kubeconfig === undefined) return;
      const data = Object.fromEntries(Object.entries(info.data ?? {}).filter(([key]) => !key.startsWith(PREFIX)));
      for (const secret of secrets.list(NAMESPACE)) {
        const token = tokenOf(secret);
        if (token?.signs && (token.expiry ?? Infinity) > Date.now())
          data[PREFIX + token.id] = detachedSignature(kubeconfig, token.id, token.secret);
      }
      if (!objectEqual(data, info.data)) await client.resource(resources.configMaps).update({ ...info, data });
    },
  });
}

/** A JSON Web Signature without its content (RFC 7515, appendix F). */
function detachedSignature(content: string, keyId: string, secret: string): string {
  const header = Buffer.from(JSON.stringify({ alg: 'HS256', kid: keyId })).toString('base64url');
  const payload = Buffer.from(content).toString('base64url');
  const signature = createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url');
  return `${header}..${signature}`;
}
