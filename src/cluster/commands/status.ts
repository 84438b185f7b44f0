import { Option, type Command } from 'commander';
import { listClusters } from '../config.ts';
import { defaultBaseDir } from '../paths.ts';
import type { ClusterStatus } from '../status.ts';
import { clusterDir, forCluster } from './cluster-dir.ts';

const JSON_OUTPUT = new Option('-o, --output <format>', 'json: print data').choices(['json']);

export function statusCommand(program: Command): void {
  forCluster(program.command('status'))
    .summary('show what of a cluster runs; exit code 1 when it does not')
    .addOption(JSON_OUTPUT)
    .addHelpText('after', '\nExamples:\n  skiff status\n  skiff status ci -o json')
    .action(async (name: string, options: { dataDir?: string; output?: string }) => {
      const { clusterStatus } = await import('../status.ts');
      const status = await clusterStatus(clusterDir(name, options));
      process.stdout.write(options.output === 'json' ? `${JSON.stringify(status, null, 2)}\n` : statusText(status));
      if (status.state !== 'running') process.exitCode = 1;
    });
}

function statusText({ name, state, server, dataDir, etcd, components, nodes }: ClusterStatus): string {
  const lines = [`Cluster ${name}: ${state}`, `  API server   ${server}`, `  data         ${dataDir}`];
  if (etcd !== undefined) lines.push(`  etcd         ${etcd.endpoint ?? `not served: ${etcd.problem ?? ''} (see skiff up --etcd-port)`}`);
  for (const { name: component, running, pid, memory } of components) {
    const how = running ? `running (pid ${pid}${memory === undefined ? '' : `, ${Math.round(memory / 1e6)} MB`})` : 'stopped';
    lines.push(`  ${component.padEnd(12)} ${how}`);
  }
  for (const node of nodes) lines.push(`  node         ${node.name}: ${node.ready ? 'Ready' : 'NotReady'}`);
  return `${lines.join('\n')}\n`;
}

export function listCommand(program: Command): void {
  program
    .command('list')
    .summary('list the clusters of this machine')
    .addOption(JSON_OUTPUT)
    .addHelpText('after', '\nExamples:\n  skiff list\n  skiff list -o json')
    .action(async (options: { output?: string }) => {
      const { clusterStatus } = await import('../status.ts');
      const clusters = await listClusters(defaultBaseDir());
      const all = await Promise.all(clusters.map(async ({ paths }) => await clusterStatus(paths.dir)));
      if (options.output === 'json') process.stdout.write(`${JSON.stringify(all, null, 2)}\n`);
      else if (all.length === 0) process.stderr.write('There is no cluster. Start one: skiff up\n');
      else process.stdout.write(table(all));
    });
}

function table(clusters: readonly ClusterStatus[]): string {
  const rows = [
    ['NAME', 'STATE', 'SERVER', 'NODES'],
    ...clusters.map(({ name, state, server, nodes }) => [name, state, server, String(nodes.length)]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('   ')
          .trimEnd()}\n`,
    )
    .join('');
}
