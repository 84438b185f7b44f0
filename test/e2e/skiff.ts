import type { TestCluster } from './cluster.ts';
import { SKIFF } from './cluster.ts';
import { output, run, type Result, type RunOptions } from './run.ts';

/** What `skiff` printed on standard output, in a cluster's surroundings. Throws when it fails. */
export async function skiff(cluster: TestCluster, args: readonly string[], options: RunOptions = {}): Promise<string> {
  return await output(SKIFF, args, { timeoutMs: 120_000, env: cluster.env, ...options });
}

/** Runs `skiff` to its end, whatever its exit code. */
export async function trySkiff(cluster: TestCluster, args: readonly string[], options: RunOptions = {}): Promise<Result> {
  return await run(SKIFF, args, { timeoutMs: 120_000, env: cluster.env, ...options });
}
