import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { Failure } from '../failure.ts';
import { textProgress } from '../progress.ts';
import { clusterDir, forCluster } from './cluster-dir.ts';

export function deleteCommand(program: Command): void {
  forCluster(program.command('delete'))
    .summary('stop a cluster and remove everything of it')
    .description(
      'Removes a cluster: its processes, containers, network links, iptables rules, mounts, files and kubeconfig entries. The data is lost.',
    )
    .option('--kubeconfig <file>', 'kubeconfig to take the cluster out of (default: the one that kubectl uses)')
    .option('--no-merge', 'leave the kubeconfig alone')
    .addHelpText('after', '\nExamples:\n  skiff delete\n  skiff delete ci')
    .action(async (name: string, options: { dataDir?: string; kubeconfig?: string; merge: boolean }) => {
      const dir = clusterDir(name, options);
      if (!existsSync(dir)) throw new Failure(`there is no cluster ${name}`, 'see which there are: skiff list');
      const { deleteCluster } = await import('../delete.ts');
      await deleteCluster({ name, dir, kubeconfig: options.merge ? options.kubeconfig : false }, textProgress());
      process.stderr.write(`Cluster ${name} is deleted\n`);
    });
}
