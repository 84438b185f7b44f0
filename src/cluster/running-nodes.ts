import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { containerdPaths } from '#kubelet';
import { loadConfig } from './config.ts';
import { codeOf, Failure } from './failure.ts';
import { nodePaths } from './node-paths.ts';
import { clusterPaths } from './paths.ts';
import { readProcessFile } from './process-file.ts';

/** A node of this machine whose containerd runs. */
export interface RunningNode {
  name: string;
  /** containerd's. */
  socket: string;
}

/** The nodes of a cluster with a containerd of their own, by name; none when it is stopped. Throws Failure when there is no such cluster. */
export async function runningNodes(dir: string): Promise<RunningNode[]> {
  const paths = clusterPaths(dir);
  const config = await loadConfig(paths);
  if (config === undefined) throw new Failure(`there is no cluster in ${dir}`, 'start one: skiff up');
  if (config.containerRuntimeEndpoint !== undefined)
    throw new Failure(
      `cluster ${config.name} uses a container runtime that is not Skiff's (${config.containerRuntimeEndpoint})`,
      "use that runtime's own tools",
    );
  if ((await readProcessFile(paths.processFile('agent'))) === undefined) return [];
  const names = await readdir(paths.node('')).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  });
  return names
    .map((name) => ({ name, socket: containerdPaths(nodePaths(paths, name).containerd).socket }))
    .filter(({ socket }) => existsSync(socket))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
