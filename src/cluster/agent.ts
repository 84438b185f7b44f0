import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ensurePauseImage, isUnreachable } from '#images';
import {
  connectContainerRuntime,
  containerdPaths,
  SimulatedRuntime,
  startContainerd,
  startKubelet,
  type ContainerRuntime,
  type Kubelet,
  type KubeletOptions,
} from '#kubelet';
import { startKubeProxy, type KubeProxy } from '#kube-proxy';
import { applySysctls, writeCniConfig } from '#network';
import type { Pki } from '#pki';
import { passSpdy, upgradeToSpdy } from '#streaming';
import type { ClusterConfig } from './config.ts';
import { ensureClusterPki } from './cluster-pki.ts';
import { imageProcess } from './image-process.ts';
import type { Log } from './log.ts';
import { ensureNodeIdentity } from './node-identity.ts';
import { nodePaths, PAUSE_IMAGE } from './node-paths.ts';
import type { ClusterPaths } from './paths.ts';
import { serverOf } from './status.ts';

/** The node side of a cluster, running in this process: kubelets, kube-proxy, and the containerd that they use. */
export interface Agent {
  /** Stops working; containers go on running, so that the next agent finds them. */
  stop(): Promise<void>;
}

export interface AgentOptions {
  config: ClusterConfig;
  paths: ClusterPaths;
  log: Log;
}

const KUBELET_PORT = 10250;

/** Starts the node (or all simulated nodes). Rejects when something that it needs does not start; nothing is left running then. */
export async function startAgent({ config, paths, log }: AgentOptions): Promise<Agent> {
  const pki = await ensureClusterPki(config, paths);
  if (config.nodeRuntime === 'simulated') return await startSimulated(config, paths, pki, log);
  const stopping = new AbortController();
  const node = nodePaths(paths, config.nodeName);
  await mkdir(node.dir, { recursive: true });
  const [identity, runtime] = await Promise.all([
    ensureNodeIdentity({ pki, dir: node.dir, server: serverOf(config), nodeName: config.nodeName, addresses: [config.nodeAddress] }),
    openRuntime(config, node.containerd, log),
  ]);
  let kubelet: Kubelet | undefined;
  let proxy: KubeProxy | undefined;
  const stop = async (): Promise<void> => {
    stopping.abort();
    await kubelet?.stop();
    await proxy?.stop();
    runtime.close();
    await Promise.all([identity.kubelet.close(), identity.proxy.close()]);
  };
  try {
    await applySysctls();
    kubelet = await startKubelet({
      ...commonOptions(config, node.kubelet, log),
      client: identity.kubelet,
      nodeName: config.nodeName,
      addresses: [
        { type: 'InternalIP', address: config.nodeAddress },
        { type: 'Hostname', address: config.nodeName },
      ],
      runtime,
      imageProvider: config.containerRuntimeEndpoint === undefined ? imageProcess(containerdPaths(node.containerd).socket, log) : undefined,
      isRegistryUnreachable: isUnreachable,
      sandboxImage: PAUSE_IMAGE,
      onPodCidr: async (_cidr, cidrs) => {
        await writeCniConfig({ confDir: containerdPaths(node.containerd).cniConfDir, dataDir: node.cni, podCidrs: cidrs });
      },
      server: {
        port: KUBELET_PORT,
        certificate: identity.serving.certificate,
        key: identity.serving.key,
        clientCa: pki.ca.certificate,
        streaming: STREAMING,
      },
      staticPodDirectory: node.manifests,
      signal: stopping.signal,
    });
    proxy = await startKubeProxy({
      client: identity.proxy,
      nodeName: config.nodeName,
      nodeAddresses: [config.nodeAddress],
      clusterCidr: config.podCidr,
      signal: stopping.signal,
      log: (message, error) => log('kube-proxy', message, error),
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}

function commonOptions(
  config: ClusterConfig,
  directory: string,
  log: Log,
): Pick<KubeletOptions, 'directory' | 'clusterDns' | 'clusterDomain' | 'onError'> {
  return {
    directory,
    clusterDns: [config.dnsAddress],
    clusterDomain: config.clusterDomain,
    onError: (message, error) => log('kubelet', message, error),
  };
}

async function openRuntime(config: ClusterConfig, dir: string, log: Log): Promise<ContainerRuntime> {
  if (config.containerRuntimeEndpoint !== undefined) return connectContainerRuntime(config.containerRuntimeEndpoint);
  const paths = containerdPaths(dir);
  const containerd = await startContainerd({ paths, sandboxImage: PAUSE_IMAGE });
  log('containerd', containerd.found ? `found running (process ${containerd.pid})` : `started (process ${containerd.pid})`);
  await ensurePauseImage({ socket: paths.socket, ref: PAUSE_IMAGE });
  return containerd.connect();
}

/** The API server speaks SPDY to kubelets, and so does the runtime: the bytes are handed through. */
const pass: NonNullable<NonNullable<KubeletOptions['server']>['streaming']>['exec'] = (request, socket, head, url) =>
  passSpdy(request, socket, head, (protocols) => upgradeToSpdy(new URL(url), protocols));
const STREAMING = { exec: pass, attach: pass, portForward: pass };

/** Nodes whose containers are only pretended: thousands of them fit on a laptop. */
async function startSimulated(config: ClusterConfig, paths: ClusterPaths, pki: Pki, log: Log): Promise<Agent> {
  const kubelets = await Promise.all(
    Array.from({ length: config.nodes }, async (_, index) => {
      const nodeName = config.nodes === 1 ? config.nodeName : `${config.nodeName}-${index}`;
      const node = nodePaths(paths, nodeName);
      await mkdir(node.dir, { recursive: true });
      const identity = await ensureNodeIdentity({
        pki,
        dir: node.dir,
        server: serverOf(config),
        nodeName,
        addresses: [config.nodeAddress],
      });
      const address = `10.${88 + Math.floor(index / 65536)}.${Math.floor(index / 256) % 256}.${(index % 256) + 1}`;
      const kubelet = await startKubelet({
        ...commonOptions(config, join(node.dir, 'kubelet'), log),
        client: identity.kubelet,
        nodeName,
        addresses: [
          { type: 'InternalIP', address },
          { type: 'Hostname', address: nodeName },
        ],
        runtime: new SimulatedRuntime(),
        isolation: 'none',
      });
      return { kubelet, identity };
    }),
  );
  return {
    async stop() {
      await Promise.all(
        kubelets.map(async ({ kubelet, identity }) => {
          await kubelet.stop();
          await Promise.all([identity.kubelet.close(), identity.proxy.close()]);
        }),
      );
    },
  };
}
