import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { codeOf, Failure } from '../failure.ts';
import { clusterPaths } from '../paths.ts';
import { clusterDir, forCluster } from './cluster-dir.ts';

export function kubeconfigCommand(program: Command): void {
  forCluster(program.command('kubeconfig'))
    .summary("print the administrator's kubeconfig")
    .option('--path', 'print where it is instead')
    .addHelpText('after', '\nExamples:\n  skiff kubeconfig > ~/.kube/config\n  export KUBECONFIG=$(skiff kubeconfig --path)')
    .action(async (name: string, options: { dataDir?: string; path?: boolean }) => {
      const file = clusterPaths(clusterDir(name, options)).adminKubeconfig;
      const text = await readFile(file, 'utf8').catch((error: unknown) => {
        if (codeOf(error) === 'ENOENT') throw new Failure(`there is no cluster ${name}`, 'start one: skiff up');
        throw error;
      });
      process.stdout.write(options.path === true ? `${file}\n` : text);
    });
}
