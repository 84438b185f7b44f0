import { rm } from 'node:fs/promises';
import { unmergeKubeconfig } from '#pki';
import { loadConfig } from './config.ts';
import { codeOf, Failure } from './failure.ts';
import { kubeconfigFile } from './kubeconfig-file.ts';
import { withLock } from './lock.ts';
import { removeNode } from './node-remains.ts';
import { clusterPaths } from './paths.ts';
import { stopProcess } from './process-file.ts';
import type { Progress } from './progress.ts';
import { contextName } from './context-name.ts';

export interface DeleteClusterOptions {
  name: string;
  dir: string;
  kubeconfig?: string | false;
}

/** Stops a cluster and takes away everything of it: processes, containers, links, rules, mounts, files, kubeconfig entries. */
export async function deleteCluster({ name, dir, kubeconfig }: DeleteClusterOptions, progress: Progress): Promise<void> {
  const paths = clusterPaths(dir);
  const config = await loadConfig(paths).catch((error: unknown) => {
    // A damaged or foreign-version cluster can still be deleted: by its folder's name.
    if (error instanceof Failure && codeOf(error.cause) === undefined) return undefined;
    throw error;
  });
  await withLock(paths, async () => {
    await progress.step('Node', async () => {
      await stopProcess(paths.processFile('agent'), 15_000);
      await removeNode(config, paths);
    });
    await progress.step('Control plane', async () => {
      await stopProcess(paths.processFile('control-plane'), 15_000);
      await rm(paths.dir, { recursive: true, force: true });
    });
  });
  if (kubeconfig !== false) await unmergeKubeconfig(kubeconfigFile(kubeconfig), contextName(name));
}
