import type { Command } from 'commander';
import { existsSync } from 'node:fs';
import { Failure } from '../failure.ts';
import { followLogs } from '../logs.ts';
import { clusterPaths } from '../paths.ts';
import { clusterDir, DEFAULT_NAME } from './cluster-dir.ts';

const COMPONENTS = ['control-plane', 'agent'];

export function logsCommand(program: Command): void {
  program
    .command('logs')
    .summary("show the components' logs")
    .argument('[component]', `one of ${COMPONENTS.join(', ')} (default: all)`)
    .option('--name <cluster>', 'name of the cluster', DEFAULT_NAME)
    .option('--data-dir <dir>', "the cluster's folder")
    .option('-f, --follow', 'go on showing what is written', false)
    .option('-n, --lines <n>', 'begin with the last n lines', Number)
    .addHelpText('after', '\nExamples:\n  skiff logs\n  skiff logs agent -f -n 20')
    .action(async (component: string | undefined, options: { name: string; dataDir?: string; follow: boolean; lines?: number }) => {
      const paths = clusterPaths(clusterDir(options.name, options));
      if (!existsSync(paths.logs)) throw new Failure(`cluster ${options.name} has no logs`, 'see which clusters there are: skiff list');
      if (component !== undefined && !COMPONENTS.includes(component))
        throw new Failure(`there is no component ${component}`, `choose one of ${COMPONENTS.join(', ')}`);
      const stop = new AbortController();
      process.once('SIGINT', () => stop.abort());
      process.once('SIGTERM', () => stop.abort());
      const { follow, lines } = options;
      await followLogs(paths, component === undefined ? COMPONENTS : [component], { follow, lines, signal: stop.signal }, process.stdout);
    });
}
