import { loadConfig } from './config.ts';
import { Failure } from './failure.ts';
import { withLock } from './lock.ts';
import { stopNode } from './node-remains.ts';
import { clusterPaths, type ClusterPaths } from './paths.ts';
import { stopProcess } from './process-file.ts';
import type { Progress } from './progress.ts';

/** How long a component may take to end by itself. */
const GRACE_MS = 15_000;

/** Stops a cluster and keeps its data. Says whether anything was running. */
export async function down(dir: string, progress: Progress): Promise<boolean> {
  const paths = clusterPaths(dir);
  const config = await loadConfig(paths);
  if (config === undefined) throw new Failure(`there is no cluster in ${dir}`, 'see which there are: skiff list');
  return await withLock(paths, async () => {
    const agent = await progress.step('Node', async () => {
      const was = await stopProcess(paths.processFile('agent'), GRACE_MS);
      // A killed agent leaves its containers running: they are stopped here, whoever started them.
      return (await stopNode(config, paths)) || was;
    });
    const plane = await progress.step('Control plane', async () => await stopProcess(paths.processFile('control-plane'), GRACE_MS));
    return agent || plane;
  });
}

/** Stops some components of a cluster: those that a failed start had begun. */
export async function stopComponents(paths: ClusterPaths, components: readonly string[]): Promise<void> {
  for (const component of components.toReversed()) await stopProcess(paths.processFile(component), GRACE_MS);
  if (!components.includes('agent')) return;
  const config = await loadConfig(paths).catch(() => undefined);
  if (config !== undefined) await stopNode(config, paths);
}
