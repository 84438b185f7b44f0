import { join, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { defaultBaseDir } from '../paths.ts';

/** The name of the cluster when none is given. */
export const DEFAULT_NAME = 'skiff';

/** Every command that is about one cluster takes its name and, rarely, its folder. */
export function forCluster(command: Command): Command {
  return command
    .argument('[name]', 'name of the cluster', DEFAULT_NAME)
    .addOption(new Option('--data-dir <dir>', `the cluster's folder (default: ${defaultBaseDir()}/<name>)`));
}

export function clusterDir(name: string, options: { dataDir?: string }): string {
  return options.dataDir === undefined ? join(defaultBaseDir(), name) : resolve(options.dataDir);
}
