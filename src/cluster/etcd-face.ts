import type { ClusterPaths } from './paths.ts';
import { readProcessFile, writeProcessFile } from './process-file.ts';

/** How the embedded etcd can be reached, or why it cannot. */
export interface EtcdFace {
  endpoint?: string;
  problem?: string;
}

/** Says it for as long as this process runs. */
export async function tellEtcdFace(paths: ClusterPaths, face: EtcdFace): Promise<void> {
  await writeProcessFile(paths.processFile('etcd'), { ...face });
}

/** What the running control plane says of its etcd's door; undefined when it has not said anything (yet). */
export async function readEtcdFace(paths: ClusterPaths): Promise<EtcdFace | undefined> {
  const record = await readProcessFile(paths.processFile('etcd'));
  if (record === undefined) return undefined;
  const { endpoint, problem } = record;
  return { endpoint: typeof endpoint === 'string' ? endpoint : undefined, problem: typeof problem === 'string' ? problem : undefined };
}
