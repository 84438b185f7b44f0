import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { removeRules } from '#kube-proxy';
import { containerdPaths, removeKubeletRemains, startContainerd } from '#kubelet';
import { removePodNetwork } from '#network';
import type { ClusterConfig } from './config.ts';
import { codeOf } from './failure.ts';
import { nodePaths, PAUSE_IMAGE, type NodePaths } from './node-paths.ts';
import type { ClusterPaths } from './paths.ts';

/** Ends all containers of a cluster's node and its containerd, whether or not an agent runs. Says whether there was anything. */
export async function stopNode(config: ClusterConfig, paths: ClusterPaths): Promise<boolean> {
  if (config.nodeRuntime !== 'containerd' || config.containerRuntimeEndpoint !== undefined) return false;
  return await stopContainers(nodePaths(paths, config.nodeName));
}

/** Takes everything of a cluster's nodes off the machine. Works from what is on disk: the configuration may be damaged. */
export async function removeNode(config: ClusterConfig | undefined, paths: ClusterPaths): Promise<void> {
  if (config !== undefined && config.nodeRuntime !== 'containerd') return;
  const names = await readdir(paths.node('')).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  });
  for (const name of names) {
    const node = nodePaths(paths, name);
    await stopContainers(node);
    await removeKubeletRemains(node.kubelet);
    await removePodNetwork({ confDir: containerdPaths(node.containerd).cniConfDir, dataDir: node.cni });
  }
  if (names.length > 0) await removeRules();
}

async function stopContainers(node: NodePaths): Promise<boolean> {
  const paths = containerdPaths(node.containerd);
  // Its state directory is there as long as containers may be: a containerd that was killed is started again to end them.
  if (!existsSync(paths.pidFile) && !existsSync(paths.state)) return false;
  const containerd = await startContainerd({ paths, sandboxImage: PAUSE_IMAGE });
  await containerd.stop();
  return true;
}
