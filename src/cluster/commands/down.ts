import type { Command } from 'commander';
import { textProgress } from '../progress.ts';
import { clusterDir, forCluster } from './cluster-dir.ts';

export function downCommand(program: Command): void {
  forCluster(program.command('down'))
    .alias('stop')
    .summary('stop a cluster and keep its data')
    .description('Stops all containers and components of a cluster. Its data stays: skiff up starts it again.')
    .addHelpText('after', '\nExamples:\n  skiff down\n  skiff down ci')
    .action(async (name: string, options: { dataDir?: string }) => {
      const { down } = await import('../down.ts');
      const was = await down(clusterDir(name, options), textProgress());
      process.stderr.write(was ? `Cluster ${name} is stopped\n` : `Cluster ${name} was not running\n`);
    });
}
